"""The answer to a recipe's question: the sweep, the choice and what it hangs on, the segments and the model."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coterie import preparation
from coterie.aside import Aside
from coterie.cleaning import Cleaned, lines_of
from coterie.clustering import ALGORITHMS, Month, Sweep, calibrate, choose, feasible_ks, fit_candidates, not_given
from coterie.engines import Engine, column
from coterie.errors import ClusteringError
from coterie.features import Customers
from coterie.history import earlier_months
from coterie.lifetime import Foresight, Outlook, foresee, look_ahead, read_evidence
from coterie.model import FULLY_RETURNED, SegmentModel
from coterie.preparation import Prepared, drawn, prepare
from coterie.recipe import Recipe
from coterie.segments import Segment, describe, tops
from coterie.segments.identity import RETURNED, Lineage, inherit
from coterie.segments.migration import Standing
from coterie.segments.rules import Rules, find_rules
from coterie.sensitivity import neighbours, sensitivity, without_netting
from coterie.sources.saved import saved
from coterie.versions import versions

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Answer:
    """All that a run publishes.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    as_of : date
        The day the answer is for.
    cleaned : Cleaned
        Lines and ledger.
    prepared : Prepared
        Customers, features and scale.
    sweep : Sweep
        Every k and the choice.
    beside : dict
        ``neighbours``, ``sensitivity`` and ``calibration`` of the choice.
    population : dict
        All customers, profiled.
    segments : list of Segment
        By cluster.
    model : SegmentModel
        Frozen.
    rules : Rules or None
        What finds the segments' customers again; None where there is one segment.
    outlook : Outlook or None
        What customers are expected to bring; None where the recipe does without.
    """

    recipe: Recipe
    as_of: datetime.date
    cleaned: Cleaned
    prepared: Prepared
    sweep: Sweep
    beside: dict[str, Any]
    population: dict[str, Any]
    segments: list[Segment]
    model: SegmentModel
    rules: Rules | None
    outlook: Outlook | None

    @property
    def customers(self) -> Customers:
        """Everybody, with their features."""
        return self.prepared.customers


class Everybody(preparation.Everybody, Protocol):
    """All customers, of whom a part is clustered here."""

    @property
    def about(self) -> dict[str, Any]:
        """What there is to tell of them, once settled."""

    def settled(self, prepared: Prepared, sweep: Sweep) -> Sweep:
        """Move the chosen centres to where everybody has them."""

    def counted(self, population: dict[str, Any], segments: Sequence[Segment]) -> tuple[dict[str, Any], list[Segment]]:
        """Give segments the sizes that everybody has."""


def find_answer(
    engine: Engine, aside: Aside, cleaned: Cleaned, customers: Customers, recipe: Recipe, as_of: datetime.date, told: Progress,
    like: Lineage | None = None, everybody: Everybody | None = None, once_chosen: Callable[[], object] = lambda: None,
) -> Answer:  # fmt: skip
    """Cluster customers for every k, choose one, and describe what was chosen; what needs only the engine is made aside.

    Where the customers are a part of ``everybody``, scale, chosen centres and sizes are theirs. Once the choice is made,
    ``once_chosen`` is called, for work of the engine that may wait until then: from there on, a processor has little to do.
    """
    _refuse_nothing(cleaned)
    prepared = prepare(customers, recipe, everybody)
    part = drawn(prepared, recipe.clustering.random_state)
    own = aside.call(lines_of, cleaned, part.customers.ids) if part.rows is not None else None
    months = aside.call(lambda: earlier_months(engine, own.result() if own else cleaned, part, recipe, as_of))
    gross = aside.call(lambda: without_netting(engine, own.result() if own else cleaned, part, recipe, as_of))
    foresight = aside.call(lambda: _foreseen(engine, cleaned, prepared, part, own.result() if own else cleaned, recipe, as_of))
    sweep = _swept(prepared, recipe, months.result, told)
    if own:
        tried = f"{len(part.customers.ids):,} of {len(customers.ids):,} customers, drawn at random"
        note = f"Earlier months, other decisions and the forecast were tried, rules sought and top products counted on {tried}."
        sweep = replace(sweep, notes=(*sweep.notes, note))
    if everybody:
        sweep = everybody.settled(prepared, sweep)
    buying = customers.buying
    labels = sweep.chosen.partition.labels
    seen = part.customers.ids[part.customers.buying], labels if part.rows is None else labels[part.rows]
    bought = (own.result() if own else cleaned).table
    top = aside.call(tops, cleaned.engine, bought, cleaned.lines.available, *seen, n_clusters=int(labels.max()) + 1)
    once_chosen()
    calibration = calibrate(prepared.points, sweep.chosen, recipe.clustering, recipe.choice, sweep.verdict)
    beside = {
        "neighbours": neighbours(sweep.candidates, sweep.chosen),
        "sensitivity": sensitivity(part, sweep.chosen, recipe, gross.result()),
        "calibration": calibration.as_dict() if calibration else None,
        **({"everybody": everybody.about} if everybody else {}),
    }
    population, segments = describe(
        {name: values[buying] for name, values in customers.columns.items()},
        labels,
        published=customers.plan.published,
        currency=recipe.reading.currency,
    )
    if everybody:
        population, segments = everybody.counted(population, segments)
    handed: dict[str, Any] = {}
    if like:
        segments, handed, note = inherit(segments, _standing(customers, segments, labels), like)
        sweep = replace(sweep, notes=(*sweep.notes, note))
    told("segments", len(segments), len(segments))
    model = _model(prepared, sweep, segments, recipe, as_of, sorted(one.sha256 for one in cleaned.lines.inputs), handed)
    rules = find_rules(
        {name: customers.columns[name][buying] for name in model.features},
        labels,
        prepared.ranges(),
        [column.function for column in prepared.scaling.columns],
        [segment.segment_id for segment in segments],
        part.rows,
    )
    ahead = foresight.result()
    outlook = look_ahead(ahead, labels, recipe) if ahead else None
    segments = [replace(segment, top=top.result()[segment.cluster]) for segment in segments]
    return Answer(recipe, as_of, cleaned, prepared, sweep, beside, population, segments, model, rules, outlook)


def _standing(customers: Customers, segments: Sequence[Segment], labels: NDArray[np.int32]) -> Standing:
    """Return where everybody stands, those who kept nothing after the last segment."""
    place = np.full(len(customers.ids), len(segments), dtype=np.intp)
    place[customers.buying] = labels
    places = (*((one.segment_id, one.name) for one in segments), (RETURNED, FULLY_RETURNED))
    return Standing(column(customers.ids), places, place, None)


def _foreseen(
    engine: Engine, cleaned: Cleaned, prepared: Prepared, part: Prepared, own: Cleaned, recipe: Recipe, as_of: datetime.date
) -> Foresight | None:
    evidence = read_evidence(engine, cleaned, prepared, part, own, recipe, as_of)
    return foresee(evidence, recipe) if evidence else None


def _refuse_nothing(cleaned: Cleaned) -> None:
    """Refuse lines of which none is left, by the rule that set most of them aside."""
    ledger = cleaned.ledger
    aside = [entry for entry in ledger.entries if entry.outcome == "quarantined" and entry.lines]
    if ledger.lines["kept"] or not aside:
        return
    most = max(aside, key=lambda entry: entry.lines)
    raise ClusteringError(
        f"Not one of {ledger.lines['read']:,} lines counts.",
        found=f"{most.lines:,} quarantined as {most.rule}: {most.meaning}",
        fix=most.fix,
        code="too_few",
    )


def _swept(prepared: Prepared, recipe: Recipe, months: Callable[[], Sequence[Month]], told: Progress) -> Sweep:
    part, points = recipe.clustering, prepared.points
    ks, notes = feasible_ks(points, part, recipe.k)
    candidates = fit_candidates(points, prepared.value, part, recipe.choice, ks, told, months)
    notes += not_given(ks, [candidate.n_clusters for candidate in candidates], part, recipe.k)
    return choose(candidates, points, recipe.choice, recipe.k, notes)


def _model(
    prepared: Prepared, sweep: Sweep, segments: list[Segment], recipe: Recipe, as_of: datetime.date, data: list[str],
    handed: dict[str, Any],
) -> SegmentModel:  # fmt: skip
    return SegmentModel.from_parts(
        features=prepared.ranges(),
        scaling=prepared.scaling,
        centers=sweep.chosen.partition.centers,
        segments=[(segment.segment_id, segment.name) for segment in segments],
        about={
            "recipe": saved(recipe),
            "as_of": as_of.isoformat(),
            "algorithm": recipe.clustering.algorithm,
            "chosen_by": sweep.chosen_by,
            "verdict": sweep.verdict,
            "data": data,
            "versions": versions(),
            **handed,
        },
        assigns=len(segments) == 1 or ALGORITHMS[recipe.clustering.algorithm].can_predict,
    )
