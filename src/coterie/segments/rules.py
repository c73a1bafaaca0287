"""Rules: a few round cut-offs that find a segment's customers again, as sentences, as SQL, and how well they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import identifier, literal
from coterie.segments.conditions import Ranges, merged, ranges_of
from coterie.segments.harmony import count, harmonise
from coterie.segments.phrases import phrase
from coterie.segments.tree import Node, fit_tree

Array = NDArray[np.float64]

LEAVES_PER_SEGMENT = 2
_NOTHING_KEPT = {"log": "coalesce({}, 0) <= 0", "log1p": "coalesce({}, -1) <= -1"}
"""By function of the scaling: when a customer has no place among the segments; of others, where the feature is absent."""


@dataclass(frozen=True)
class Rules:
    """A tree that nearly gives customers their segments, and all it says.

    Parameters
    ----------
    features : list of dict
        As a model keeps them; ``feature``, ``registered``, ``low``.
    functions : list of str
        By feature, what the scaling applies first.
    segment_ids : list of str
        By cluster.
    tree : Node
        Over the features, in their own units.
    """

    features: list[dict[str, Any]]
    functions: list[str]
    segment_ids: list[str]
    tree: Node

    @property
    def found(self) -> NDArray[np.int64]:
        """Customers by their segment (rows) and by the one the rules say (columns)."""
        table = np.zeros((len(self.segment_ids), len(self.segment_ids)), dtype=np.int64)
        for _, leaf in self.tree.leaves():
            table[:, leaf.label] += leaf.counts
        return table

    def labels(self, columns: Mapping[str, Array]) -> NDArray[np.int32]:
        """Return the cluster that the rules say, of shape (n_customers,)."""
        return self.tree.labels(np.column_stack([columns[one["feature"]] for one in self.features]))

    def of(self, cluster: int) -> dict[str, Any]:
        """Return a segment's rule: ``sentence``, ``leaves``, ``recall`` and ``precision``."""
        said = [
            {"when": self._when(ranges), "sentence": self._sentence(ranges), "customers": customers}
            for ranges, customers in self._leaves(cluster)
        ]
        right, members, told = self.found[cluster, cluster], self.found[cluster].sum(), self.found[:, cluster].sum()
        texts = [str(one["sentence"]).removesuffix(".") for one in said]
        return {
            "sentence": "; or ".join([*texts[:1], *(text[0].lower() + text[1:] for text in texts[1:])]) + "."
            if texts
            else "No short rule finds them.",
            "leaves": said,
            "recall": float(right / members) if members else None,
            "precision": float(right / told) if told else None,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return all rules as plain JSON data: ``fidelity``, ``features``, ``sql`` and ``tree``."""
        return {
            "fidelity": float(np.trace(self.found) / self.found.sum()),
            "features": [one["feature"] for one in self.features],
            "sql": self.sql,
            "tree": self._nested(self.tree),
        }

    @property
    def sql(self) -> str:
        """The rules as one ``CASE``, in the portable subset of DuckDB's dialect; who kept nothing is ``'returned'``."""
        nothing = [
            _NOTHING_KEPT.get(function, "{} IS NULL").format(identifier(one["feature"]))
            for one, function in zip(self.features, self.functions, strict=True)
        ]
        lines = [f"WHEN {' OR '.join(nothing)} THEN 'returned'"]
        for cluster, segment_id in enumerate(self.segment_ids):
            for ranges, _ in self._leaves(cluster):
                asked = [f"{identifier(one['feature'])} {one['op']} {literal(one['value'])}" for one in self._when(ranges)]
                lines.append(f"WHEN {' AND '.join(asked) or 'TRUE'} THEN {literal(segment_id)}")
        return "CASE\n  " + "\n  ".join(lines) + "\nEND"

    def _leaves(self, cluster: int) -> list[tuple[Ranges, int]]:
        """Return what holds for a segment's customers, and for how many: the largest part first."""
        leaves = [(ranges_of(path), int(leaf.counts.sum())) for path, leaf in self.tree.leaves() if leaf.label == cluster]
        return sorted(merged(leaves), key=lambda one: -one[1])

    def _when(self, ranges: Ranges) -> list[dict[str, Any]]:
        return [
            {"feature": self.features[place]["feature"], "op": op, "value": int(value) if value == int(value) else value}
            for place, ends in sorted(ranges.items())
            for op, value in zip((">=", "<"), ends, strict=True)
            if value is not None
        ]

    def _sentence(self, ranges: Ranges) -> str:
        said = []
        for place, (low, high) in sorted(ranges.items()):
            one = self.features[place]
            said.append(phrase(one.get("registered", one["feature"])).within(low, high, one.get("low")))
        text = ", and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said) or "everybody"
        return text[0].upper() + text[1:] + "."

    def _nested(self, node: Node) -> dict[str, Any]:
        if node.under is None or node.over is None:
            return {"segment_id": self.segment_ids[node.label], "customers": int(node.counts.sum())}
        return {
            "feature": self.features[node.feature]["feature"],
            "below": node.cut,
            "under": self._nested(node.under),
            "over": self._nested(node.over),
        }


def find_rules(
    columns: Mapping[str, Array],
    labels: NDArray[np.int32],
    features: list[dict[str, Any]],
    functions: Sequence[str],
    segment_ids: Sequence[str],
    drawn: NDArray[np.intp] | None = None,
) -> Rules | None:
    """Find the rules of a segmentation: at most two leaves a segment, cut at round numbers.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_customers,)
        At least the features, under their published names, finite.
    labels : ndarray of shape (n_customers,)
        Clusters from 0.
    features : list of dict
        As a model keeps them.
    functions : sequence of str of shape (n_features,)
        What the scaling applies first to each.
    segment_ids : sequence of str of shape (n_segments,)
        By cluster.
    drawn : ndarray of int, optional
        Of very many customers, the places of those on whom cut-offs are looked for; all are counted.

    Returns
    -------
    Rules or None
        None where there is nothing to tell apart: a single segment.

    Examples
    --------
    >>> rules = find_rules({"total_orders": np.array([1.0, 1.0, 6.0, 9.0])}, np.array([1, 1, 0, 0], dtype=np.int32),
    ...                    [{"feature": "total_orders", "low": 1.0}], ["log"], ["s1", "s2"])
    >>> rules.of(0)["sentence"], rules.of(1)["sentence"], rules.as_dict()["fidelity"]
    ('At least 2 orders.', '1 order.', 1.0)
    """
    if len(segment_ids) < 2 or not features:
        return None
    values = np.column_stack([columns[one["feature"]] for one in features])
    whole = [phrase(one.get("registered", one["feature"])).whole for one in features]
    seen = slice(None) if drawn is None else drawn
    tree = fit_tree(values[seen], labels[seen], LEAVES_PER_SEGMENT * len(segment_ids), whole)
    harmonise(tree, values[seen], labels[seen])
    if drawn is not None:
        count(tree, values, labels)
    return Rules(features, list(functions), list(segment_ids), tree)
