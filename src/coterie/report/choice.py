"""Why this k: every k beside it, with its checks, its scores and its segments."""

from __future__ import annotations

from typing import Any

from coterie.report.format import NOTHING, Format
from coterie.report.gates import asked, check, gate_words, listed, writer

SCORES = {
    "silhouette": ("Silhouette", "mean over customers; higher is better"),
    "silhouette_macro": ("Macro silhouette", "mean over segments; higher is better"),
    "calinski_harabasz": ("Calinski-Harabasz", "spread between over spread within; higher is better"),
    "davies_bouldin": ("Davies-Bouldin", "overlap of neighbours; lower is better"),
    "inertia": ("Inertia", "squared distances to the centres; falls with every k"),
    "bic": ("BIC", "Bayesian information criterion; lower is better"),
    "noise_share": ("Noise", "share of customers in no dense region"),
}
NUMERALS = dict(
    enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
)


def candidates(sweep: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return the tables of every k: its checks and why it won or lost, its scores, and its segments."""
    rows, scores = _by_k(sweep), _scores(sweep)
    gates = [gate_words(gate["gate"]) for gate in rows[0]["gates"]] if rows else []
    return {
        "why": words.retold(sweep["why"]),
        "n_clusters": sweep["n_clusters"],
        "word": NUMERALS.get(sweep["n_clusters"], str(sweep["n_clusters"])),
        "title": _title(sweep, words),
        "by_silhouette": sweep["chosen_by"] == "silhouette",
        "resampled": any(one.get("jaccard") for one in rows),
        "sampled": any(one.get(f"{name}_interval") for one in rows for name in scores),
        "gates": [{"name": one.name, "term": one.term} for one in gates],
        "scores": [{"name": SCORES[name][0], "meaning": SCORES[name][1]} for name in scores],
        "rows": [
            {
                "n_clusters": one["n_clusters"],
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "checks": [check(gate, words) for gate in one["gates"]],
                "scores": [_figure(one, name, words) for name in scores],
                "segments": _segments(one, words),
                "why": words.retold(one["why"]),
            }
            for one in rows
        ],
    }


def _title(sweep: dict[str, Any], words: Format) -> str:
    tried = sweep["candidates"]
    passing = sorted(one["n_clusters"] for one in tried if one["passed"])
    of = f"of {words.count(len(tried))} ks that were tried"
    every = "every check" if all(gate["value"] is not None for one in tried for gate in one["gates"]) else "what was measured"
    if len(tried) == 1:
        return f"The only k that was tried {'passes' if passing else 'does not pass'} {every}"
    if not passing:
        return f"None {of} passes {every}"
    verb = "passes" if len(passing) == 1 else "pass"
    return f"{words.count(len(passing))} {of} {verb} {every}: {listed([str(k) for k in passing])}"


def panels(sweep: dict[str, Any], words: Format) -> dict[str, list[dict[str, Any]]]:
    """Return one drawing a gate and one a score, each over every k: those that two ks or more have a figure for."""
    thresholds = {gate["gate"]: gate["threshold"] for one in _by_k(sweep) for gate in one["gates"]}
    drawn = {
        "gates": [_panel(name, sweep, threshold, words) for name, threshold in thresholds.items()],
        "scores": [_panel(name, sweep, None, words) for name in _scores(sweep)],
    }
    return {
        kind: [one for one in some if sum(row["value"] is not None for row in one["rows"]) > 1]
        for kind, some in drawn.items()
    }


def _panel(name: str, sweep: dict[str, Any], threshold: float | None, words: Format) -> dict[str, Any]:
    write, points = writer(name, words), []
    for one in _by_k(sweep):
        gate = next((gate for gate in one["gates"] if gate["gate"] == name), None)
        value = gate["value"] if gate else one.get(name)
        low, high = one.get(f"{name}_interval") or (None, None)
        points.append(
            {
                "n_clusters": one["n_clusters"],
                "value": value,
                "low": low,
                "high": high,
                "label": write(value),
                "chosen": one["n_clusters"] == sweep["n_clusters"],
                "passed": gate["passed"] if gate else one["passed"],
            }
        )
    own = next((point["label"] for point in points if point["chosen"] and point["value"] is not None), "")
    title = gate_words(name).name if threshold is not None else SCORES[name][0]
    # Indices of agreement are drawn from 0 to 1, all alike; a share and a score on a scale of their own.
    index = threshold is not None and not name.endswith("_share")
    return {
        "name": f"score_{name}",
        "title": f"{title}: {own}" if own else title,
        "rows": points,
        "threshold": threshold,
        "domain": [0, 1] if index else None,
        "note": SCORES[name][1]
        if threshold is None
        else f"asked: {asked(name, threshold, words)} or more",
        "format": "~%" if write == words.share else "~s" if name in {"calinski_harabasz", "inertia", "bic"} else "~f",
    }


def _by_k(sweep: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(sweep["candidates"], key=lambda one: int(one["n_clusters"]))


def _scores(sweep: dict[str, Any]) -> list[str]:
    return [name for name in SCORES if any(one.get(name) is not None for one in sweep["candidates"])]


def _figure(one: dict[str, Any], name: str, words: Format) -> dict[str, str]:
    """Return a score, and its 95 % interval where it was computed on a sample."""
    write, interval = writer(name, words), one.get(f"{name}_interval")
    return {
        "value": write(one.get(name)),
        "interval": f"{write(interval[0])} to {write(interval[1])}" if interval else "",
    }


def _segments(one: dict[str, Any], words: Format) -> list[dict[str, str]]:
    """Return each segment's customers, and how much of it comes back; the largest first."""
    again = one.get("jaccard") or [None] * len(one["sizes"])
    pairs = sorted(zip(one["sizes"], again, strict=True), key=lambda pair: -pair[0])
    return [
        {"customers": words.count(size), "jaccard": words.score(back) if back is not None else NOTHING}
        for size, back in pairs
    ]
