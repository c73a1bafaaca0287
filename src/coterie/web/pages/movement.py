"""Movement: who went from which segment of an earlier run to which of a later one, and the names behind every cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError, RunError
from coterie.report.format import isolated
from coterie.runs import Run, open_run
from coterie.segments.migration import GONE
from coterie.web import matrix
from coterie.web.behind import PAGE, Behind, page_number
from coterie.web.movement import before, compared
from coterie.web.pages.visit import Data, Visit, published, visit_of

if TYPE_CHECKING:
    from coterie.comparison import Comparison

router = APIRouter()
MOST_RUNS = 100
"""Runs that the form offers, the newest first."""


@published(router, "/movement", "movement.html")
def movement(visit: Visit) -> Data:
    """Return who moved between this run and an earlier one, or what to do where there is none."""
    earlier = _earlier(visit)
    told: Data = {"run": visit.snapshot.number, "before": earlier, "form": _form(visit, earlier), "compared": None, "list": None}
    told["like"] = f"{visit.library.folder.name}/{earlier or visit.snapshot.number}"
    if earlier is None:
        return {**told, "title": "Movement needs two runs", "next": _next(visit)}
    found = compared(visit.library, earlier, visit.snapshot)
    plain = found.as_dict()
    for side in ("before", "after"):
        del plain[side]["path"]  # Where runs lie is nobody's business beyond this server.
    return {
        **told,
        "compared": plain,
        "title": matrix.title(found, visit.words),
        "agreement": matrix.agreement(found, visit.words),
        "largest": matrix.largest(found, visit.words),
        "as_of": {"before": _day(found.before, visit), "after": _day(found.after, visit)},
        "tables": matrix.tables(found, visit.words, lambda *cell: _cell(found, visit, *cell) + "#names"),
        "ids_kept": all(pair.same == (pair.before == pair.after) for pair in found.pairs),
        "pairs": matrix.pairs(found, visit.words),
        "list": _list(found, visit),
    }


@router.get("/movement.csv", include_in_schema=False)
async def names(request: Request, run: str | None = None) -> Response:
    """Return the customers behind a cell as CSV: all of them, in the order of the page."""
    visit = await visit_of(request, run)
    behind = await run_in_threadpool(_behind, visit)
    name = f"movement-{behind.told.before.number}-{visit.snapshot.number}-{_plain(behind.origin)}-{_plain(behind.target)}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(behind.csv(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(segment_id: str) -> str:
    """Return an id as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", segment_id)


def _behind(visit: Visit) -> Behind:
    earlier = _earlier(visit)
    if earlier is None:
        raise RunError("There is no run before this one.", found="none.", fix="name one with before=.", code="no_run")
    return Behind.of(compared(visit.library, earlier, visit.snapshot), visit.first("from"), visit.first("to"))


def _earlier(visit: Visit) -> str | None:
    asked = visit.first("before")
    if asked != visit.snapshot.number:
        return asked or before(visit.library, visit.snapshot)
    raise RunError(
        "A run is not compared with itself.",
        found=f"run {asked} twice.",
        fix="choose another run before it, such as the one without before=.",
        code="same_run",
    )


def _form(visit: Visit, earlier: str | None) -> Data:
    here = visit.snapshot.number
    numbers = list(dict.fromkeys([*visit.library.numbers()[:MOST_RUNS], here, *([earlier] if earlier else [])]))
    options = [{"run": number, "text": _told(visit, number)} for number in numbers]
    return {"options": options, "before": earlier, "after": here}


def _told(visit: Visit, number: str) -> str:
    try:
        day = open_run(visit.library.place(number)).manifest["as_of"]
    except CoterieError:
        return f"{number[:20]}, cannot be read"
    return f"{number}, as of {visit.words.day(day, short=True)}"


def _next(visit: Visit) -> str | None:
    """Return the address of this run beside the next one, where there is one."""
    later = [number for number in visit.library.numbers() if int(number) > int(visit.snapshot.number)]
    return visit.at("/movement", before=visit.snapshot.number, run=later[-1]) if later else None


def _day(run: Run, visit: Visit) -> str:
    return visit.words.day(run.manifest["as_of"], short=True)


def _cell(found: Comparison, visit: Visit, origin: str, target: str, path: str = "/movement", page: int | None = None) -> str:
    """Return the address of a cell: of these two runs, whatever is published meanwhile."""
    return visit.at(path, ("from", origin), ("to", target), before=found.before.number, run=found.after.number, page=page)


def _list(found: Comparison, visit: Visit) -> Data | None:
    """Return a page of the customers behind the cell that the address names; None where it names none."""
    if not (visit.first("from") or visit.first("to")):
        return None
    behind, words = Behind.of(found, visit.first("from"), visit.first("to")), visit.words
    cell, pages, total = (behind.origin, behind.target), behind.pages(), len(behind.places)
    number = page_number(visit.first("page"), pages)
    rows, first = behind.page(number), (number - 1) * PAGE + 1
    origin = {**dict(found.migration.before), **matrix.BESIDE}[behind.origin]
    target = {**dict(found.migration.after), **matrix.BESIDE}[behind.target]
    # Of those who are gone only the earlier run can tell more.
    knowing = (found.before if behind.target == GONE else found.after).number

    def turn(to: int) -> str | None:
        return _cell(found, visit, *cell, page=to if to > 1 else None) + "#names" if 1 <= to <= pages else None

    return {
        "from": behind.origin,
        "to": behind.target,
        "title": f"{words.count(total)} customer{'' if total == 1 else 's'}: {isolated(origin)} → {isolated(target)}",
        "total": total,
        "place": f"{words.count(first)}–{words.count(first + len(rows) - 1)} of {words.count(total)}" if rows else "",
        "customers": [
            {
                **row,
                "then": words.amount(row["spend_before"]),
                "now": words.amount(row["spend"]),
                "address": visit.at("/customer", id=row["customer_id"], run=knowing),
            }
            for row in rows
        ],
        "previous": turn(number - 1),
        "next": turn(number + 1),
        "csv": _cell(found, visit, *cell, path="/movement.csv"),
    }
