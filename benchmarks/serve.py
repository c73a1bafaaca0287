"""``coterie serve`` over half a million simulated customers: the first page, pages, scores, memory, and a run published meanwhile.

One server process at its defaults, asked by wrk from the same machine. "No pause" asks for the next page the moment one is
there, as no person does; "a click a second" draws each pause from half a second to one and a half. Lists are of another filter
every time, so that no answer is at hand.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from measuring import middle, print_table, run_process, spread
from measuring.published import published
from measuring.serving import Load, Server, coterie, free_port, load, no_wrk, serving

HERE = Path(__file__).resolve().parent
USERS, ASKING = 20, 16
SCORES = 50_000
Marks = list[tuple[str, str, str, bool]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500_000, help="simulated customers (default: 500000)")
    parser.add_argument("--runs", type=Path, help="a folder of runs in place of simulated customers; one is added to it")
    parser.add_argument("--seconds", type=int, default=10, help="of each load (default: 10)")
    arguments = parser.parse_args()
    missing = no_wrk()
    if missing:
        print(f"Skipped: {missing}.")
        return
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as folder:
        runs = arguments.runs.resolve() if arguments.runs else published(Path(folder) / "runs", arguments.customers)
        marks: Marks = []
        first_page(runs, Path(folder), marks)
        port = free_port()
        with serving(coterie(runs, port), port, Path(folder)) as server:
            pages(server, arguments.seconds, marks)
            scores(server, runs, Path(folder), arguments.seconds, marks)
            publishing(server, runs, Path(folder), arguments.seconds, marks)
    print()
    rows = [[what, aim, reached + ("" if met else ": missed")] for what, aim, reached, met in marks]
    print_table(["what", "aimed for", "reached"], rows)


def first_page(runs: Path, folder: Path, marks: Marks) -> None:
    """Start the server, and ask for the overview at once, or when it says that it is ready."""
    at_once, ready, again, memory = [], [], [], []
    for _ in range(3):
        port = free_port()
        with serving(coterie(runs, port), port, folder) as server:
            at_once.append(server.first_byte)
            again.append(server.seconds("/"))
            memory.append(server.megabytes)
        port = free_port()
        with serving(coterie(runs, port), port, folder, "/ready") as server:
            ready.append(server.seconds("/"))
    print()
    rows = {"from the start of the process to its first byte": at_once, "of a server that is ready": ready, "the same again": again}
    print_table(["first page, 3 starts", "seconds (range)"], [[name, spread(found)] for name, found in rows.items()])
    print(f"\nResident MB {middle(memory):.0f}")
    for name, found in (("process and all", at_once), ("of a ready server", ready)):
        marks.append((f"first page, {name}", "under 1 s", f"{middle(found):.2f} s", middle(found) < 1))


def pages(server: Server, seconds: int, marks: Marks) -> None:
    """Open every kind of page once, then let 20 users click around."""
    asked, absent = addresses(server)
    first = [server.seconds(path.replace("{n}", "250")) * 1e3 for path in asked]
    print(f"\n{len(asked)} addresses, opened one after the other: median {middle(first):.0f} ms, slowest {max(first):.0f} ms at "
          f"{asked[first.index(max(first))]}" + (f"; not there: {', '.join(absent)}" if absent else ""))  # fmt: skip
    one = load(server, [f"GET {path}" for path in asked], users=1, seconds=seconds)
    before = server.megabytes
    paced = load(server, [f"GET {path}" for path in asked], users=USERS, seconds=seconds, pause=1.0)
    hasty = load(server, [f"GET {path}" for path in asked], users=USERS, seconds=seconds)
    more = (server.megabytes - before) / (USERS - 1)
    print()
    print_loads({"1 user, no pause": one, f"{USERS} users, a click a second": paced, f"{USERS} users, no pause": hasty})
    print(f"\nResident MB with 1 user {before:.0f}, after {USERS} users {server.megabytes:.0f}: {more:.2f} for each more")
    for name, found in (("a click a second", paced), ("no pause", hasty)):
        met = found.p95 < 300 and not found.failed
        marks.append((f"pages, p95, {USERS} users, {name}", "under 300 ms", f"{found.p95:.0f} ms", met))
    marks.append(("memory for each more user", "under 5 MB", f"{more:.2f} MB", more < 5))


def addresses(server: Server) -> tuple[list[str], list[str]]:
    """Return what users open, and what of it this server has not."""
    segments = [one["segment_id"] for one in server.json("/v1/segments")["segments"]]
    customers = [quote(one["customer_id"]) for one in server.json("/v1/customers?limit=1000")["customers"][::90]]
    wanted = ["/", "/choice", "/movement", "/data", "/what-if", "/customers", "/customers?sort=recency&min_spend={n}"]
    wanted += ["/customers?q=1{n}", *(f"/segments/{one}" for one in segments)]
    wanted += [f"/customers?segment={one}&sort=-orders&min_spend={{n}}" for one in segments]
    wanted += [f"/customer?id={one}" for one in customers]
    there = [path for path in wanted if server.answers(path.replace("{n}", "500"))]
    return there, [path for path in wanted if path not in there]


def scores(server: Server, runs: Path, folder: Path, seconds: int, marks: Marks) -> None:
    """Ask where customers belong, one at a time and 10,000 at a time."""
    latest, many, single = runs / server.json("/ready")["run"], folder / "many.json", folder / "one.json"
    command = [sys.executable, str(HERE / "processes" / "assign_customers.py"), str(latest), str(many), str(single)]
    inside = json.loads(run_process(command).output)
    alone = [f"POST /v1/score {single}"]
    load(server, alone, users=ASKING, seconds=2)
    before, done, loads = server.megabytes, 0, []
    while done < SCORES:
        loads.append(load(server, alone, users=ASKING, seconds=seconds))
        done += loads[-1].requests
    after = server.megabytes
    bare = load(server, [f"POST /v1/score?reasons=false {single}"], users=ASKING, seconds=seconds)
    batch = load(server, [f"POST /v1/score?reasons=false {many}"], users=2, seconds=seconds)
    best = sorted(loads, key=lambda one: one.rate)[len(loads) // 2]
    print()
    floor = load(server, ["GET /healthz"], users=ASKING, seconds=seconds)
    told = {"one customer, without": bare, "10,000 customers, without, 2 asking": batch, "GET /healthz, which does nothing": floor}
    print_loads({f"one customer, with reasons, {ASKING} asking": best, **told})
    rate, assigned = batch.rate * inside["records"], inside["customers"] / statistics.median(inside["seconds"])
    print(f"\n{assigned:,.0f} customers a second by SegmentModel.assign in one process, {rate:,.0f} by HTTP")
    print(f"Resident MB before {before:.0f}, after {done:,} requests {after:.0f}: {after / before - 1:+.1%}")
    met, reached = best.rate >= 500 and best.p99 < 50 and not best.failed, f"{best.rate:,.0f}, {best.p99:.0f} ms"
    marks.append(("POST /v1/score, one customer, reasons", "500 a second, p99 under 50 ms", reached, met))
    marks.append(("SegmentModel.assign", "200,000 customers a second", f"{assigned:,.0f}", assigned >= 200_000))
    met = rate >= 50_000 and not batch.failed
    marks.append(("POST /v1/score, 10,000 customers", "50,000 customers a second", f"{rate:,.0f}", met))
    more = after / before - 1
    marks.append((f"memory after {SCORES:,} requests", "under 5 % more", f"{more:+.1%}", more < 0.05))


def publishing(server: Server, runs: Path, folder: Path, seconds: int, marks: Marks) -> None:
    """Give a segment another name, which publishes a run, while users click and programs ask."""
    before = server.json("/ready")["run"]
    asked = ["GET /", "GET /segments/s1", "GET /customers", "GET /v1/segments", "GET /v1/customers?limit=5", "GET /choice"]
    with ThreadPoolExecutor(2) as both:
        clicks = both.submit(load, server, asked, users=8, seconds=3 * seconds)
        programs = both.submit(load, server, [f"POST /v1/score {folder / 'one.json'}"], users=8, seconds=3 * seconds)
        renamed(runs / before)
        began = time.perf_counter()
        while server.json("/ready")["run"] == before and not clicks.done():
            time.sleep(0.05)
        took = time.perf_counter() - began
        found = [clicks.result(), programs.result()]
    print()
    print_loads({"pages and API while a run is published": found[0], "POST /v1/score meanwhile": found[1]})
    now, failed = server.json("/ready")["run"], sum(one.failed for one in found)
    print(f"\nRun {before} answered before, {now} from {took:.1f} s after it was published")
    total = sum(one.requests for one in found)
    marks.append(("failures while a run is published", "none", f"{failed} of {total:,}", not failed and now != before))


def renamed(run: Path) -> None:
    """Publish a run that is like this one but for a segment's name."""
    name = f"Renamed after {run.name}"
    command = [sys.executable, "-m", "coterie", "rename", str(run), "s1", name, "--reason", "A benchmark.", "--by", "benchmark"]
    subprocess.run(command, check=True, capture_output=True)


def print_loads(found: dict[str, Load]) -> None:
    """Print what wrk found."""
    rows: list[list[Any]] = [
        [name, f"{one.requests:,}", f"{one.rate:,.1f}", f"{one.p50:.0f}", f"{one.p95:.0f}", f"{one.p99:.0f}", str(one.failed)]
        for name, one in found.items()
    ]
    print_table(["load", "requests", "a second", "p50 ms", "p95 ms", "p99 ms", "failed"], rows)


if __name__ == "__main__":
    main()
