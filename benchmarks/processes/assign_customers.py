"""Assign a run's customers by its model, in one process; and write the body of a request that asks for 10,000 of them."""

import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

import coterie as ct

run = ct.open_run(Path(sys.argv[1]))
model = run.model
table = pq.read_table(run.path / "customers.parquet", columns=["customer_id", *model.features])
columns = {name: table[name].to_numpy().astype(float) for name in model.features}
seconds = []
for _ in range(5):
    started = time.perf_counter()
    assigned = model.assign(columns)
    seconds.append(time.perf_counter() - started)
rows = table.slice(0, 10_000).to_pylist()
body = [{"customer_id": row["customer_id"], "features": {name: row[name] for name in model.features}} for row in rows]
Path(sys.argv[2]).write_text(json.dumps({"customers": body}), encoding="utf-8")
Path(sys.argv[3]).write_text(json.dumps({"customers": body[0]}), encoding="utf-8")
print(json.dumps({"customers": len(assigned.cluster), "records": len(body), "seconds": seconds}))
