"""The checks of a clustering in words: what each asks, in a line that needs no statistics, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coterie.report.format import Format


@dataclass(frozen=True)
class Words:
    """One check in words.

    Parameters
    ----------
    name, term : str
        For everybody, and for those who know the literature.
    meaning : str
        The line of the glossary.
    met : str
        Where the segments were found again, ending a sentence.
    failed : str
        What went wrong, inside a sentence.
    """

    name: str
    term: str
    meaning: str
    met: str
    failed: str


GATES = {
    "smallest_share": Words(
        "Smallest segment",
        "share of customers",
        "Too small a group is not worth a campaign, and may be a few outliers.",
        "",
        "the smallest is too few customers to act on",
    ),
    "jaccard": Words(
        "Resampled customers",
        "worst Jaccard",
        "Customers are drawn anew many times and grouped from scratch: how much of a segment comes back. 1 is all of it; "
        "the figure is that of the worst segment.",
        "when customers are resampled",
        "not every segment comes back when customers are resampled",
    ),
    "seed_ari": Words(
        "Other starts",
        "worst ARI of seeds",
        "The search starts at random: how alike the answers of other starts are. 1 is the same answer, 0 no more alike "
        "than by chance.",
        "from other starts",
        "another start groups the customers differently",
    ),
    "prediction_strength": Words(
        "Customers held out",
        "prediction strength",
        "Half of the customers is grouped without the other half: how many of those who belong together still do in the "
        "other half’s eyes, in the worst segment. 1 is all; one standard error is added.",
        "for customers held out",
        "their borders move on new customers",
    ),
    "refit_ari": Words(
        "Earlier months",
        "worst ARI of refits",
        "The same recipe, as it would have run at earlier month ends: how alike its answer is to the next month’s. 1 is the "
        "same answer; the figure is that of the worst month.",
        "from month to month",
        "their borders move from month to month",
    ),
}


def gate_words(gate: str) -> Words:
    """Return a check's words; one that is not known here has its own name."""
    name = gate.replace("_", " ")
    return GATES.get(gate) or Words(
        name.capitalize(), name, "A check of this recipe.", f"by {name}", f"{name} falls short"
    )


def check(gate: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return one gate with its figure and its threshold in words."""
    said, passed, write = gate_words(gate["gate"]), gate["passed"], writer(gate["gate"], words)
    return {
        "gate": gate["gate"],
        "name": said.name,
        "term": said.term,
        "meaning": said.meaning,
        "value": write(gate["value"]),
        "asked": asked(gate["gate"], gate["threshold"], words),
        "passed": passed,
        "fate": "not measured" if passed is None else "passed" if passed else "failed",
        "key": "untested" if passed is None else "passed" if passed else "failed",
    }


def asked(gate: str, threshold: float, words: Format) -> str:
    """Return a threshold in words."""
    return words.share(threshold) if _is_share(gate) else words.number(threshold)


def writer(metric: str, words: Format) -> Any:
    """Return the way a metric's figures are written."""
    return words.share if _is_share(metric) else words.score


def listed(phrases: list[str]) -> str:
    """Return phrases as one enumeration.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


def _is_share(metric: str) -> bool:
    return metric.endswith("_share")
