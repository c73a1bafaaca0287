"""The report's formats, registered: a page, Markdown, a PDF, and every chart as an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coterie.model import model_file
from coterie.registry import Registry
from coterie.report.html import build_report
from coterie.report.images import chart_specs, write_images
from coterie.report.markdown import build_markdown
from coterie.report.pdf import print_pdf
from coterie.runs import Run


@dataclass(frozen=True)
class ReportFormat:
    """One format of the report.

    Parameters
    ----------
    name : str
        What ``--format`` says.
    meaning : str
        One sentence.
    suffix : str
        How the file's name ends, or the folder's.
    write : callable
        Of a run's folder, a path, a locale and a currency; the last two may be None.
    """

    name: str
    meaning: str
    suffix: str
    write: Callable[[Path, Path, str | None, str | None], None]


FORMATS: Registry[ReportFormat] = Registry("report format")
READ = ("ledger.json", "sweep.json", "segments.json", "customers.parquet")


def write_report(
    run: Run,
    output: str | Path | None = None,
    *,
    format: str | None = None,
    locale: str | None = None,
    currency: str | None = None,
) -> Path:
    """Write the report of a run, and return where.

    Parameters
    ----------
    run : Run
        Published.
    output : str or Path, optional
        The file; for images the folder. By default named after the run, in the working directory.
    format : str, optional
        ``"html"``, ``"md"``, ``"pdf"``, ``"png"`` or ``"svg"``; by default what the file's name ends in, else ``"html"``.
    locale : str, optional
        Language and country that figures and dates are written for; by default the run's own.
    currency : str, optional
        ISO code; by default the run's own.

    Raises
    ------
    RunError
        If a file of the run has been changed, or the format needs what is not installed.
    RecipeError
        If there is no such format.
    """
    form = FORMATS[format or _by_name(output)]
    for name in (*READ, model_file(run.path).name):
        run.file(name)
    target = Path(output) if output is not None else Path(f"coterie-{run.number}{form.suffix}")
    try:
        form.write(run.path, target, locale, currency)
    except OSError as error:
        # The name that was asked for, not that of a file beside it.
        raise OSError(error.errno, error.strerror, str(target)) from None
    return target


def _by_name(output: str | Path | None) -> str:
    suffix = Path(output).suffix.lower() if output is not None else ""
    return suffix.removeprefix(".") or "html"


def _html(run: Path, target: Path, locale: str | None, currency: str | None) -> None:
    _place(target, build_report(run, locale=locale, currency=currency))


def _markdown(run: Path, target: Path, locale: str | None, currency: str | None) -> None:
    _place(target, build_markdown(run, locale=locale, currency=currency))


def _pdf(run: Path, target: Path, locale: str | None, currency: str | None) -> None:
    print_pdf(build_report(run, locale=locale, currency=currency), target)


def _png(run: Path, target: Path, locale: str | None, currency: str | None) -> None:
    write_images(target, chart_specs(run, locale=locale, currency=currency), "png")


def _svg(run: Path, target: Path, locale: str | None, currency: str | None) -> None:
    write_images(target, chart_specs(run, locale=locale, currency=currency), "svg")


def _place(target: Path, text: str) -> None:
    """Write a text whole or not at all; what is no plain file, such as ``/dev/stdout``, is written to itself."""
    if target.exists() and not target.is_file():
        target.write_text(text, "utf-8")
        return
    beside = target.with_name(f".partial-{target.name}")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


for _form in (
    ReportFormat("html", "One page that needs no network.", ".html", _html),
    ReportFormat("md", "Markdown with tables.", ".md", _markdown),
    ReportFormat("pdf", "The page on A4, printed by the Chromium that is installed.", ".pdf", _pdf),
    ReportFormat("png", "Every chart as an image, in a folder.", "-charts", _png),
    ReportFormat("svg", "Every chart as a drawing, in a folder.", "-charts", _svg),
):
    FORMATS.add(_form)
