"""One call for everything that leaves a run: a file, several, or a table of a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.exports.databases import export_table, is_database
from coterie.exports.formats import EXPORTS, given_options
from coterie.runs import Run, open_run


def export(run: Run | str | Path, to: str, output: str | Path | None = None, **options: Any) -> dict[str, Any]:
    """Write a run in another format.

    Parameters
    ----------
    run : Run or path
        The run.
    to : str
        A format, as ``coterie export --to`` takes it; or the URL of a database.
    output : path, optional
        File; default ``coterie-NUMBER`` with the format's ending, in the working folder.
    **options
        The format's flags by name, such as ``segment="Core"``, ``contacts=frame``, ``holdout="10%"`` or ``dialect="postgres"``.

    Returns
    -------
    dict
        What ``coterie export --json`` prints: docs/json.md has every key.

    Raises
    ------
    RecipeError
        If there is no such format, it does not take an option, or an option does not hold.
    """
    form = None if is_database(to) else EXPORTS[to]
    opened = run if isinstance(run, Run) else open_run(Path(run))
    if form is None:
        given_options("a database", frozenset({"table"}), {"output": output, **options})
        written = export_table(opened, to, options.get("table") or "")
        return {"schema": 1, "format": written["database"].split(":")[0], **written}
    target = Path(output) if output is not None else Path(f"coterie-{opened.number}{form.suffix}")
    told = form(opened, target, **options)
    size = {} if form.several else {"bytes": target.stat().st_size}
    return {"schema": 1, "format": to, "path": str(target), **size, **told}
