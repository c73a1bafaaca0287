"""What a segment's customers buy, and where they are, more often than all customers do.

The lift of a product is the share of the segment's customers who bought it over the share of all customers who did. Seen from the
product it is the share of its buyers who belong to the segment, over the segment's size; of so many buyers that share is a
proportion, so it has Wilson's interval. Products are ranked by its lower end: one that a few people bought cannot win by luck.

References
----------
Wilson 1927, Probable inference, doi:10.1080/01621459.1927.10502953
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import Tables, column

TOP = 5
FEWEST = 10
"""Customers of a segment that a row must stand for: fewer could be recognised, and say little."""
DEVIATIONS = 3
"""Standard errors from the middle of Wilson's interval to its end: thousands of products compete, so more than two."""
FIGURES = ("customers", "share", "population_share", "lift")

_RANKED = """
WITH bought AS (
    SELECT {key}, cluster FROM (SELECT DISTINCT {key}, customer_id FROM {lines} WHERE {key} IS NOT NULL) AS pairs
    JOIN clustered USING (customer_id)),
counted AS (
    SELECT {key}, cluster, count(*) AS own, sum(count(*)) OVER (PARTITION BY {key}) AS everybody
    FROM bought GROUP BY {key}, cluster),
sized AS (SELECT cluster, count(*) AS members, sum(count(*)) OVER () AS customers FROM clustered GROUP BY cluster),
compared AS (
    SELECT *, own / everybody AS part, members / customers AS expected
    FROM counted JOIN sized USING (cluster) WHERE own >= {fewest}),
bounded AS (
    SELECT *, (part + {z2} / (2 * everybody) - sqrt({z2} * (part * (1 - part) + {z2} / (4 * everybody)) / everybody))
              / (1 + {z2} / everybody) / expected AS least
    FROM compared),
placed AS (SELECT *, row_number() OVER (PARTITION BY cluster ORDER BY least DESC, {key}) AS nth FROM bounded)
SELECT * FROM placed WHERE nth <= {top}
"""
_WORDED = """
WITH worded AS (
    SELECT {key}, {text} AS text FROM {lines} SEMI JOIN top_ranked USING ({key}) GROUP BY {key}, {text}
    QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY count({text}) DESC, {text}) = 1)
SELECT cluster, {key}, text, own, own / members, everybody / customers, part / expected
FROM top_ranked AS ranked JOIN worded USING ({key}) ORDER BY cluster, nth
"""

Rows = list[dict[str, Any]]


def tops(
    engine: Tables,
    lines: str,
    available: Collection[str],
    ids: NDArray[Any],
    labels: NDArray[np.int32],
    *,
    n_clusters: int | None = None,
) -> list[dict[str, Rows | None]]:
    """Find each cluster's top products and countries by lift.

    Parameters
    ----------
    engine : Tables
        Holds the lines.
    lines : str
        Relation of kept lines.
    available : collection of str
        Columns that the source has.
    ids : ndarray of str, shape (n_customers,)
        Customers in clusters.
    labels : ndarray of shape (n_customers,)
        Their clusters, from 0.
    n_clusters : int, optional
        Where these are a part of the customers, in which one could be missing.

    Returns
    -------
    list of dict
        By cluster: ``products`` and ``countries``, at most five each, None where the source has no such column. A row counts at
        least ten customers of the cluster. A lift below 1 is shown as it is: who buys little buys even this less often than all.
    """
    import pyarrow

    engine.register("clustered", pyarrow.table({"customer_id": column(ids), "cluster": column(labels)}))
    products = _by_cluster(engine, lines, "product_id", "description", available, n_clusters or int(labels.max()) + 1)
    countries = _by_cluster(engine, lines, "country", "country", available, n_clusters or int(labels.max()) + 1)
    return [{"products": bought, "countries": lived} for bought, lived in zip(products, countries, strict=True)]


def _by_cluster(
    engine: Tables, lines: str, key: str, text: str, available: Collection[str], n_clusters: int
) -> Sequence[Rows | None]:
    if key not in available:
        return [None] * n_clusters
    found: list[Rows] = [[] for _ in range(n_clusters)]
    # By itself: its words are then looked for in one more look at the lines, and nothing is ranked twice.
    ranked = _RANKED.format(lines=lines, key=key, fewest=FEWEST, top=TOP, z2=DEVIATIONS**2)
    engine.run(f"CREATE OR REPLACE TABLE top_ranked AS {ranked}")
    for cluster, value, named, *figures in engine.rows(_WORDED.format(lines=lines, key=key, text=text)):
        words = {"description": named} if key == "product_id" else {}
        found[cluster].append({key: value, **words, **dict(zip(FIGURES, figures, strict=True))})
    return found
