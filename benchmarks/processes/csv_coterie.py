"""Lines of a CSV file read, mapped and typed by ``coterie.sources``."""

import json
import sys
import time

from coterie.engines import open_engine
from coterie.recipe import Recipe
from coterie.sources import read_lines

recipe = Recipe.load("default")
started = time.perf_counter()
with open_engine() as engine:
    lines = read_lines(engine, sys.argv[1], recipe)
    seconds = time.perf_counter() - started
    count, units, value = engine.rows(f"SELECT count(*), sum(quantity)::BIGINT, sum(transaction_value)::DOUBLE FROM {lines.table}")[
        0
    ]
print(json.dumps({"seconds": seconds, "lines": count, "units": units, "value": value}))
