"""Publish a run of many simulated customers, with no more checks than it takes to be served."""

import argparse
import json
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

import coterie as ct

QUICK = {
    "choice": {"n_bootstrap": 0, "n_seeds": 2, "n_splits": 0, "n_months": 0, "sensitivity": False},
    "clustering": {"n_init": 2, "k_max": 8},
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("runs", help="folder of runs")
parser.add_argument("--customers", type=int, default=500_000)
parser.add_argument("--retailer", default="seasonal-gifts", help="whose; this one has 19 lines a customer")
arguments = parser.parse_args()

started = time.perf_counter()
with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
    file = Path(folder) / "lines.parquet"
    lines = ct.simulate(arguments.customers, retailer=arguments.retailer).lines
    pq.write_table(lines, file, compression="zstd")
    count = lines.num_rows
    del lines
    run = ct.run(file, out=arguments.runs, k=6, **QUICK)
print(json.dumps({"lines": count, "run": run.number, "seconds": time.perf_counter() - started}))
