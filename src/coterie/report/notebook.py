"""A run in a notebook: what it found in a few lines, and its charts by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING, Any

from coterie.charts import Scheme, chart
from coterie.errors import RunError
from coterie.report.images import chart_specs
from coterie.report.summary import summarise
from coterie.runs import Run

if TYPE_CHECKING:
    import altair


class Charts(Mapping[str, "altair.LayerChart"]):
    """The charts of a run by name; each is made when it is asked for.

    Parameters
    ----------
    run : Run
        Published.
    locale, currency : str, optional
        As of `write_report`.
    scheme : {"light", "dark"}
        Where they will stand.
    """

    def __init__(
        self, run: Run, *, locale: str | None = None, currency: str | None = None, scheme: Scheme = "light"
    ) -> None:
        self._specs = chart_specs(run.path, locale=locale, currency=currency, scheme=scheme)

    def __getitem__(self, name: str) -> altair.LayerChart:
        if name not in self._specs:
            close = get_close_matches(name, self._specs, n=1)
            raise RunError(
                f"There is no chart called {name!r}.",
                found=f"charts: {', '.join(self._specs)}.",
                fix=f"did you mean {close[0]!r}?" if close else "choose one of the charts above.",
                code="no_chart",
            )
        return chart(self._specs[name])

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def __repr__(self) -> str:
        lines = [f"  {name}: {' '.join(spec['title']['text'])}" for name, spec in self._specs.items()]
        return "\n".join(["<Charts", *lines, ">"])


def run_as_html(run: Run) -> str:
    """Return a run as a piece of HTML for a notebook: headline, verdict, and the table of its segments."""
    summary = summarise(run.path)
    valued = bool(summary["bands"]["revenue"])
    head = ["Segment", "Customers", *(["Revenue", "A customer"] if valued else []), "Who they are", "What to do next"]
    rows = [
        [
            one["name"],
            one["share"],
            *([one["revenue_share"], one["worth"]] if valued else []),
            one["habit"],
            one["advice"][0]["short"] if one["advice"] else "",
        ]
        for one in summary["segments"]
    ]
    figures = range(1, len(head) - 2)
    verdict, more = summary["verdict"], "Charts: <code>run.charts</code>; the report: <code>run.report()</code>."
    return (
        f"<div><p><strong>{escape(summary['headline'])}</strong><br>"
        f"<em>{escape(verdict['word'])}.</em> {escape(verdict['sentence'])}</p>"
        f"<table><thead>{_row(head, 'th', figures)}</thead>"
        f"<tbody>{''.join(_row(row, 'td', figures) for row in rows)}</tbody></table>"
        f"<p><small>{escape(summary['source'])}. {more}</small></p></div>"
    )


def _row(cells: list[Any], tag: str, figures: range) -> str:
    drawn = [
        f'<{tag} style="text-align: {"right" if place in figures else "left"}">{escape(str(cell))}</{tag}>'
        for place, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(drawn)}</tr>"
