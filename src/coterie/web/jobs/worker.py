"""``python -m coterie.web.jobs.worker``: makes a run or a list, names a segment, or looks at a file; one order in, events out."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from coterie.errors import CoterieError
from coterie.web.jobs.events import tell
from coterie.web.jobs.limits import Limits, die_with, no_memory
from coterie.web.jobs.order import FILE, Order

RESULT = "result.json"
_SAMPLE, _CELL = 5, 80
_NEEDS = {"run": "coterie.pipeline", "check": "coterie.preview", "list": "coterie.exports", "rename": "coterie.renaming"}


def main(job: str, parent: str) -> int:
    """Do what the job's order says, and tell how it went."""
    folder = Path(job)
    asked = json.loads((folder / FILE).read_text(encoding="utf-8"))
    limits = Limits(**asked.pop("limits"))
    die_with(int(parent))
    # What is trusted is loaded first; everything that is done with the file is done within the limits.
    import_module(_NEEDS[asked["kind"]])
    import_module("pyarrow")
    limits.impose()
    try:
        _do(folder, asked, limits)
    except CoterieError as refusal:
        tell(folder, "refused", **refusal.as_dict())
    except MemoryError:
        tell(folder, "refused", **no_memory(limits).as_dict())
    except Exception:
        # Where it happened is for whoever runs the server; the browser is told in words.
        traceback.print_exc()
        return 1
    return 0


def _do(folder: Path, asked: dict[str, Any], limits: Limits) -> None:
    if asked["kind"] in _APART:
        _result(folder, _APART[asked.pop("kind")](**asked))
        return
    out, created = asked.pop("out"), asked.pop("created")
    order = Order(**asked)
    if order.kind == "run":
        _run(folder, order, out, created, limits)
    else:
        _check(folder, order)


def _list(run: str, to: str, target: str, options: dict[str, Any]) -> dict[str, Any]:
    from coterie.exports import export

    return export(run, to, target, **options)


def _rename(run: str, of: str, old: str, new: str, reason: str, by: str, at: str | None) -> dict[str, Any]:
    from coterie.errors import BusyError
    from coterie.renaming import rename
    from coterie.runs import open_run

    if (latest := open_run(run).number) != of:
        raise BusyError(
            "The name was not given: the segment is of an earlier run.",
            found=f"run {latest}, published since.",
            fix="look at the segment as it is now, and send the name again.",
            code="overtaken",
        )
    published = rename(run, old, new, reason=reason, by=by, at=at)
    return {"run": published.number, "renamed_from": published.manifest["renamed_from"]}


_APART: dict[str, Callable[..., dict[str, Any]]] = {"list": _list, "rename": _rename}


def _run(folder: Path, order: Order, out: str, created: str | None, limits: Limits) -> None:
    from coterie.pipeline import run

    def told(stage: str, done: int, total: int) -> None:
        tell(folder, "stage", stage=stage, done=done, total=total)

    latest = Path(out) / "latest"
    published = run(
        [order.path],
        order.chosen(),
        out=out,
        progress=told,
        created=created,
        memory_limit=limits.engine_memory,
        like=latest if order.like and latest.is_file() else None,
    )
    tell(folder, "done", run=published.number)


def _check(folder: Path, order: Order) -> None:
    from coterie.preview import check

    tell(folder, "stage", stage="reading", done=0, total=0)
    recipe = order.chosen()
    headers, sample = _head(order.path, recipe)
    found = {**check([order.path], recipe).as_dict(), "columns": headers, "sample": sample}
    _result(folder, found)


def _result(folder: Path, found: dict[str, Any]) -> None:
    (folder / RESULT).write_text(json.dumps(found, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    tell(folder, "done", result=RESULT)


def _head(path: str, recipe: Any) -> tuple[list[str], list[list[str | None]]]:
    """Return the columns of a file and its first rows, as text."""
    from coterie.engines import identifier, open_engine
    from coterie.sources.headers import RESERVED
    from coterie.sources.reader import read_table

    with open_engine() as engine:
        view = read_table(engine, [path], recipe)
        headers = [name for name in engine.columns(view) if name not in RESERVED]
        cells = ", ".join(f"left(CAST({identifier(name)} AS VARCHAR), {_CELL})" for name in headers)
        rows = engine.rows(f"SELECT {cells} FROM {view} ORDER BY source_row LIMIT {_SAMPLE}")
    return headers, [list(row) for row in rows]


if __name__ == "__main__":
    # As the command line does: idle threads sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main(*sys.argv[1:]))
