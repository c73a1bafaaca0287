"""Every chart of a run as an image of its own: PNG for slides, SVG for print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coterie.charts import Scheme, specs
from coterie.report.summary import summarise

SHARP = 2.0
"""Pixels of a PNG for each of the chart's: a screen's worth more, so that slides stay sharp."""

NAMED = 26
"""Letters of a name that stand on a chart where it cannot be measured."""


def chart_specs(
    run_folder: Path | str, *, locale: str | None = None, currency: str | None = None, scheme: Scheme = "light"
) -> dict[str, dict[str, Any]]:
    """Return every chart of a published run as a Vega-Lite specification, by name; the title states the finding.

    Parameters
    ----------
    run_folder : Path or str
        A published run; only its files are read.
    locale : str, optional
        Language and country that figures are written for; by default the run's own.
    currency : str, optional
        ISO code; by default the run's own.
    scheme : {"light", "dark"}
        Where they will stand.
    """
    summary = summarise(run_folder, locale=locale, currency=currency)
    drawn = specs(summary["pictures"], scheme=scheme)
    axes = {one["name"]: one["axis"] for one in summary["pictures"]["profile"]["panels"]}
    for name, spec in drawn.items():
        below = "; ".join(part for part in (summary["source"], axes.get(name)) if part)
        title = {"text": _lines(spec["title"], spec["width"]), "subtitle": _lines(below, spec["width"])}
        spec["title"] = title | {"subtitleColor": spec["config"]["title"]["color"], "subtitlePadding": 6}
        spec["config"]["locale"] = {"number": summary["vega_locale"]}
    return {name: _untorn(spec) for name, spec in drawn.items()}


def write_images(folder: Path, drawn: dict[str, dict[str, Any]], kind: str) -> None:
    """Write charts as ``<name>.png`` or ``<name>.svg`` into a folder.

    Parameters
    ----------
    folder : Path
        Made where it is not there; files of other names stay.
    drawn : dict
        From `chart_specs`.
    kind : {"png", "svg"}
        As what.
    """
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    for name, spec in drawn.items():
        padded = spec | {"padding": 16}
        if kind == "svg":
            (folder / f"{name}.svg").write_text(vl_convert.vegalite_to_svg(padded), "utf-8")
        else:
            (folder / f"{name}.png").write_bytes(vl_convert.vegalite_to_png(padded, scale=SHARP))


def _untorn(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart in which Vega shortens no name with an emoji: of one that is cut in half vl-convert makes no picture."""
    if not _beyond(json.dumps(spec, ensure_ascii=False)):
        return spec
    for part in (spec, *spec["layer"]):
        part.get("mark", {}).pop("limit", None)
        if "data" in part:
            rows = json.loads(part["data"]["values"])
            part["data"]["values"] = json.dumps([{key: _short(value) for key, value in row.items()} for row in rows])
    return spec


def _short(value: Any) -> Any:
    return f"{value[:NAMED]}…" if isinstance(value, str) and _beyond(value) and len(value) > NAMED + 1 else value


def _beyond(text: str) -> bool:
    """Return whether a letter takes two units of UTF-16."""
    return max(text, default="") > "\uffff"


def _lines(title: str, width: int | str) -> list[str]:
    """Break a title where the chart ends: Vega would let it run out of the picture."""
    room = max(24, int(width) // 8) if isinstance(width, int) else 80
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
