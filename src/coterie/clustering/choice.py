"""The choice of k: by verdict, then by detail; each k that lost says why in one sentence.

A k is *reproducible* where every gate passes; a *pattern* where its segments come back when customers are resampled, but their
borders move on new customers or over time; else nothing. The default is the largest k of at least 3 of the best verdict that has
one, then k = 2; where there is none, the customers stay one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coterie.clustering.algorithms import Array, Partition
from coterie.clustering.gates import GATES, Gate
from coterie.clustering.sweep import Candidate, Sweep, Verdict
from coterie.recipe import Choice

_RANK: tuple[Verdict, ...] = ("reproducible", "pattern")


def choose(
    candidates: Sequence[Candidate], points: Array, choice: Choice, k: int | None, notes: tuple[str, ...] = ()
) -> Sweep:
    """Pick one k and say why each other lost.

    Parameters
    ----------
    candidates : sequence of Candidate
        From `fit_candidates`.
    points : ndarray of shape (n_customers, n_features)
        Scaled features, for the single cluster where no k is good enough.
    choice : Choice
        Thresholds, and whether gates or the silhouette decide.
    k : int or None
        A person's choice, which overrides.
    notes : tuple of str
        Carried into the sweep.
    """
    notes += tuple(note for candidate in candidates for note in candidate.partition.notes)
    if not candidates:
        why = "No two groups of customers were found, so they stay one group."
        return Sweep((), single_cluster(points, why), choice.by, "none", why, notes)
    judged = [_judged(candidate, choice) for candidate in candidates]
    best = _winner(judged, choice)
    told = tuple(replace(c, why=_sentence(c, best, choice, judged)) for c in judged)
    if k is not None:
        chosen = next(c for c in told if c.n_clusters == k)
        why = f"A person asked for {k} segments. On its own merits: {chosen.why}"
        return Sweep(told, chosen, "user", "override", why, notes)
    if best is None:
        tried = f"No k from {told[0].n_clusters} to {told[-1].n_clusters}"
        why = f"{tried} gives segments that come back, so the customers stay one group."
        return Sweep(told, single_cluster(points, why), "gates", "none", why, notes)
    chosen = next(c for c in told if c.n_clusters == best.n_clusters)
    return Sweep(told, chosen, choice.by, chosen.verdict, chosen.why, notes)


def single_cluster(points: Array, why: str) -> Candidate:
    """Return everybody as one cluster."""
    center = points.mean(axis=0, keepdims=True)
    inertia = float(((points - center) ** 2).sum())
    partition = Partition(np.zeros(len(points), dtype=np.int32), center, inertia)
    return Candidate(1, partition, (len(points),), {"inertia": inertia}, (), why=why)


def _judged(candidate: Candidate, choice: Choice) -> Candidate:
    gates = tuple(demand.judge(candidate, choice) for demand in GATES)
    passed = all(gate.passed is not False for gate in gates)
    pattern = all(
        demand.pattern is None or gate.value is None or gate.value >= getattr(choice, demand.pattern)
        for demand, gate in zip(GATES, gates, strict=True)
    )
    verdict: Verdict = "reproducible" if passed else "pattern" if pattern else "none"
    return replace(candidate, gates=gates, passed=passed, verdict=verdict)


def _winner(candidates: Sequence[Candidate], choice: Choice) -> Candidate | None:
    if choice.by == "silhouette":
        return max(candidates, key=lambda c: (c.scores["silhouette"], -c.n_clusters))
    # Two segments say little: k = 2 wins only where nothing larger does, under any verdict.
    for many in (True, False):
        for verdict in _RANK:
            of_verdict = [c for c in candidates if c.verdict == verdict and (c.n_clusters > 2) == many]
            if of_verdict:
                return max(of_verdict, key=lambda c: c.n_clusters)
    return None


def _sentence(candidate: Candidate, best: Candidate | None, choice: Choice, all_of_them: Sequence[Candidate]) -> str:
    if choice.by == "silhouette":
        return _silhouette_sentence(candidate, best)
    failed = [(demand, gate) for demand, gate in zip(GATES, candidate.gates, strict=True) if gate.passed is False]
    shortfall = ""
    if failed:
        demand, gate = failed[0]
        assert gate.value is not None, "a gate that failed was measured"
        shortfall = demand.failed(candidate, gate.value, gate.threshold)
    if best is not None and candidate.n_clusters == best.n_clusters:
        return _winning_sentence(candidate, shortfall, all_of_them)
    if shortfall:
        return f"Lost: {shortfall}."
    assert best is not None, "a candidate that passes leaves a winner"
    return f"Lost: it passes every gate, but k = {best.n_clusters} passes too and tells more customers apart."


def _winning_sentence(candidate: Candidate, shortfall: str, all_of_them: Sequence[Candidate]) -> str:
    figures = ", ".join(f"{_SHORT[gate.name]} {_figure(gate)}" for gate in candidate.gates if gate.value is not None)
    if candidate.verdict == "reproducible":
        return f"Chosen: the largest k that passes every gate ({figures})."
    safer = any(c.n_clusters == 2 and c.verdict == "reproducible" for c in all_of_them)
    beside = " k = 2 passes every gate: the safer answer." if safer else ""
    return f"Chosen as a pattern: its segments come back when customers are resampled, but {shortfall}.{beside}"


_SHORT = {
    "smallest_share": "smallest segment", "jaccard": "worst Jaccard", "seed_ari": "seed agreement",
    "prediction_strength": "prediction strength", "refit_ari": "monthly refits",
}  # fmt: skip


def _figure(gate: Gate) -> str:
    assert gate.value is not None, "only measured gates are told"
    return f"{gate.value:.1%}" if gate.name.endswith("share") else f"{gate.value:.2f}"


def _silhouette_sentence(candidate: Candidate, best: Candidate | None) -> str:
    assert best is not None, "the silhouette always has a highest"
    own = candidate.scores["silhouette"]
    if candidate is best:
        small = (
            ""
            if candidate.gates[0].passed
            else f" Beware: its smallest segment is {min(candidate.sizes):,} of {sum(candidate.sizes):,} customers."
        )
        return f"Chosen: the highest mean silhouette, {own:.3f}.{small}"
    return f"Lost: mean silhouette {own:.3f} against {best.scores['silhouette']:.3f} at k = {best.n_clusters}."
