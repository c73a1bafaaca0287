"""A page of a run: one function makes its plain data, which the page shows and its ``.json`` returns as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from coterie.report.format import Format
from coterie.report.html import chart_data, drawings
from coterie.web.api.asking import encoded, kept, library_of, snapshot, tag_of
from coterie.web.library import Library
from coterie.web.pages.rendering import shown
from coterie.web.snapshot import Snapshot

PAGES = (
    ("/", "Overview"),
    ("/customers", "Customers"),
    ("/choice", "Why so many"),
    ("/movement", "Movement"),
    ("/data", "Data"),
    ("/what-if", "What if"),
)
"""Pages of a run, in the order of the menu; a new one is added here, too."""


@dataclass(frozen=True)
class Visit:
    """What the maker of a page's data knows.

    Parameters
    ----------
    snapshot : Snapshot
        The run that the whole page is of.
    library : Library
        The other runs.
    asked : tuple of (str, str)
        Parameters of the address in order, but ``run``.
    path : dict of str to str
        Parts of the address that the route names.
    pinned : bool
        Whether the address names the run; further addresses then do, too.
    """

    snapshot: Snapshot
    library: Library
    asked: tuple[tuple[str, str], ...]
    path: dict[str, str]
    pinned: bool

    @property
    def words(self) -> Format:
        """How figures are written."""
        return self.snapshot.words

    def first(self, name: str, default: str = "") -> str:
        """Return what the address says of a parameter, the first time."""
        return next((value for key, value in self.asked if key == name), default)

    def at(self, path: str, *asked: tuple[str, Any], **also: Any) -> str:
        """Return the address of another page: of the same run, where this one names it; without what is None or empty."""
        query = [(key, value) for key, value in (*asked, *also.items()) if value not in (None, "")]
        if self.pinned and "run" not in dict(query):
            query.append(("run", self.snapshot.number))
        return quote(path) + (f"?{urlencode(query)}" if query else "")


Data = dict[str, Any]
Making = Callable[[Visit], Data]


def published(
    router: APIRouter, path: str, template: str, *, charts: tuple[str, ...] = (), widths: bool = False
) -> Callable[[Making], Making]:
    """Register a function as the maker of a page and of its ``.json``.

    Parameters
    ----------
    router : APIRouter
        That the page's file hands to the application.
    path : str
        Its address.
    template : str
        Its name.
    charts : tuple of str
        Beginnings of the names of the run's charts that the page has, of `coterie.charts.specs`.
    widths : bool
        Whether the page has bands of the run's proportions.
    """

    def register(make: Making) -> Making:
        async def as_json(request: Request, run: str | None = None) -> Response:
            visit = await _visit(request, run)
            data = await run_in_threadpool(make, visit)
            tag = tag_of(visit.snapshot, path, str(visit.asked), str(visit.path), *visit.library.numbers()[:1])
            return kept(request, encoded(data), tag, pinned=False)

        async def as_page(request: Request, run: str | None = None) -> Response:
            visit = await _visit(request, run)
            return await run_in_threadpool(_page, request, visit, make, template, charts, widths)

        # First, for a part of an address may end in .json, too.
        router.add_api_route(f"{path if path != '/' else '/overview'}.json", as_json, include_in_schema=False)
        router.add_api_route(path, as_page, include_in_schema=False)
        return make

    return register


async def _visit(request: Request, run: str | None) -> Visit:
    found = await snapshot(request, run)
    asked = tuple((key, value) for key, value in request.query_params.multi_items() if key != "run")
    path = {key: str(value) for key, value in request.path_params.items()}
    return Visit(found, library_of(request), asked, path, run is not None)


def _page(
    request: Request, visit: Visit, make: Making, template: str, charts: tuple[str, ...], widths: bool
) -> Response:
    found = visit.snapshot
    return shown(
        request,
        template,
        **make(visit),
        at=visit.at,
        lang=str(visit.words.locale).replace("_", "-"),
        frame=frame(request, visit, widths=widths),
        charts=found.once(("charts", charts), lambda: _charts(found, charts)) if charts else None,
        to_segment=lambda one: visit.at(f"/segments/{one['id']}"),
        to_list=lambda one: visit.at(f"/segments/{one['id']}") + "#list",
        to_why=visit.at("/choice"),
    )


def frame(request: Request, visit: Visit, *, widths: bool = False) -> Data:
    """Return what stands around every page of a run: the menu, and which run it is."""
    newest = visit.library.numbers()[:1]
    found, here = visit.snapshot, request.url.path
    return {
        "run": found.number,
        "pinned": visit.pinned,
        "as_of": visit.words.day(found.run.manifest["as_of"], short=True),
        "newest": newest[0] if newest and newest[0] != found.number else None,
        "source": found.summary["source"],
        "menu": [{"name": name, "address": visit.at(path), "here": path == here} for path, name in PAGES],
        "widths": f"/runs/{found.number}.css" if widths else None,
    }


def _charts(found: Snapshot, wanted: tuple[str, ...]) -> Any:
    drawn, config = drawings(found.summary)
    return chart_data({name: spec for name, spec in drawn.items() if name.startswith(wanted)}, config, found.summary)
