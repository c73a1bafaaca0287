"""What a person sees: quiet tables, progress on stderr where there is a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

_UNITS = {
    "reading": "lines",
    "cleaning": "lines kept",
    "features": "customers",
    "clustering": "values of k",
    "segments": "segments",
    "publishing": "files",
}
_LEAST_TEXT = 8


def print_json(data: Any) -> None:
    """Print one JSON document on stdout."""
    typer.echo(json.dumps(data, ensure_ascii=False, allow_nan=False))


def say(text: str = "") -> None:
    """Print a line of prose on stderr."""
    typer.echo(text, err=True)


@contextmanager
def progress(*, silent: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show the stage at work, and each finished one with its count; nothing without a terminal."""
    if silent or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    bar = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<11}"),
        BarColumn(bar_width=24, complete_style="blue"),
        TextColumn("[dim]{task.fields[count]}[/]"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        tasks: dict[str, Any] = {}

        def told(stage: str, done: int, total: int) -> None:
            for name, task in tasks.items():
                if name != stage and not bar.tasks[task].finished:
                    bar.update(task, completed=1, total=1)
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None, count="")
            if total:
                bar.update(tasks[stage], completed=done, total=total, count=f"{done:,} {_UNITS.get(stage, '')}")

        yield told


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> None:
    """Print aligned columns on stdout: text left, figures right, no boxes; on a narrow terminal text wraps."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    header = fitting(header, rows, text_columns, console.width)
    drawn = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for i, name in enumerate(header):
        drawn.add_column(
            name, justify="left" if i < text_columns else "right", no_wrap=i >= text_columns, overflow="fold"
        )
    for row in rows:
        shown = row[: len(header)]
        drawn.add_row(*(Text(cell, style="bold" if i == 0 else "") for i, cell in enumerate(shown)))
    console.print(drawn)


def fitting(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int, room: int) -> list[str]:
    """Return the headings that fit: stacked where room is short, then without the last figures; a figure is never cut.

    Examples
    --------
    >>> fitting(["segment", "of revenue", "last seen"], [["Core", "78%", "18"]], 1, 80)
    ['segment', 'of revenue', 'last seen']
    >>> fitting(["segment", "of revenue", "last seen"], [["Core", "78%", "18"]], 1, 24)
    ['segment', 'of\\nrevenue', 'last\\nseen']
    >>> fitting(["segment", "of revenue", "last seen"], [["Core", "78%", "18"]], 1, 20)
    ['segment', 'of\\nrevenue']
    """

    def width(i: int, name: str) -> int:
        return max(len(cell) for cell in (*name.split("\n"), *(row[i] for row in rows)))

    if sum(width(i, name) + 2 for i, name in enumerate(header)) - 2 <= room:
        return list(header)
    kept = list(header[:text_columns])
    left = room - text_columns * _LEAST_TEXT - 2 * (text_columns - 1)
    for i, name in enumerate(header[text_columns:], start=text_columns):
        stacked = name.replace(" ", "\n")
        left -= width(i, stacked) + 2
        if left < 0:
            break
        kept.append(stacked)
    return kept


def figure(value: float | None) -> str:
    """Return a figure with three significant digits; whole numbers whole; a dash for none."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float | None) -> str:
    """Return a share as a percentage: whole from 10 %, one digit below."""
    if share is None:
        return "–"
    return f"{share:.0%}" if share >= 0.0995 or share == 0 else f"{share:.1%}"
