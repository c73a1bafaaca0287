"""Why this k: the verdict in words, and every k beside it."""

from __future__ import annotations

from typing import Any

from coterie.report.format import Format

WORDS = {
    "smallest_share": "Smallest segment", "seed_ari": "Seed agreement", "macro_within": "Macro silhouette", "silhouette": "Silhouette",
    "silhouette_macro": "Macro silhouette", "calinski_harabasz": "Calinski-Harabasz", "davies_bouldin": "Davies-Bouldin", "inertia": "Inertia",
}
MEANINGS = {
    "smallest_share": "share of customers in the smallest segment", "seed_ari": "adjusted Rand index between seeds, the worst",
    "silhouette": "mean over customers; higher is better", "silhouette_macro": "mean over segments; higher is better",
    "calinski_harabasz": "spread between over spread within; higher is better", "davies_bouldin": "overlap of neighbours; lower is better",
    "inertia": "squared distances to the centres; falls with every k", "macro_within": "against the best of the passing ones",
}
SHARES = {"smallest_share"}
SLIGHT = 0.02
"""Below this share a segment is a handful of outliers, whoever chose the k."""


def verdict(sweep: dict[str, Any], customers: int, words: Format) -> dict[str, Any]:
    """Say how sure the segments are: in one sentence, with a tone and the checks behind it."""
    chosen = next(one for one in sweep["candidates"] if one["n_clusters"] == sweep["n_clusters"])
    checks = [check(gate, words) for gate in chosen.get("gates") or []]
    failed = [one for one in checks if not one["passed"]]
    smallest = min(chosen["sizes"]) if chosen.get("sizes") else round(chosen["smallest_share"] * customers)
    handful = chosen["smallest_share"] < SLIGHT
    outliers = f"The smallest segment holds {words.count(smallest)} of {words.count(customers)} customers: read it as outliers, not as a group."
    if sweep["chosen_by"] == "silhouette":
        sentence = "This k has the highest mean silhouette; nothing else was asked of it."
        return _verdict("caution", "Not checked", f"{sentence} {outliers}" if handful else sentence, checks)
    said_by = "A person set this k. " if sweep["chosen_by"] == "user" else ""
    if failed:
        names = ", ".join(one["name"].lower() for one in failed)
        return _verdict("caution", "Weak", f"{said_by}It falls short in {names}. {outliers if handful else ''}".strip(), checks)
    if not checks:
        return _verdict("caution", "Not checked", f"{said_by}No check was run on it.", checks)
    return _verdict("good", "Sound", f"{said_by}Every check of this run is passed.", checks)


def _verdict(tone: str, word: str, sentence: str, checks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"tone": tone, "word": word, "sentence": sentence, "checks": checks}


def check(gate: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return one gate with its figure and its threshold in words."""
    write = writer(gate["gate"], words)
    return {"name": WORDS.get(gate["gate"], gate["gate"].replace("_", " ").capitalize()), "value": write(gate["value"]),
            "asked": write(gate["threshold"]), "passed": bool(gate["passed"])}


def writer(metric: str, words: Format) -> Any:
    """Return the way a metric's figures are written."""
    return words.share if metric in SHARES or metric.endswith("_share") else words.score


def candidates(sweep: dict[str, Any], words: Format) -> dict[str, Any]:
    """Return the table of every k: the columns that any k has a figure for, the rows, and the sentence on the choice."""
    rows = sorted(sweep["candidates"], key=lambda one: one["n_clusters"])
    columns = [name for name in ("silhouette", "silhouette_macro", "smallest_share", "seed_ari", "calinski_harabasz", "davies_bouldin", "inertia")
               if any(one.get(name) is not None for one in rows)]
    return {
        "why": sweep["why"], "n_clusters": sweep["n_clusters"], "chosen_by": sweep["chosen_by"],
        "columns": [{"name": WORDS[name], "meaning": MEANINGS[name]} for name in columns],
        "rows": [{
            "n_clusters": one["n_clusters"], "chosen": one["n_clusters"] == sweep["n_clusters"], "passed": bool(one["passed"]),
            "figures": [writer(name, words)(one.get(name)) for name in columns], "why": one["why"],
        } for one in rows],
    }


def panels(sweep: dict[str, Any], words: Format) -> list[dict[str, Any]]:
    """Return one drawing a score: the gates first, with their thresholds, then the scores that decide nothing."""
    rows = sorted(sweep["candidates"], key=lambda one: one["n_clusters"])
    gates: dict[str, float] = {}
    for one in rows:
        for gate in one.get("gates") or []:
            gates.setdefault(gate["gate"], gate["threshold"])
    scores = [name for name in ("smallest_share", "silhouette", "silhouette_macro", "calinski_harabasz", "davies_bouldin", "inertia")
              if name not in gates]
    drawn = [_panel(name, sweep, rows, threshold, words) for name, threshold in gates.items()]
    drawn += [_panel(name, sweep, rows, None, words) for name in scores if not (name == "silhouette_macro" and "macro_within" in gates)]
    return [panel for panel in drawn if sum(row["value"] is not None for row in panel["rows"]) > 1]


def _panel(name: str, sweep: dict[str, Any], rows: list[dict[str, Any]], threshold: float | None, words: Format) -> dict[str, Any]:
    write, points = writer(name, words), []
    for one in rows:
        gate = next((gate for gate in one.get("gates") or [] if gate["gate"] == name), None)
        value = gate["value"] if gate else one.get(name)
        points.append({"n_clusters": one["n_clusters"], "value": value, "label": write(value), "chosen": one["n_clusters"] == sweep["n_clusters"],
                       "passed": bool(gate["passed"] if gate else one["passed"])})
    own = next((point["label"] for point in points if point["chosen"]), "")
    title = WORDS.get(name, name.replace("_", " ").capitalize())
    return {
        "name": f"score_{name}", "title": f"{title}: {own} at k = {sweep['n_clusters']}", "rows": points, "threshold": threshold,
        "note": (f"asked: {write(threshold)} or more; " if threshold is not None else "") + MEANINGS.get(name, "a gate of this recipe"),
        "format": "~%" if write == words.share else "~s" if name in {"calinski_harabasz", "inertia"} else "~f",
    }
