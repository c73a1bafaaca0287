"""Choosing k: why this one won, every other beside it, and for one of them what its segments would be."""

from __future__ import annotations

import shlex
from typing import Any

from fastapi import APIRouter

from coterie.charts import slot
from coterie.errors import RunError
from coterie.report.choice import NUMERALS
from coterie.report.format import isolated
from coterie.report.gates import gate_words, listed, writer
from coterie.report.pictures import label, unit_of
from coterie.report.stability import neighbour
from coterie.report.summary import by_worth
from coterie.web.pages.visit import Data, Visit, published

router = APIRouter()
PICTURES = ("gates", "scores", "refits", "sensitivity")
MOSTLY = 0.1
"""A segment is told as one that a group comes from where this share of the group or more does."""
ALIKE = 0.005
"""Below this, a check comes out as well as another."""
READING = ("encoding", "delimiter", "decimal", "date_format", "currency", "sheet", "table")
"""Keys of a recipe that are flags of the command, by the same name."""


@published(router, "/choice", "choice.html", charts=("score_", "refits", "sensitivity"), same=True)
def choice(visit: Visit) -> Data:
    """Return every k with its checks, its scores and why it won or lost; and one of them, with its segments, where asked for."""
    summary = visit.snapshot.summary
    parts = {name: summary[name] for name in ("run", "verdict", "choice", "stability", "source")}
    rows = [{"n_clusters": one["n_clusters"], "chosen": one["chosen"]} for one in summary["choice"]["rows"]]
    pictures = {name: summary["pictures"][name] for name in PICTURES}
    asked = visit.first("k")
    return {**parts, "pictures": pictures, "ks": rows, "other": other(visit, asked) if asked else None}


def other(visit: Visit, asked: str) -> Data:
    """Return one k: its verdict, checks and segments, and the chosen ones beside them.

    Raises
    ------
    RunError
        If that k was not tried.
    """
    sweep, told = visit.snapshot.run.sweep, visit.snapshot.summary["choice"]
    tried = {str(one["n_clusters"]): one for one in sweep["candidates"]}
    if asked not in tried:
        raise RunError(
            "That k was not tried in this run.",
            found=f"{asked[:20]!r}; tried: {', '.join(tried) or 'none'}.",
            fix="one of those, or coterie run FILE --k for another.",
            code="unknown_k",
        )
    one, k = tried[asked], int(asked)
    chosen = next((row for row in sweep["candidates"] if row["n_clusters"] == sweep["n_clusters"]), None)
    row = next(row for row in told["rows"] if row["n_clusters"] == k)
    segments = by_worth(visit.snapshot.segments)
    known = bool(one.get("segments"))
    moves = _moves(one, segments, visit) if known and one is not chosen and len(segments) > 1 else None
    return {
        "n_clusters": k,
        "word": NUMERALS.get(k, str(k)),
        "chosen": one is chosen,
        "passed": one["passed"],
        "why": row["why"],
        "checks": row["checks"],
        "against": _against(one, chosen, visit) if chosen and one is not chosen else "",
        "moves": moves,
        "table": _table(one, segments, moves, visit) if known else None,
        "command": command(visit, k),
        "figures": one,
    }


def _moves(one: dict[str, Any], segments: list[dict[str, Any]], visit: Visit) -> Data:
    """Return where each chosen segment's customers would be, as the report has it for the ks next to the chosen one."""
    columns = [group["chosen"] for group in one["segments"]]
    crossed = {"n_clusters": one["n_clusters"], "customers": [list(row) for row in zip(*columns, strict=True)]}
    return neighbour(crossed, segments, visit.words)


