"""``coterie show``: a run in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coterie.cli import options as o

if TYPE_CHECKING:
    from coterie.runs import Run

_SCORES = (
    "n_clusters",
    "silhouette",
    "silhouette_macro",
    "inertia",
    "calinski_harabasz",
    "davies_bouldin",
    "smallest_share",
    "seed_ari",
    "passed",
    "why",
)
_SEGMENT = ("cluster", "name", "customers", "share", "revenue", "revenue_share")
_SHOWN = (
    ("total_orders", "orders"),
    ("avg_order_value", "per order"),
    ("active_days", "active days"),
    ("recency_days", "last seen"),
)
_VERDICTS = {
    "reproducible": "reproducible",
    "pattern": "a pattern",
    "none": "nothing that comes back",
    "override": "chosen by a person",
}


def show(run: o.RunPath, as_json: o.Json = False) -> None:
    """Show a run's segments as a table."""
    from coterie.cli.terminal import print_json
    from coterie.runs import open_run

    opened = open_run(run)
    if as_json:
        print_json(run_as_dict(opened))
    else:
        print_run(opened)


def run_as_dict(run: Run) -> dict[str, Any]:
    """Return what ``--json`` prints of a run; documented in docs/json.md."""
    sweep, segments, ledger = run.sweep, run.segments, run.ledger
    return {
        "schema": 1,
        "run": run.number,
        "path": str(run.path),
        "recipe": run.manifest["recipe"]["name"],
        "as_of": run.manifest["as_of"],
        "lines": ledger["lines"],
        "customers": segments["population"]["customers"],
        "fully_returned": segments["fully_returned"]["customers"],
        "n_clusters": sweep["n_clusters"],
        "chosen_by": sweep["chosen_by"],
        "verdict": sweep["verdict"],
        "why": sweep["why"],
        "candidates": [{key: candidate[key] for key in _SCORES} for candidate in sweep["candidates"]],
        "segments": [{key: segment[key] for key in _SEGMENT} for segment in segments["segments"]],
        "warnings": run.warnings,
        "notes": run.manifest["notes"],
    }


def print_run(run: Run) -> None:
    """Print a run for a person: verdict, segments, what was set aside, where to look next."""
    from coterie.cli.run import lines_in_words
    from coterie.cli.terminal import figure, percent, say, table

    segments = run.segments["segments"]
    shown = [(name, label) for name, label in _SHOWN if any(name in segment["features"] for segment in segments)]
    table(
        ["segment", "customers", "share", "revenue", "of revenue", *(label for _, label in shown)],
        [
            [
                segment["name"],
                f"{segment['customers']:,}",
                percent(segment["share"]),
                figure(segment["revenue"]),
                percent(segment["revenue_share"]),
                *(figure(segment["features"][name]["median"]) for name, _ in shown),
            ]
            for segment in segments
        ],
    )
    say()
    returned = run.segments["fully_returned"]["customers"]
    beside = f" ({returned} more took everything back)" if returned else ""
    say(f"{run.segments['population']['customers']:,} customers{beside} as of {run.manifest['as_of']}; medians per customer.")
    verdict = "not validated" if run.sweep["chosen_by"] == "silhouette" else _VERDICTS[run.sweep["verdict"]]
    say(f"k = {run.sweep['n_clusters']}, {verdict}. {run.sweep['why']}")
    say(f"{lines_in_words(run.ledger)}.")
    for warning in run.warnings:
        say(f"Warning: {warning}")
    say(f"Report: {run.path / 'report.html'}")
