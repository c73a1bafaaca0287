"""One run of the default recipe on lines in Parquet, without its imports; prints its stages and what it counted."""

import json
import sys
import time

import coterie as ct

file, out, memory_limit = sys.argv[1:4]
reached: dict[str, float] = {}


def told(stage: str, done: int, total: int) -> None:
    reached[stage] = time.perf_counter() - started


started = time.perf_counter()
run = ct.run(file, out=out, memory_limit=memory_limit or None, progress=told)
seconds = time.perf_counter() - started
lines = run.ledger["lines"]["read"]
print(json.dumps({"seconds": seconds, "reached": reached, "lines": lines, "k": run.sweep["n_clusters"]}))
