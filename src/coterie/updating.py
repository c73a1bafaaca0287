"""The story of an update: new lines in, the latest run's customers brought up to them, its frozen model, a new run out."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.aside import Aside
from coterie.deliveries.checked import checked
from coterie.engines import open_engine
from coterie.errors import BusyError, RunError
from coterie.runs import Run, one_at_a_time, open_run, reserve

if TYPE_CHECKING:
    from coterie.deliveries.together import Together
    from coterie.republish import Earlier

Progress = Callable[[str, int, int], None]


def update(
    runs: str | Path,
    new: Any,
    *,
    as_of: str | datetime.date | None = None,
    progress: Progress | None = None,
    created: str | None = None,
    memory_limit: str | None = None,
    **reading: Any,
) -> Run:
    """Add newly delivered lines to the latest run and publish its customers anew, in the segments of its frozen model.

    Parameters
    ----------
    runs : path
        Folder of runs, whose latest was made with ``keep_parts=True``, or is an update itself.
    new : path, frame, or sequence of them
        The delivery: late lines, returns of old orders and lines delivered before among them, as they come.
    as_of : date, optional
        The day the answer is for; default the day after the last line.
    progress : callable, optional
        Told ``(stage, done, total)``.
    created : str, optional
        Time stamp for the manifest; the clock is never read.
    memory_limit : str, optional
        Of the engine.
    **reading
        Keys of the recipe's ``reading`` for this delivery, such as ``date_format``.

    Returns
    -------
    Run
        The new run. Its customers are what a run on all deliveries would have. Where all of it was delivered before, the latest run
        as it is, with that as its ``caution``.

    Raises
    ------
    CoterieError
        If the latest run has no parts, or the delivery's columns are others or would be read otherwise.

    Examples
    --------
    >>> import tempfile
    >>> import coterie as ct
    >>> folder, lines = tempfile.mkdtemp(), ct.simulate(80, seed=1).lines
    >>> earlier, later = lines.slice(0, 900), lines.slice(900)
    >>> first = ct.run(earlier, k=2, out=folder, keep_parts=True, choice={"n_bootstrap": 0, "n_months": 0})
    >>> second = ct.update(folder, later)
    >>> second.number, second.manifest["updated_from"], second.ledger["lines"]["read"] == lines.num_rows
    ('000002', '000001', True)
    """
    told = progress or (lambda stage, done, total: None)
    root = open_run(runs).path.resolve().parent
    # Files are hashed and the engine is opened while the rest is imported: both leave Python idle.
    threading.Thread(target=_import_ahead, daemon=True).start()
    with one_at_a_time(root), checked(open_run(root)) as base, open_engine(memory_limit=memory_limit) as engine:
        from coterie.deliveries.arrival import own_warnings, read_before, read_delivery, undelivered
        from coterie.deliveries.parts import new_lines
        from coterie.deliveries.together import bring_up
        from coterie.recipe import Recipe

        _refuse_unfit(base, Path(runs))
        fresh, again = undelivered(new, base)
        if not fresh:
            return _as_it_was(base, again)
        recipe = Recipe.model_validate(base.manifest["recipe"])
        with reserve(root) as reserved, Aside(engine.close) as aside:
            earlier = aside.call(_get_ready, base)
            told("reading", 0, 0)
            read = read_delivery(engine, fresh, base, recipe, reading)
            if all_known := read_before(read, base):
                return _as_it_was(base, all_known)
            recipe = recipe.override({"as_of": as_of})
            lines = new_lines(engine, base, read)
            told("cleaning", 0, 0)
            all_of_it = bring_up(engine, aside, reserved, base, lines, recipe)
            told("features", len(all_of_it.customers.ids), len(all_of_it.customers.ids))
            told("publishing", 0, 0)
            # Imported ahead.
            from coterie.republish import Updated, publish_update

            about = {
                "inputs": [*base.manifest["inputs"], *(asdict(one) for one in read.inputs)],
                "created": created,
                "warnings": list(dict.fromkeys([*base.manifest["warnings"], *again, *own_warnings(engine, read)])),
                "parts": all_of_it.parts,
            }
            delivered = {
                "lines": sum(one.records for one in read.inputs),
                "customers_touched": all_of_it.found.touched,
                "whole": all_of_it.found.everybody,
            }
            now = Updated(recipe, all_of_it, base.model, earlier.result())
            published = publish_update(engine, aside, reserved, base, now, about, delivered, _whole(base, all_of_it))
    return open_run(published)


def _import_ahead() -> None:
    for name in ("coterie.deliveries.together", "coterie.deliveries.arrival"):
        import_module(name)


def _as_it_was(base: Run, why: list[str]) -> Run:
    return Run(base.path, base.manifest, " ".join(why))


def _refuse_unfit(base: Run, asked: Path) -> None:
    if (asked / "manifest.json").is_file() and asked.resolve() != base.path.resolve():
        raise RunError(
            f"Run {asked.name} is not the latest.",
            found=f"run {base.number}.",
            fix=f"coterie update {asked.parent} FILE",
            code="not_latest",
        )
    from coterie.deliveries.parts import LAYOUT

    if base.manifest.get("parts", {}).get("layout") != LAYOUT:
        raise RunError(
            f"Run {base.number} keeps no parts to which lines could be added.",
            found="parts of another version's layout." if "parts" in base.manifest else "a run that was made without them.",
            fix="coterie run FILES --keep-parts, once, on all that was delivered so far.",
            code="no_parts",
        )


def _get_ready(base: Run) -> Earlier:
    """Import what comes after the lines, and make what depends on none, while the engine reads: it leaves Python idle."""
    for name in ("pyarrow.compute", "coterie.segments.reasons"):
        import_module(name)
    from coterie.report import get_ready
    from coterie.republish import read_earlier

    get_ready()
    return read_earlier(base)


def _whole(base: Run, found: Together) -> Callable[[], None]:
    """Return the last check before a run is published: every file is written, and the run that it goes on from is the latest."""

    def check() -> None:
        for one in found.written:
            one.result()
        if (now := open_run(base.path.parent)).path != base.path:
            raise BusyError(
                f"{base.path.parent} has moved on.",
                found=f"run {now.number}, published while run {base.number} was being updated.",
                fix="update again.",
                code="overtaken",
            )

    return check
