"""Two runs side by side in words: the finding, the matrix of who went where, and what became of every segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from coterie.charts import slot
from coterie.report.format import Format, isolated
from coterie.report.summary import by_worth
from coterie.runs import Run
from coterie.segments.identity import RETURNED
from coterie.segments.migration import GONE, NEW

if TYPE_CHECKING:
    from coterie.comparison import Comparison

Data = dict[str, Any]
Address = Callable[[str, str], str]
"""Of the customers who went from one segment to another."""
AGREEMENT = ((0.9, "almost entirely"), (0.8, "well"), (0.65, "moderately"), (-1.0, "poorly"))
"""From which adjusted Rand index on two groupings agree how; Steinley (2004), https://doi.org/10.1037/1082-989X.9.3.386."""
BESIDE = {NEW: "New", GONE: "Gone", RETURNED: "Fully returned"}
"""What is no segment: those who were not there before, or are not there any more, and those who kept nothing."""


def title(found: Comparison, words: Format) -> str:
    """State the finding: how many moved, came and went."""
    counts = found.counts
    moved = "No customer is in both runs"
    if counts["both"]:
        moved = f"{words.count(counts['moved'])} of {words.count(counts['both'])} customers moved"
    return f"{moved}; {words.count(counts['new'])} new, {words.count(counts['gone'])} gone"


def agreement(found: Comparison, words: Format) -> str:
    """Say how alike the two groupings are; nothing where too few customers are in both."""
    if found.agreement is None:
        return ""
    said = next(said for least, said in AGREEMENT if found.agreement >= least)
    figure = f"{words.score(found.agreement)} of 1, where 0 is chance (adjusted Rand index)"
    return f"On the customers in both, the two runs agree {said}: {figure}."


def largest(found: Comparison, words: Format) -> str:
    """Say which move is the largest, and what they spent then and now; nothing where nobody moved."""
    same = {(pair.before, pair.after) for pair in found.pairs if pair.same} | {(RETURNED, RETURNED)}
    cells = [one for one in found.migration.cells() if one["from"] != NEW and one["to"] != GONE]
    moves = [one for one in cells if (one["from"], one["to"]) not in same]
    if not moves:
        return ""
    most = max(moves, key=lambda one: one["customers"])
    origin, target = dict(found.migration.before)[most["from"]], dict(found.migration.after)[most["to"]]
    money = ""
    if most["revenue"] is not None and most["revenue_before"] is not None:
        money = f"; their revenue went from {words.money(most['revenue_before'])} to {words.money(most['revenue'])}"
    return f"The largest move: {words.count(most['customers'])} from {isolated(origin)} to {isolated(target)}{money}."


def places(run: Run, beside: str, known: tuple[tuple[str, str], ...]) -> list[Data]:
    """Return the segments of a run by worth, then those who kept nothing where there are any, then the new or the gone."""
    segments = by_worth(run.segments["segments"])
    others = [RETURNED] if RETURNED in dict(known) else []
    return [
        *({"id": one["segment_id"], "name": one["name"], "slot": slot(one["segment_id"]) + 1} for one in segments),
        *({"id": one, "name": BESIDE[one], "slot": None} for one in (*others, beside)),
    ]


def tables(found: Comparison, words: Format, address: Address) -> list[Data]:
    """Return the matrix in customers and, where both runs know it, in money: rows from, columns to, each with its sum."""
    moved = found.migration
    made = [_table(found, "customers", moved.customers, None, words, address)]
    if moved.revenue is not None and moved.revenue_before is not None:
        made.append(_table(found, "revenue", moved.revenue, moved.revenue_before, words, address))
    return made


def _table(found: Comparison, key: str, now: Any, then: Any, words: Format, address: Address) -> Data:
    moved, write = found.migration, words.count if then is None else words.money
    rows, columns = places(found.before, NEW, moved.before), places(found.after, GONE, moved.after)
    at_row = {one: place for place, one in enumerate([*(one for one, _ in moved.before), NEW])}
    at_column = {one: place for place, one in enumerate([*(one for one, _ in moved.after), GONE])}

    def cell(row: Data, column: Data) -> Data:
        i, j = at_row[row["id"]], at_column[column["id"]]
        number, value, total = int(moved.customers[i, j]), now[i, j].item(), now[i].sum().item()
        share = value / total if total > 0 and value > 0 else 0.0
        small = words.share(share) if then is None else f"was {write(then[i, j].item())}" if row["id"] != NEW else ""
        return {
            "from": row["id"],
            "to": column["id"],
            "customers": number,
            "value": value,
            "words": write(value) if number else "",
            "small": small if number else "",
            "heat": round(share * 10),
            "address": address(row["id"], column["id"]) if number else None,
        }

    return {
        "key": key,
        "columns": [{**one, "total": write(now[:, at_column[one["id"]]].sum().item())} for one in columns],
        "rows": [
            {**one, "total": write(now[at_row[one["id"]]].sum().item()), "cells": [cell(one, column) for column in columns]}
            for one in rows
        ],
        "total": write(now.sum().item()),
    }


def pairs(found: Comparison, words: Format) -> list[Data]:
    """Return what became of every segment: which is the same, which is new, which there is no more, and whose name is another."""
    old, new = dict(found.migration.before), dict(found.migration.after)
    by_after = {pair.after: pair for pair in found.pairs}
    rows = []
    for place in places(found.after, GONE, ())[:-1]:
        pair = by_after.get(place["id"])
        fate = "a new segment" + (", though one had its id" if place["id"] in old else "")
        if pair and pair.same:
            fate = "the same segment"
            fate += "" if pair.before == pair.after else ", under another id"
            fate += "" if old[pair.before] == new[pair.after] else ", under another name"
        nearest = {"id": pair.before, "name": old[pair.before], "slot": slot(pair.before) + 1} if pair else None
        shared, jaccard = (words.count(pair.shared), words.score(pair.jaccard)) if pair else ("", "")
        rows.append({**place, "nearest": nearest, "shared": shared, "jaccard": jaccard, "fate": fate})
    kept = {pair.before for pair in found.pairs if pair.same}
    lost = [one for one in places(found.before, NEW, ())[:-1] if one["id"] not in kept]
    none = {"nearest": None, "shared": "", "jaccard": "", "fate": "there before, no segment any more"}
    return rows + [{**one, **none} for one in lost]