def _table(one: dict[str, Any], segments: list[dict[str, Any]], moves: Data | None, visit: Visit) -> Data:
    """Return the groups of a k, those of the segment worth most first, and the chosen segments below, feature by feature."""
    words, units = visit.words, visit.snapshot.run.segments["units"]
    names, total = list(one["segments"][0]["medians"]), sum(group["customers"] for group in one["segments"])
    again = one.get("jaccard") or [None] * len(one["segments"])
    order = [group["group"] for group in moves["groups"]] if moves else range(len(one["segments"]))

    def cells(medians: dict[str, Any]) -> list[str]:
        return [words.measure(medians.get(name), units.get(name, {}).get("unit", "")) for name in names]

    return {
        "features": [{"name": label(name), "unit": unit_of(name, units.get(name, {}).get("unit", ""))} for name in names],
        "groups": [
            {
                "name": f"Group {place}",
                "customers": words.count(one["segments"][group]["customers"]),
                "share": words.share(one["segments"][group]["customers"] / max(1, total)),
                "cells": cells(one["segments"][group]["medians"]),
                "jaccard": words.score(again[group]) if again[group] is not None else "",
                "origins": _origins(one["segments"][group], segments, visit) if moves else [],
            }
            for place, group in enumerate(order, 1)
        ],
        "segments": [
            {
                "id": segment["segment_id"],
                "name": segment["name"],
                "slot": slot(segment["segment_id"]) + 1,
                "customers": words.count(int(segment["customers"])),
                "share": words.share(segment["share"]),
                "cells": cells({name: figures["median"] for name, figures in segment["features"].items()}),
            }
            for segment in segments
        ],
    }


def _origins(group: dict[str, Any], segments: list[dict[str, Any]], visit: Visit) -> list[Data]:
    """Return the chosen segments that a group mostly comes from, the largest part first."""
    found = sorted(((group["chosen"][one["cluster"]] / max(1, group["customers"]), one) for one in segments), key=lambda p: -p[0])
    return [
        {"name": one["name"], "slot": slot(one["segment_id"]) + 1, "share": visit.words.share(share)}
        for place, (share, one) in enumerate(found)
        if share >= MOSTLY or place == 0
    ]


def _against(one: dict[str, Any], chosen: dict[str, Any], visit: Visit) -> str:
    """Say what would be gained, and what lost, against the chosen k: which checks come out better, and which worse."""
    own = {gate["gate"]: gate["value"] for gate in chosen["gates"]}
    better: list[str] = []
    worse: list[str] = []
    for gate in one["gates"]:
        name, value, beside = gate["gate"], gate["value"], own.get(gate["gate"])
        if value is None or beside is None or abs(value - beside) < ALIKE:
            continue
        write = writer(name, visit.words)
        told = f"{isolated(gate_words(name).name.lower())} ({write(value)}, not {write(beside)})"
        (better if value > beside else worse).append(told)
    fewer = one["n_clusters"] < chosen["n_clusters"]
    apart = f"tells {'fewer' if fewer else 'more'} customers apart"
    better += [] if fewer else [f"it {apart}"]
    worse += [f"it {apart}"] if fewer else []
    beside = f"than {NUMERALS.get(chosen['n_clusters'], chosen['n_clusters'])}"
    nothing = ["nothing that was measured"]
    return f"Better {beside}: {listed(better or nothing)}. Worse: {listed(worse or nothing)}."


def command(visit: Visit, k: int) -> str:
    """Return the command that makes this run again with another k, on the same day and with the same names.

    Files and recipes are named as the manifest has them: where they lie, it does not say.
    """
    from coterie.recipe import builtin_recipes

    run = visit.snapshot.run
    manifest, recipe = run.manifest, run.manifest["recipe"]
    flags = ["--k", str(k), "--as-of", str(manifest["as_of"]), "--like", f"{run.path.parent.name}/{run.number}"]
    if recipe["name"] != "default":
        flags += ["--recipe", recipe["name"] if recipe["name"] in builtin_recipes() else f"{recipe['name']}.toml"]
    for column, source in (recipe.get("mapping") or {}).items():
        flags += ["--map", f"{column}={source}"]
    for key in READING:
        value = (recipe.get("reading") or {}).get(key)
        flags += [f"--{key.replace('_', '-')}", str(value)] if value else []
    # What was no file, such as a frame, is to be one now.
    files = [one["name"] if "." in one["name"] else "FILE" for one in manifest["inputs"]]
    return shlex.join(["coterie", "run", *files, *flags])
