"""The gates a clustering must pass, by registration: a figure, what is asked of it, and a sentence where it falls short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coterie.recipe import Choice
from coterie.registry import Registry

if TYPE_CHECKING:
    from coterie.clustering.sweep import Candidate


@dataclass(frozen=True)
class Gate:
    """One demand on a clustering, judged: its figure, what was asked, and whether it was met (None: not measured)."""

    name: str
    value: float | None
    threshold: float
    passed: bool | None


@dataclass(frozen=True)
class Demand:
    """A gate before it is judged.

    Parameters
    ----------
    name : str
        Its key in the recipe's ``choice`` and in ``sweep.json``.
    meaning : str
        One sentence.
    figure : callable
        ``Candidate -> float or None``; higher is better.
    failed : callable
        ``(candidate, figure, threshold) -> str``: why it lost, for a marketer.
    pattern : str or None
        Key of the threshold that a pattern needs; None where a pattern needs nothing of it.
    reference : str
        Where it comes from.
    """

    name: str
    meaning: str
    figure: Callable[[Candidate], float | None]
    failed: Callable[[Candidate, float, float], str] = field(repr=False)
    pattern: str | None
    reference: str = ""

    def judge(self, candidate: Candidate, choice: Choice) -> Gate:
        """Return the gate of one candidate."""
        value, threshold = self.figure(candidate), float(getattr(choice, self.name))
        return Gate(self.name, value, threshold, None if value is None else value >= threshold)


GATES: Registry[Demand] = Registry("gate")


def _worst_refit(candidate: Candidate) -> float | None:
    refits = candidate.stability.refit_ari
    return min(refits.values()) if refits else None


def _prediction(candidate: Candidate) -> float | None:
    found = candidate.stability
    if found.prediction_strength is None or found.prediction_strength_se is None:
        return None
    return found.prediction_strength + found.prediction_strength_se


GATES.add(
    Demand(
        "smallest_share",
        "The smallest segment is substantial enough to act on.",
        lambda c: c.smallest_share,
        lambda c, figure, asked: (
            f"its smallest segment is {min(c.sizes):,} of {sum(c.sizes):,} customers ({figure:.2%}), "
            f"under {asked:.0%}: too few to act on"
        ),
        pattern="pattern_share",
    )
)
GATES.add(
    Demand(
        "jaccard",
        "Every segment comes back when customers are resampled.",
        lambda c: min(c.stability.jaccard) if c.stability.jaccard else None,
        lambda c, figure, asked: (
            f"one of its segments does not come back when customers are resampled (Jaccard {figure:.2f}, asked for {asked:.2f})"
        ),
        pattern="jaccard",
        reference="Hennig 2007, doi:10.1016/j.csda.2006.11.025",
    )
)
GATES.add(
    Demand(
        "seed_ari",
        "The answer is not the seed's.",
        lambda c: c.stability.seed_ari,
        lambda c, figure, asked: f"another seed groups the customers differently (ARI {figure:.2f}, asked for {asked:.2f})",
        pattern="seed_ari",
        reference="Hubert & Arabie 1985, doi:10.1007/BF01908075",
    )
)
GATES.add(
    Demand(
        "prediction_strength",
        "Customers held out are grouped alike.",
        _prediction,
        lambda c, figure, asked: (
            f"customers held out are grouped differently (prediction strength {figure:.2f}, asked for {asked:.2f})"
        ),
        pattern=None,
        reference="Tibshirani & Walther 2005, doi:10.1198/106186005X59243",
    )
)
GATES.add(
    Demand(
        "refit_ari",
        "Last month's segments are still there.",
        _worst_refit,
        lambda c, figure, asked: (
            f"a month later the segments are others (worst ARI of refits {figure:.2f}, asked for {asked:.2f})"
        ),
        pattern=None,
    )
)
