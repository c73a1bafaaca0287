"""All runs: what each was made of and what came out, newest first. Outside any run, so that it is there before the first one."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from coterie.errors import CoterieError
from coterie.report.format import Format
from coterie.report.verdict import verdict
from coterie.runs import Run, open_run
from coterie.web.api.asking import encoded, library_of
from coterie.web.library import NUMBER, Library, summary
from coterie.web.pages.rendering import shown
from coterie.web.pages.visit import Data, Visit, frame

router = APIRouter(include_in_schema=False)
PAGE = 50
"""Runs a page; three documents of each are read."""


@router.get("/runs.json")
async def as_json(request: Request, before: str = "") -> Response:
    """Return the runs as plain data."""
    data = await run_in_threadpool(listed, library_of(request), before)
    return Response(encoded(data), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/runs")
async def as_page(request: Request, before: str = "") -> Response:
    """Return the runs as a page."""
    return await run_in_threadpool(_page, request, before)


def _page(request: Request, before: str) -> Response:
    library = library_of(request)
    data = listed(library, before)
    around: dict[str, Any] = {}
    if data["latest"]:
        # As on every page of the run that answers where none is named.
        visit = Visit(library.current(), library, (), {}, pinned=False)
        around = {"frame": frame(request, visit), "lang": str(visit.words.locale).replace("_", "-")}
    return shown(request, "runs.html", **data, **around)


def listed(library: Library, before: str = "", most: int = PAGE) -> Data:
    """Return a page of runs.

    Parameters
    ----------
    library : Library
        Of the runs.
    before : str, optional
        Only those older than this number.
    most : int, default 50
        How many.

    Returns
    -------
    dict
        ``runs``; ``latest``, the one that answers where none is named; ``total``; ``older``, the address of the next page, or
        None; and ``command``, which makes a run here.
    """
    numbers = library.numbers()
    try:
        latest = library.current().number
    except CoterieError:
        latest = None
    asked = int(before) if NUMBER.fullmatch(before) else None
    wanted = [one for one in numbers if asked is None or int(one) < asked]
    # One more than a page: the last of a page has one before it, too.
    rows = [_row(library, number) for number in wanted[: most + 1]]
    for place, row in enumerate(rows):
        earlier = next((one["run"] for one in rows[place + 1 :] if not one["problem"]), None)
        can = earlier is not None and not row["problem"]
        row["compare"] = f"/movement?{urlencode({'before': earlier, 'run': row['run']})}" if can else None
        row["latest"] = row["run"] == latest
    return {
        "latest": latest,
        "total": len(numbers),
        "runs": rows[:most],
        "older": f"/runs?before={rows[most - 1]['run']}" if len(rows) > most else None,
        "command": f"coterie run sales.csv --out {shlex.quote(library.folder.name)}",
    }


def _row(library: Library, number: str) -> Data:
    blank = dict.fromkeys(("as_of", "created", "recipe", "inputs", "renamed_from", "n_clusters", "verdict", "customers", "words"))
    row: dict[str, Any] = {"run": number, "address": f"/?run={number}", "problem": None, **blank}
    try:
        run = open_run(library.place(number))
        return {**row, **_told(run, library.words(run))}
    except (CoterieError, OSError) as error:
        wrong = error.wrong if isinstance(error, CoterieError) else str(error)
        # Where the folder lies is nobody's business who only looks.
        return {**row, "problem": wrong.replace(f"{library.folder}/", "")}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {**row, "problem": "Its documents are not those of a run."}


def _told(run: Run, words: Format) -> Data:
    for name in run.manifest["outputs"]:
        if not (run.path / name).is_file():
            run.file(name)
    about, customers = summary(run), int(run.segments["population"]["customers"])
    judged = verdict({"sweep": run.sweep, "segments": run.segments}, words)
    return {
        **about,
        "n_clusters": run.sweep["n_clusters"],
        "customers": customers,
        "verdict": {key: judged[key] for key in ("tone", "word", "sentence")},
        "words": {
            "as_of": words.day(about["as_of"], short=True),
            "created": words.moment(about["created"]),
            "customers": words.count(customers),
        },
    }
