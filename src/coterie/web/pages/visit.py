"""A page of a run: one function makes its plain data, which the page shows and its ``.json`` returns as it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from coterie.charts import theme
from coterie.report.format import Format
from coterie.report.html import chart_data, drawings
from coterie.web.api.asking import encoded, in_turn, kept, library_of, snapshot, tag_of
from coterie.web.library import Library
from coterie.web.marks import run_of
from coterie.web.pages.keeping import LONGEST, PLACE, Kept, filled
from coterie.web.pages.rendering import shown
from coterie.web.refusals import STATUS
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
Drawing = Callable[[Data], Mapping[str, Data]]


def published(
    router: APIRouter,
    path: str,
    template: str,
    *,
    charts: tuple[str, ...] = (),
    draw: Drawing | None = None,
    widths: bool = False,
    same: bool = False,
) -> Callable[[Making], Making]:
    """Register a function as the maker of a page and of its ``.json``.

    Data with ``refused``, a refusal as `CoterieError.as_dict` has it, go out with that refusal's status: a page that can tell
    more of what went wrong than the one for all refusals.

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
    draw : callable, optional
        Returns charts of the page's own by name, made of its data: functions of `coterie.charts`, for scheme ``"page"``.
    widths : bool
        Whether the page has bands of the run's proportions.
    same : bool
        Whether the page is made of the run in memory and of which other runs there are, and of nothing else: it is kept then.
    """

    def register(make: Making) -> Making:
        async def as_json(request: Request, run: str | None = None) -> Response:
            visit = await visit_of(request, run)
            data = await in_turn(request, make, visit)
            if (status := _status(data)) != 200:
                return Response(encoded(data), status, {"Cache-Control": "no-store"}, media_type="application/json")
            tag = tag_of(visit.snapshot, path, str(visit.asked), str(visit.path), *visit.library.numbers()[:1], *_hasty(visit))
            return kept(request, encoded(data), tag, pinned=False)

        async def as_page(request: Request, run: str | None = None) -> Response:
            visit = await visit_of(request, run)
            making = functools.partial(page_of, make=make, template=template, charts=charts, draw=draw, widths=widths)
            return await in_turn(request, _once if same else _anew, request, visit, making)

        # First, for a part of an address may end in .json, too.
        router.add_api_route(f"{path if path != '/' else '/overview'}.json", as_json, include_in_schema=False)
        router.add_api_route(path, as_page, include_in_schema=False)
        return make

    return register


def _anew(request: Request, visit: Visit, making: Callable[..., Response]) -> Response:
    return making(request, visit)


def _once(request: Request, visit: Visit, making: Callable[..., Response]) -> Response:
    """Return a page that somebody asked for before, or make it and keep it."""
    url, kept = request.url, visit.snapshot.once("pages", Kept)
    key = (url.path, url.query, tuple(visit.library.numbers()), visit.library.hasty(visit.snapshot))
    page = kept.get(key)
    if page is None:
        made = making(request, visit, csrf=PLACE)
        page = bytes(made.body)
        if made.status_code != 200:
            return filled(request, page, made.status_code)
        if len(url.path) + len(url.query) <= LONGEST:
            kept.keep(key, page)
    return filled(request, page)


async def visit_of(request: Request, run: str | None) -> Visit:
    """Return what a maker knows of a request; a further page of a list is of the run that its first one was of."""
    found = await snapshot(request, run or run_of(request.query_params.get("after") or request.query_params.get("back")))
    asked = tuple((key, value) for key, value in request.query_params.multi_items() if key != "run")
    path = {key: str(value) for key, value in request.path_params.items()}
    return Visit(found, library_of(request), asked, path, run is not None)


def page_of(
    request: Request,
    visit: Visit,
    make: Making,
    template: str,
    charts: tuple[str, ...] = (),
    draw: Drawing | None = None,
    widths: bool = False,
    csrf: str | None = None,
) -> Response:
    """Return a page as `published` has it: to show what became of a form that was sent from it."""
    found, data = visit.snapshot, make(visit)
    return shown(
        request,
        template,
        _status(data),
        **data,
        **({} if csrf is None else {"csrf": csrf}),
        at=visit.at,
        lang=str(visit.words.locale).replace("_", "-"),
        frame=frame(request, visit, widths=widths),
        charts=_charts(found, charts, draw(data) if draw else {}),
        to_segment=lambda one: visit.at(f"/segments/{one['id']}"),
        to_list=lambda one: visit.at(f"/segments/{one['id']}") + "#list",
        to_why=visit.at("/choice"),
        to_k=lambda k: visit.at("/choice", k=k) + "#k",
        to_lines=lambda rule: visit.at("/data/lines", reason=rule["name"]) if rule["outcome"] == "Set aside" else None,
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


def _hasty(visit: Visit) -> list[str]:
    return ["hasty"] if visit.library.hasty(visit.snapshot) else []


def _status(data: Data) -> int:
    return STATUS.get(data["refused"]["error"], 422) if data.get("refused") else 200


def _charts(found: Snapshot, wanted: tuple[str, ...], own: Mapping[str, Data]) -> Any:
    """Return what draw.js draws: of the run's charts those that are wanted, made once, or with the page's own; None for neither."""
    if not own:
        return found.once(("charts", wanted), lambda: _document(found, wanted, own)) if wanted else None
    return _document(found, wanted, own)


def _document(found: Snapshot, wanted: tuple[str, ...], own: Mapping[str, Data]) -> Any:
    of_run = drawings(found.summary)[0] if wanted else {}
    chosen = {name: spec for name, spec in of_run.items() if name.startswith(wanted)}
    # One style for all, and the page's own headings say their titles.
    plain = {name: {key: part for key, part in spec.items() if key not in ("config", "title")} for name, spec in own.items()}
    return chart_data(chosen | plain, theme("page"), found.summary)
