"""A run's report as Markdown: the words and tables of the page, for a wiki, a pull request or a mail."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from coterie.report.summary import summarise

_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_MARKUP = re.compile(r"([\\`*_\[\]|#~!])")


def build_markdown(run_folder: Path | str, *, locale: str | None = None, currency: str | None = None) -> str:
    """Return the report of a published run as Markdown with tables, as GitHub and most wikis read it.

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
    # Commands stand in code blocks, where an escape would be seen.
    commands = [re.sub(r"\s", " ", one["command"]) for one in summary["segments"]]
    page = _environment().get_template("report.md").render(escaped(summary), commands=commands)
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def escaped(value: Any) -> Any:
    """Return plain data whose texts Markdown shows as they are: a name cannot be markup, nor end a table's cell.

    Examples
    --------
    >>> escaped({"name": "a|b <i> *c*"})
    {'name': 'a\\\\|b &lt;i> \\\\*c\\\\*'}
    """
    if isinstance(value, dict):
        return {key: escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [escaped(one) for one in value]
    if not isinstance(value, str):
        return value
    line = _BREAK.sub(" ", value).strip().replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\1", line)


@functools.cache
def _environment() -> Environment:
    # What is rendered is no HTML: `escaped` has made the texts safe.
    return Environment(
        loader=PackageLoader("coterie.report"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
