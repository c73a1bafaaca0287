"""The transforms of `coterie.scaling`, fitted by queries: the same functions, centres and scales, without the customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coterie.engines.dialects import DIALECTS
from coterie.engines.spark import SparkPlace
from coterie.errors import RecipeError
from coterie.scaling import WORST, ColumnTransform, Scaling
from coterie.sql.expressions import FUNCTIONS, name
from coterie.sql.render import placing

Fitted = tuple[str, dict[str, Any], float, float]
_KNOTS = 1000


@dataclass(frozen=True)
class Asked:
    """One feature of a relation on a cluster: ``column``, quoted in DuckDB's way, of the rows of ``relation``."""

    place: SparkPlace
    relation: str
    column: str
    can_be_zero: bool

    def figures(self, *selected: str) -> tuple[Any, ...]:
        """Return aggregates over the rows; NULL as NaN."""
        listed = ", ".join(f"CAST({sql} AS DOUBLE) AS c{i}" for i, sql in enumerate(selected))
        return self.rows(f"SELECT {listed} FROM {self.relation}")[0]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query in DuckDB's dialect."""
        table = self.place.fetch(placing(sql, DIALECTS["spark"])).read_all()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def moments(self, sql: str) -> tuple[float, float]:
        """Return the mean of an expression and its standard deviation, 1 where that is 0."""
        mean, spread = self.figures(f"AVG({sql})", f"STDDEV_POP({sql})")
        return float(mean), float(spread) or 1.0


def _standard(asked: Asked) -> Fitted:
    return "identity", {}, *asked.moments(f"CAST({asked.column} AS DOUBLE)")


def _robust(asked: Asked) -> Fitted:
    low, middle, high = _quantiles(asked, (0.25, 0.5, 0.75))
    return "identity", {}, middle, high - low or 1.0


def _log(asked: Asked) -> Fitted:
    function = "log1p" if asked.can_be_zero else "log"
    return function, {}, *asked.moments(FUNCTIONS[function].sql(asked.column, {}))


def _yeo_johnson(asked: Asked) -> Fitted:
    from scipy.optimize import minimize_scalar

    x = f"CAST({asked.column} AS DOUBLE)"
    count, jacobian, spread = asked.figures("COUNT(*)", f"SUM(SIGN({x}) * LN(1 + ABS({x})))", f"STDDEV_POP({x})")

    def cost(power: float) -> float:
        (variance,) = asked.figures(f"VAR_POP({FUNCTIONS['yeo_johnson'].sql(asked.column, {'lambda': power})})")
        usable = variance is not None and 0 < variance < np.inf
        return float(count / 2 * np.log(variance) - (power - 1) * jacobian) if usable else WORST

    found = minimize_scalar(cost, bounds=(-5, 5), method="bounded", options={"xatol": 1e-8}) if spread > 0 else None
    parameters = {"lambda": float(found.x) if found is not None else 1.0}
    return "yeo_johnson", parameters, *asked.moments(FUNCTIONS["yeo_johnson"].sql(asked.column, parameters))


def _rank(asked: Asked) -> Fitted:
    knots, shares = _cumulative(asked)
    return "interpolate", {"x": knots, "y": shares}, 0.0, 1.0


def _quantile(asked: Asked) -> Fitted:
    from scipy.special import ndtri

    knots, shares = _cumulative(asked)
    return "interpolate", {"x": knots, "y": tuple(float(z) for z in ndtri(np.asarray(shares)))}, 0.0, 1.0


def _quantiles(asked: Asked, shares: Sequence[float]) -> list[float]:
    from coterie.engines.spark.place import quoted

    x = f"CAST({quoted(asked.column.strip(chr(34)))} AS DOUBLE)"
    listed = ", ".join(f"percentile({x}, {share}) AS c{i}" for i, share in enumerate(shares))
    row = asked.place.fetch(f"SELECT {listed} FROM {asked.relation}").read_all()
    return [float(column[0].as_py()) for column in row.columns]


def _cumulative(asked: Asked) -> tuple[tuple[float, ...], tuple[float, ...]]:
    counted = f"SELECT CAST({asked.column} AS DOUBLE) AS x, COUNT(*) AS n FROM {asked.relation} GROUP BY 1"
    count, distinct = (int(figure) for figure in asked.figures("COUNT(*)", f"COUNT(DISTINCT CAST({asked.column} AS DOUBLE))"))
    at = np.unique(np.linspace(0, distinct - 1, min(_KNOTS, distinct)).round().astype(int))
    rows = asked.rows(
        f"SELECT x, n, until_then FROM (SELECT x, n, ROW_NUMBER() OVER (ORDER BY x) - 1 AS place, "
        f"SUM(n) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING) AS until_then FROM ({counted}) AS counted) AS placed "
        f"WHERE place IN ({', '.join(map(str, at))}) ORDER BY x"
    )
    return tuple(float(x) for x, _, _ in rows), tuple((int(until) - int(n) / 2) / count for _, n, until in rows)


FITS: dict[str, Callable[[Asked], Fitted]] = {
    "standard": _standard,
    "robust": _robust,
    "log": _log,
    "yeo-johnson": _yeo_johnson,
    "quantile": _quantile,
    "rank": _rank,
}
"""By `coterie.scaling.TRANSFORMS`."""


def fit_scaling_there(
    method: str, place: SparkPlace, relation: str, features: Sequence[str], can_be_zero: Sequence[bool]
) -> Scaling:
    """Fit a registered transform over all rows of a relation, by aggregates.

    Parameters
    ----------
    method : str
        From `FITS`.
    place : SparkPlace
        Where the relation lies.
    relation : str
        Customers who kept something.
    features : sequence of str
        Its columns.
    can_be_zero : sequence of bool
        Whether each can be zero.

    Raises
    ------
    RecipeError
        If the transform is none that is fitted by queries.
    """
    if method not in FITS:
        raise RecipeError(
            f"scaling.method = {method!r} cannot be fitted on a cluster.",
            found="more customers than are collected from it.",
            fix=f"one of {', '.join(FITS)}.",
            code="unknown_method",
        )
    fitted = (
        FITS[method](Asked(place, relation, name(feature), zero)) for feature, zero in zip(features, can_be_zero, strict=True)
    )
    return Scaling(method, tuple(ColumnTransform(feature, *parts) for feature, parts in zip(features, fitted, strict=True)))
