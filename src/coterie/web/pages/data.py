"""Data: what became of every line, the rules with their fixes, the lines that were set aside, and the run's files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from coterie.errors import InputError
from coterie.report.format import NOTHING, Format
from coterie.web.behind import page_number
from coterie.web.files import KINDS, report_policy, whole
from coterie.web.pages.visit import Data, Visit, published, visit_of
from coterie.web.quarantine import FILE, OWN, Quarantine

router = APIRouter()
PAGE, LONGEST = 50, 200
"""Lines on a page, and letters of a cell on it."""
REPORT = "report.html"
MEANING = {
    REPORT: "The report: one file for a reader, without a network.",
    "customers.csv": "One row a customer, for a spreadsheet: figures, segment, a reason in a sentence.",
    "customers.parquet": "The same for a program.",
    "orders.parquet": "One row an order: customer, time, lines, units, value.",
    FILE: "Every line set aside, as it came, with the reason, its file and its line.",
    "ledger.json": "Lines and money by what became of them, rule by rule.",
    "segments.json": "Every segment: size, revenue, quartiles.",
    "sweep.json": "Every k, its scores and why it won or lost.",
    "model.json": "The model that assigns new customers.",
    "lines.csv": "The lines that count.",
}
"""What is in a run's files, in the order they are offered; those that are not told here come last."""
_CONTROL = {code: 0x2400 + code for code in range(32)} | {127: 0x2421}
"""A control character is shown by the sign for it."""


@published(router, "/data", "ledger.html", widths=True)
def data(visit: Visit) -> Data:
    """Return the ledger with its rules, as the report has it, and the run's files."""
    found, summary = visit.snapshot, visit.snapshot.summary
    lines = found.run.ledger["lines"]["quarantined"]
    return {
        **{name: summary[name] for name in ("run", "quality", "source")},
        "aside": _aside(visit, None, lines) if found.has(FILE) else None,
        "files": _files(visit),
        "report": visit.at("/data/report") if found.has(REPORT) else None,
    }


