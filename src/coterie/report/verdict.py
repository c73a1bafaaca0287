"""How far the segments can be trusted: one word, one sentence, and the checks behind them."""

from __future__ import annotations

from typing import Any

from coterie.report.format import Format
from coterie.report.gates import check, gate_words, listed

SLIGHT = 0.02
"""Below this share a segment is a handful of outliers, whoever chose the k."""
UNCHECKED = "This k has the highest mean silhouette, and nothing else was asked of it."


def verdict(run: dict[str, Any], words: Format) -> dict[str, Any]:
    """Say how sure the segments are: in one sentence, with a tone and the checks behind it."""
    sweep, sizes = run["sweep"], [int(one["customers"]) for one in run["segments"]["segments"]]
    chosen = next((one for one in sweep["candidates"] if one["n_clusters"] == sweep["n_clusters"]), None)
    checks = [check(gate, words) for gate in chosen["gates"]] if chosen else []
    tone, word, sentence = _tier(sweep, checks, bool(run["segments"].get("rfm")))
    outliers = f" Read {_customers(min(sizes), words)} as outliers, not as a group." if handful(sizes) else ""
    untested = [one["name"].lower() for one in checks if one["passed"] is None]
    return {
        "tone": tone,
        "word": word,
        "sentence": f"{sentence}{outliers}",
        "checks": checks,
        "untested": f"Not measured in this run: {listed(untested)}." if untested else "",
    }


def _tier(sweep: dict[str, Any], checks: list[dict[str, Any]], rfm: bool) -> tuple[str, str, str]:
    if not checks:
        beside = " RFM groups stand beside it." if rfm else ""
        return (
            "caution",
            "No segments",
            f"No k gives segments that come back, so the customers stay one group.{beside}",
        )
    failed = listed([_failure(one) for one in checks if one["passed"] is False])
    if sweep["chosen_by"] == "silhouette":
        return "caution", "Unchecked", f"{UNCHECKED} Beware: {failed}." if failed else UNCHECKED
    if sweep["verdict"] == "override":
        return (
            "caution" if failed else "good",
            "Set by hand",
            f"A person chose this k. {f'On its own merits, {failed}' if failed else _success(checks)}.",
        )
    if sweep["verdict"] == "pattern":
        return (
            "caution",
            "A pattern",
            f"The segments come back when customers are resampled, but {failed or 'not every check was met'}.",
        )
    return "good", "Reproducible", f"{_success(checks)}."


def _success(checks: list[dict[str, Any]]) -> str:
    met = [gate_words(one["gate"]).met for one in checks if one["passed"]]
    found = [phrase for phrase in met if phrase]
    return f"The segments come back {listed(found)}" if found else "Every segment is large enough to act on"


def _failure(one: dict[str, Any]) -> str:
    return f"{gate_words(one['gate']).failed} ({one['value']}, asked: {one['asked']})"


def handful(sizes: list[int]) -> bool:
    """Return whether the smallest segment is too few customers to be called a group.

    Examples
    --------
    >>> handful([4335, 3]), handful([60, 40])
    (True, False)
    """
    return len(sizes) > 1 and min(sizes) < SLIGHT * sum(sizes)


def _customers(number: int, words: Format) -> str:
    return "the one customer" if number == 1 else f"the {words.count(number)} customers"
