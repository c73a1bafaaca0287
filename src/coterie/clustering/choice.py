"""The choice of k: gates first, then detail; each k that lost says why in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coterie.clustering.algorithms import Array, Partition
from coterie.clustering.sweep import Candidate, Gate, Sweep
from coterie.recipe import Choice


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
    gated = [_with_gates(candidate, choice) for candidate in candidates]
    floor = _floor(gated, choice)
    best = _winner(gated, choice, floor)
    told = tuple(replace(c, why=_sentence(c, best, choice, floor)) for c in gated)
    if k is not None:
        chosen = next(c for c in told if c.n_clusters == k)
        return Sweep(told, chosen, "user", f"A person asked for {k} segments. On its own merits: {chosen.why}", notes)
    if best is None:
        why = f"No k from {told[0].n_clusters} to {told[-1].n_clusters} passes every gate, so the customers stay one group."
        return Sweep(told, single_cluster(points, why), "gates", why, notes)
    chosen = next(c for c in told if c.n_clusters == best.n_clusters)
    return Sweep(told, chosen, choice.by, chosen.why, notes)


def _with_gates(candidate: Candidate, choice: Choice) -> Candidate:
    gates = tuple(
        Gate(name, value, threshold, None if value is None else value >= threshold)
        for name, value, threshold in (
            ("smallest_share", candidate.smallest_share, choice.smallest_share),
            ("seed_ari", candidate.seed_ari, choice.seed_ari),
        )
    )
    return replace(candidate, gates=gates, passed=all(gate.passed is not False for gate in gates))


def _floor(candidates: Sequence[Candidate], choice: Choice) -> float:
    """Return the lowest macro silhouette that is still near the best of the passing ks."""
    passing = [c.scores["silhouette_macro"] for c in candidates if c.passed]
    if not passing:
        return -1.0
    return max(passing) - choice.macro_within * abs(max(passing))


def _winner(candidates: Sequence[Candidate], choice: Choice, floor: float) -> Candidate | None:
    if choice.by == "silhouette":
        return max(candidates, key=lambda c: (c.scores["silhouette"], -c.n_clusters))
    good = [c for c in candidates if c.passed and c.scores["silhouette_macro"] >= floor]
    return max(good, key=lambda c: c.n_clusters, default=None)


def _sentence(candidate: Candidate, best: Candidate | None, choice: Choice, floor: float) -> str:
    if choice.by == "silhouette":
        return _silhouette_sentence(candidate, best)
    failed = [gate for gate in candidate.gates if gate.passed is False]
    if failed:
        return _FAILED[failed[0].name](candidate, failed[0])
    macro = candidate.scores["silhouette_macro"]
    if macro < floor:
        return (
            f"Lost: its segments are less distinct (macro silhouette {macro:.3f}) than the {floor:.3f} "
            f"that lies within {choice.macro_within:.0%} of the best passing k."
        )
    if candidate is best:
        seeds = "" if candidate.seed_ari is None else f", other seeds agree (ARI {candidate.seed_ari:.2f})"
        return (
            f"Chosen: the largest k that passes every gate; its smallest segment holds {candidate.smallest_share:.1%} of the "
            f"customers{seeds}, macro silhouette {macro:.3f}."
        )
    assert best is not None, "a candidate that passes leaves a winner"
    return f"Lost: it passes every gate, but k = {best.n_clusters} passes too and tells more customers apart."


def _silhouette_sentence(candidate: Candidate, best: Candidate | None) -> str:
    assert best is not None, "the silhouette always has a highest"
    own = candidate.scores["silhouette"]
    if candidate is best:
        small = (
            ""
            if candidate.gates[0].passed
            else (f" Beware: its smallest segment is {min(candidate.sizes):,} of {sum(candidate.sizes):,} customers.")
        )
        return f"Chosen: the highest mean silhouette, {own:.3f}.{small}"
    return f"Lost: mean silhouette {own:.3f} against {best.scores['silhouette']:.3f} at k = {best.n_clusters}."


_FAILED = {
    "smallest_share": lambda c, gate: (
        f"Lost: its smallest segment is {min(c.sizes):,} of {sum(c.sizes):,} customers ({gate.value:.2%}), "
        f"under {gate.threshold:.0%}: too few to act on."
    ),
    "seed_ari": lambda c, gate: (
        f"Lost: another seed groups the customers differently (ARI {gate.value:.2f}, asked for {gate.threshold:.2f})."
    ),
}


def single_cluster(points: Array, why: str) -> Candidate:
    """Return everybody as one cluster."""
    center = points.mean(axis=0, keepdims=True)
    inertia = float(((points - center) ** 2).sum())
    partition = Partition(np.zeros(len(points), dtype=np.int32), center, inertia)
    return Candidate(1, partition, (len(points),), {"inertia": inertia}, (), None, why=why)
