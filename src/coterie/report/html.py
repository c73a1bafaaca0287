"""A run's report as one HTML file: no network, a strict content security policy, readable without its scripts."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from coterie.charts import specs
from coterie.report.compiled import kept_beside
from coterie.report.format import Format
from coterie.report.summary import summarise
from coterie.report.vega import bundle


def build_report(run_folder: Path | str, *, locale: str | None = None, currency: str | None = None) -> str:
    """Return the report of a published run as one HTML document.

    Parameters
    ----------
    run_folder : Path or str
        A published run; only its files are read.
    locale : str, optional
        Language and country that figures and dates are written for; by default the run's own.
    currency : str, optional
        ISO code; by default the run's own.

    Raises
    ------
    RunError
        If the folder is no run, or a file of it is missing or damaged.
    """
    summary = summarise(run_folder, locale=locale, currency=currency)
    drawn, config = drawings(summary)
    style = _template_text("style.css") + proportions(summary)
    scripts = [bundle(), _template_text("draw.js")]
    return (
        _environment()
        .get_template("report.html")
        .render(
            summary,
            style=Markup(style),
            scripts=[Markup(script) for script in scripts],
            policy=_policy(style, scripts),
            charts=chart_data(drawn, config, summary),
            to_segment=lambda one: f"#{one['anchor']}",
            to_why="#why",
            to_list=None,
            to_k=None,
            to_lines=None,
        )
    )


def get_ready(locale: str = "en") -> None:
    """Make what every report needs: Vega's script, the compiled templates and a locale's figures; for whoever has time before."""
    bundle()
    Format(locale).number(1.5)
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)


def _policy(style: str, scripts: list[str]) -> str:
    """Return a policy that lets in this page's own style and scripts by hash, and nothing else from anywhere."""
    allowed = " ".join(_hash(script) for script in scripts)
    own = f"script-src {allowed}; style-src {_hash(style)}; img-src data:"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def chart_data(drawn: dict[str, Any], config: dict[str, Any], summary: dict[str, Any]) -> Markup:
    """Return what draw.js draws from, as JSON that no browser takes for markup, whatever names are in it."""
    document = {"specs": drawn, "config": config, "locale": summary["vega_locale"]}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def drawings(summary: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the page's charts by name, and the one style of all of them; the page's own headings say their titles."""
    drawn = specs(summary["pictures"], scheme="page", width="container")
    config: dict[str, Any] = drawn.pop("shares")["config"]  # The first screen's bands and table say what this one would.
    for spec in drawn.values():
        del spec["config"]
        spec.pop("title", None)
    return drawn, config


def proportions(summary: dict[str, Any]) -> str:
    """Return the widths of the run's bands as rules: the policy allows no style attribute."""
    bands = {name: [block["percent"] for block in blocks] for name, blocks in summary["bands"].items()}
    bands["lines"] = [fate["percent"] for fate in summary["quality"]["fates"]]
    return "".join(
        f".{name} > :nth-child({place}) {{ width: {percent}% }}\n"
        for name, widths in bands.items()
        for place, percent in enumerate(widths, 1)
    )


class _Flush(PackageLoader):
    """Templates without their indentation: a tenth of a page with twelve segments would be blanks."""

    def get_source(self, environment: Environment, template: str) -> Any:
        source, *rest = super().get_source(environment, template)
        return re.sub(r"(?m)^[ \t]+", "", source), *rest


@functools.cache
def _template_text(name: str) -> str:
    return (resources.files("coterie.report") / "templates" / name).read_text("utf-8")


@functools.cache
def _environment() -> Environment:
    options: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    kept = kept_beside(Path(__file__).parent / "templates", options)
    return Environment(loader=_Flush("coterie.report"), undefined=StrictUndefined, bytecode_cache=kept, **options)
