"""`coterie run` on simulated Parquet by Spark on this machine's cores, beside DuckDB: the whole run, and where its time goes.

Each engine runs in a process of its own, from the file to the published run, with one k and without the refits that both do alike:
what is measured is reading, cleaning and counting. Stages are those that a run tells of, to the next one. Seconds of the processor
are those of the process and its children, the JVM among them; memory is the larger of the two peaks.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import print_table, run_process

HERE = Path(__file__).resolve()
SIMULATE = """
import sys
from coterie.datasets import simulate_to_parquet
simulate_to_parquet(sys.argv[1], n_lines=int(sys.argv[2]))
"""
STAGES = {"start": "start", "reading": "reading and cleaning", "features": "features", "clustering": "one k", "rest": "the rest"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=20_000_000, help="simulated lines (default: 20000000)")
    parser.add_argument("--master", default="local[2]", help="Spark master (default: local[2])")
    parser.add_argument("--memory", default="8GB", help="of each engine (default: 8GB)")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        engine, file = arguments.measure
        print(json.dumps(measured(engine, file, arguments.master, arguments.memory)))
        return
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        file = Path(folder) / "lines.parquet"
        run_process([sys.executable, "-c", SIMULATE, str(file), str(arguments.lines)])
        size = f"{arguments.lines:,} lines, {file.stat().st_size / 1e6:.0f} MB of Parquet"
        print(f"{size}; Spark at {arguments.master}, {os.cpu_count()} cores")
        options = ["--master", arguments.master, "--memory", arguments.memory]
        found = {}
        for engine in ("duckdb", "spark"):
            run = run_process([sys.executable, str(HERE), *options, "--measure", engine, str(file)])
            found[engine] = json.loads(run.output.splitlines()[-1])
    print_table(["", *found], [[said, *(f"{one['stages'][key]:.1f} s" for one in found.values())] for key, said in STAGES.items()])
    rows = [("whole run", "seconds", "s"), ("processor", "processor", "s"), ("peak memory", "megabytes", "MB")]
    print_table(["", *found], [[said, *(f"{one[key]:,.1f} {unit}" for one in found.values())] for said, key, unit in rows])
    assert found["duckdb"]["sizes"] == found["spark"]["sizes"], found
    times = {key: found["spark"][key] / found["duckdb"][key] for key in ("seconds", "processor")}
    print(f"\nSpark takes {times['seconds']:.1f} times DuckDB's time, {times['processor']:.1f} times its processor seconds, "
          f"on the same cores; {len(found['spark']['sizes'])} segments of the same sizes.")  # fmt: skip


def measured(engine: str, file: str, master: str, memory: str) -> dict[str, Any]:
    """Run once and return seconds by stage."""
    import coterie as ct

    began = time.perf_counter()
    told: list[tuple[str, float]] = [("start", 0.0)]

    def progress(stage: str, done: int, total: int) -> None:
        if stage in ("reading", "cleaning", "features", "clustering") and stage != told[-1][0]:
            told.append((stage, time.perf_counter() - began))

    choice = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
    with tempfile.TemporaryDirectory(prefix="coterie-bench-runs-") as out:
        run = ct.run(
            file, out=out, engine=engine, k=4, choice=choice, value={"enabled": False}, memory_limit=memory, progress=progress,
            **({"master": master} if engine == "spark" else {}),
        )  # fmt: skip
        sizes = [segment["customers"] for segment in run.segments["segments"]]
    seconds = time.perf_counter() - began
    at = dict(told)
    ends = [at["reading"], at["cleaning"], at["features"], at["clustering"], seconds]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": seconds,
        "processor": sum(one.ru_utime + one.ru_stime for one in used),
        "megabytes": max(one.ru_maxrss for one in used) / 1e3,
        "stages": {key: end - start for key, start, end in zip(STAGES, [0.0, *ends], ends, strict=False)},
        "sizes": sizes,
    }


if __name__ == "__main__":
    main()