@published(router, "/data/lines", "lines.html")
def lines(visit: Visit) -> Data:
    """Return a page of the lines that were set aside, of one rule or of all."""
    words, ledger = visit.words, visit.snapshot.run.ledger
    reason, kept = _reason(visit), Quarantine.of(visit.snapshot)
    total = kept.total(reason)
    pages = max(1, -(-total // PAGE))
    number = page_number(visit.first("page"), pages)
    rows, first = kept.page(reason, number, PAGE), (number - 1) * PAGE + 1
    rules = [rule for rule in ledger["rules"] if rule["outcome"] == "quarantined" and rule["lines"]]
    rule = next((one for one in ledger["rules"] if one["rule"] == reason), None)

    def turn(to: int) -> str | None:
        return visit.at("/data/lines", reason=reason, page=to if to > 1 else None) if 1 <= to <= pages else None

    why, name, line, text = range(len(kept.columns) - len(OWN), len(kept.columns))
    # Where in which file comes first: there a line is mended.
    shown = [name, line, *([] if reason else [why]), *range(why), text]
    shown = [place for place in shown if any(row[place] is not None for row in rows)]
    return {
        "reason": reason,
        "title": f"{words.count(total)} line{'' if total == 1 else 's'} set aside",
        "meaning": rule["meaning"] if rule else "",
        "fix": rule["fix"] if rule else "",
        "rules": [
            {"name": one["rule"], "lines": words.count(one["lines"]), "address": visit.at("/data/lines", reason=one["rule"])}
            for one in sorted(rules, key=lambda one: -one["lines"])
        ],
        "total": total,
        "place": f"{words.count(first)}–{words.count(first + len(rows) - 1)} of {words.count(total)}" if rows else "",
        "columns": [{name: "File", line: "Line", why: "Reason", text: "Text"}.get(place, kept.columns[place]) for place in shown],
        "lines": [[seen(row[place]) for place in shown] for row in rows],
        "previous": turn(number - 1),
        "next": turn(number + 1),
        "aside": _aside(visit, reason, total),
    }


@router.get("/data/lines.csv", include_in_schema=False)
async def lines_csv(request: Request, run: str | None = None) -> Response:
    """Return the lines that were set aside as CSV, of one rule or of all."""
    visit = await visit_of(request, run)
    name, content = await run_in_threadpool(_csv, visit)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content, media_type=KINDS[".csv"], headers=headers)


@router.get("/data/file/{name}", include_in_schema=False)
async def file(request: Request, name: str, run: str | None = None) -> Response:
    """Return a file of the run as it was published, to be kept."""
    visit = await visit_of(request, run)
    path = await run_in_threadpool(whole, visit.snapshot, name)
    kept = f"{path.stem}-{visit.snapshot.number}{path.suffix}"
    return FileResponse(path, filename=kept, media_type=KINDS.get(path.suffix, "application/octet-stream"))


@router.get("/data/report", include_in_schema=False)
async def report(request: Request, run: str | None = None) -> Response:
    """Return the report to be read."""
    visit = await visit_of(request, run)
    path = await run_in_threadpool(whole, visit.snapshot, REPORT)
    policy = await run_in_threadpool(report_policy, path)
    return FileResponse(path, media_type=KINDS[".html"], headers={"Content-Security-Policy": policy})


def _csv(visit: Visit) -> tuple[str, Iterator[bytes]]:
    reason, kept = _reason(visit), Quarantine.of(visit.snapshot)
    return f"quarantine-{visit.snapshot.number}{f'-{_plain(reason)}' if reason else ''}.csv", kept.csv(reason)


def _plain(reason: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", reason)


def _reason(visit: Visit) -> str | None:
    """Return the rule that an address asks for, or None for all.

    Raises
    ------
    InputError
        If no rule of that name sets lines aside.
    """
    asked = visit.first("reason")
    known = [rule["rule"] for rule in visit.snapshot.run.ledger["rules"] if rule["outcome"] == "quarantined"]
    if not asked or asked in known:
        return asked or None
    raise InputError(
        "No rule of that name sets lines aside.",
        found=f"{asked[:40]!r}; rules: {', '.join(known)}.",
        fix="one of those, or leave reason= out for all lines.",
        code="unknown_reason",
    )


def _aside(visit: Visit, reason: str | None, total: int) -> Data:
    """Return where the lines that were set aside can be had: as CSV those of the rule, as Parquet all of them."""
    here = visit.snapshot.number
    return {
        "lines": visit.words.count(total),
        "address": visit.at("/data/lines", reason=reason),
        "csv": visit.at("/data/lines.csv", reason=reason, run=here),
        "parquet": visit.at(f"/data/file/{FILE}", run=here),
    }


def _files(visit: Visit) -> list[Data]:
    run = visit.snapshot.run
    names = sorted(run.manifest["outputs"], key=lambda name: (list(MEANING).index(name) if name in MEANING else len(MEANING), name))
    return [
        {
            "name": name,
            "meaning": MEANING.get(name, ""),
            "bytes": size,
            "size": size_in_words(size, visit.words),
            "address": visit.at(f"/data/file/{name}", run=run.number),
        }
        for name in names
        for size in [_bytes(run.path / name)]
    ]


def _bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def size_in_words(size: int | None, words: Format) -> str:
    """Write the size of a file.

    Examples
    --------
    >>> size_in_words(1178654, Format("en")), size_in_words(5337, Format("de")), size_in_words(12, Format("en"))
    ('1.18 MB', '5,34 kB', '12 bytes')
    """
    if size is None:
        return NOTHING
    unit, by = next((one for one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)) if size >= one[1]), ("bytes", 1))
    return f"{words.number(size / by)} {unit}"


def seen(value: Any) -> str:
    """Return a cell of a line as it is shown: cut where it is long, what cannot be seen by a sign for it.

    Examples
    --------
    >>> seen("tab\\t"), seen(None), len(seen("x" * 1000))
    ('tab␉', '', 201)
    """
    text = "" if value is None else str(value)
    return (text if len(text) <= LONGEST else text[:LONGEST] + "…").translate(_CONTROL)
