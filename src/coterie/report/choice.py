"""Why this k: the verdict in words, and every k beside it."""

from __future__ import annotations

from typing import Any

from coterie.report.format import Format

WORDS = {
    "smallest_share": "Smallest segment",
    "seed_ari": "Seed agreement",
    "silhouette": "Silhouette",
    "silhouette_macro": "Macro silhouette",
    "calinski_harabasz": "Calinski-Harabasz",
    "davies_bouldin": "Davies-Bouldin",
    "inertia": "Inertia",
}
MEANINGS = {
    "smallest_share": "share of customers in the smallest segment",
    "seed_ari": "adjusted Rand index between seeds, the worst",
    "silhouette": "mean over customers; higher is better",
    "silhouette_macro": "mean over segments; higher is better",
    "calinski_harabasz": "spread between over spread within; higher is better",
    "davies_bouldin": "overlap of neighbours; lower is better",
    "inertia": "squared distances to the centres; falls with every k",
}
NUMERALS = dict(
    enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
)
SHARES = {"smallest_share"}
SLIGHT = 0.02
"""Below this share a segment is a handful of outliers, whoever chose the k."""


def verdict(run: dict[str, Any], words: Format) -> dict[str, Any]:
    """Say how sure the segments are: in one sentence, with a tone and the checks behind it."""
    sweep, sizes = run["sweep"], [int(one["customers"]) for one in run["segments"]["segments"]]
    chosen = next((one for one in sweep["candidates"] if one["n_clusters"] == sweep["n_clusters"]), None)
    checks = [check(gate, words) for gate in chosen["gates"]] if chosen else []
    failed, tested = (
        [one for one in checks if one["passed"] is False],
        [one for one in checks if one["passed"] is not None],
    )
    outliers = f" Read {_customers(min(sizes), words)} as outliers, not as a group." if handful(sizes) else ""
    said_by = "A person set this k. " if sweep["chosen_by"] == "user" else ""
    if chosen is None:
        tone, word, sentence = "caution", "No segments", "No k was good enough, so the customers stay one group."
    elif sweep["chosen_by"] == "silhouette":
        tone, word, sentence = (
            "caution",
            "Unchecked",
            "This k has the highest mean silhouette, and nothing else was asked of it.",
        )
    elif failed:
        short = " and ".join(f"{one['name'].lower()} {one['value']} (asked: {one['asked']})" for one in failed)
        tone, word, sentence = "caution", "Weak", f"It falls short: {short}."
    elif not tested:
        tone, word, sentence = "caution", "Unchecked", "No check was run on it."
    else:
        passed = ", ".join(f"{one['name'].lower()} {one['value']}" for one in tested)
        tone, word, sentence = "good", "Checks passed", f"{passed[0].upper()}{passed[1:]}."
    resampled = any("jaccard" in gate["gate"] or "strength" in gate["gate"] for gate in (chosen or {}).get("gates", []))
    return {
        "tone": tone,
        "word": word,
        "sentence": f"{said_by}{sentence}{outliers}",
        "checks": checks,
        "untested": ""
        if resampled or chosen is None
        else "This run has not tested whether the segments come back when customers are resampled.",
    }


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


def check(gate: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return one gate with its figure and its threshold in words."""
    write, passed = writer(gate["gate"], words), gate["passed"]
    asked = words.share(gate["threshold"]) if write == words.share else words.number(gate["threshold"])
    return {
        "name": name_of(gate["gate"]),
        "value": write(gate["value"]),
        "asked": asked,
        "passed": passed,
        "fate": "untested" if passed is None else "passed" if passed else "failed",
    }


def name_of(metric: str) -> str:
    """Return a score's or gate's name in words."""
    return WORDS.get(metric, metric.replace("_", " ").capitalize())


def writer(metric: str, words: Format) -> Any:
    """Return the way a metric's figures are written."""
    return words.share if metric in SHARES or metric.endswith("_share") else words.score


def candidates(sweep: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return the table of every k: the columns that any k has a figure for, the rows, the sentence on the choice."""
    rows = sorted(sweep["candidates"], key=lambda one: one["n_clusters"])
    columns = [
        name
        for name in (
            "silhouette",
            "silhouette_macro",
            "smallest_share",
            "seed_ari",
            "calinski_harabasz",
            "davies_bouldin",
            "inertia",
        )
        if any(one.get(name) is not None for one in rows)
    ]
    return {
        "why": sweep["why"],
        "n_clusters": sweep["n_clusters"],
        "word": NUMERALS.get(sweep["n_clusters"], str(sweep["n_clusters"])),
        "columns": [{"name": WORDS[name], "meaning": MEANINGS[name]} for name in columns],
        "rows": [
            {
                "n_clusters": one["n_clusters"],
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "passed": bool(one["passed"]),
                "figures": [writer(name, words)(one.get(name)) for name in columns],
                "why": one["why"],
            }
            for one in rows
        ],
    }


def panels(sweep: dict[str, Any], words: Format) -> list[dict[str, Any]]:
    """Return one drawing a score: the gates first, with their thresholds, then the scores that decide nothing."""
    rows = sorted(sweep["candidates"], key=lambda one: one["n_clusters"])
    gates: dict[str, float] = {}
    for one in rows:
        for gate in one.get("gates") or []:
            gates.setdefault(gate["gate"], gate["threshold"])
    scores = [
        name
        for name in (
            "smallest_share",
            "silhouette",
            "silhouette_macro",
            "calinski_harabasz",
            "davies_bouldin",
            "inertia",
        )
        if name not in gates
    ]
    drawn = [_panel(name, sweep, rows, threshold, words) for name, threshold in gates.items()]
    drawn += [_panel(name, sweep, rows, None, words) for name in scores]
    return [panel for panel in drawn if sum(row["value"] is not None for row in panel["rows"]) > 1]


def _panel(
    name: str, sweep: dict[str, Any], rows: list[dict[str, Any]], threshold: float | None, words: Format
) -> dict[str, Any]:
    write, points = writer(name, words), []
    for one in rows:
        gate = next((gate for gate in one.get("gates") or [] if gate["gate"] == name), None)
        value = gate["value"] if gate else one.get(name)
        points.append(
            {
                "n_clusters": one["n_clusters"],
                "value": value,
                "label": write(value),
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "passed": gate["passed"] if gate else one["passed"],
            }
        )
    own = next((point["label"] for point in points if point["chosen"]), "")
    asked = "" if threshold is None else words.share(threshold) if write == words.share else words.number(threshold)
    return {
        "name": f"score_{name}",
        "title": f"{name_of(name)}: {own} at k = {sweep['n_clusters']}" if own else name_of(name),
        "rows": points,
        "threshold": threshold,
        "note": (f"asked: {asked} or more; " if asked else "") + MEANINGS.get(name, "a gate of this recipe"),
        "format": "~%" if write == words.share else "~s" if name in {"calinski_harabasz", "inertia"} else "~f",
    }
