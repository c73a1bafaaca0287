"""Scaling: every transform ends as one function a feature, then a centre and a scale; that is all a model needs to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coterie.registry import Registry

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ColumnTransform:
    """How one feature is scaled: ``(function(x) - center) / scale``.

    Parameters
    ----------
    feature : str
        Published name.
    function : {"identity", "log", "log1p", "yeo_johnson", "interpolate"}
        Applied first.
    parameters : dict of str to (float or tuple of float)
        ``lambda`` of Yeo-Johnson; ``x`` and ``y``, the knots of an interpolation.
    center, scale : float
        Applied after; ``scale`` is above zero.
    """

    feature: str
    function: str
    parameters: dict[str, Any]
    center: float
    scale: float

    def __call__(self, x: Array) -> Array:
        """Scale an array of shape (n_customers,)."""
        return (FUNCTIONS[self.function](x, self.parameters) - self.center) / self.scale

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        parameters = {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.parameters.items()
        }
        return {
            "feature": self.feature,
            "function": self.function,
            **({"parameters": parameters} if parameters else {}),
            "center": self.center,
            "scale": self.scale,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ColumnTransform:
        """Read what `as_dict` gave."""
        parameters = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.get("parameters", {}).items()
        }
        return cls(data["feature"], data["function"], parameters, data["center"], data["scale"])


def _yeo_johnson(x: Array, parameters: dict[str, Any]) -> Array:
    lam = parameters["lambda"]
    up, down = np.maximum(x, 0), np.minimum(x, 0)
    rise = np.log1p(up) if lam == 0 else ((up + 1) ** lam - 1) / lam
    fall = -np.log1p(-down) if lam == 2 else -((1 - down) ** (2 - lam) - 1) / (2 - lam)
    return np.where(x >= 0, rise, fall)


FUNCTIONS: dict[str, Callable[[Array, dict[str, Any]], Array]] = {
    "identity": lambda x, _: x,
    "log": lambda x, _: np.log(x),
    "log1p": lambda x, _: np.log1p(x),
    "yeo_johnson": _yeo_johnson,
    "interpolate": lambda x, p: np.interp(x, p["x"], p["y"]),
}


@dataclass(frozen=True)
class Transform:
    """A named way to bring features to one scale.

    Parameters
    ----------
    name, meaning : str
        For recipes and `coterie recipes`.
    fit : callable
        ``(x, can_be_zero) -> (function, parameters, center, scale)`` for one feature, x of shape (n_customers,).
    """

    name: str
    meaning: str
    fit: Callable[[Array, bool], tuple[str, dict[str, Any], float, float]]


TRANSFORMS: Registry[Transform] = Registry("transform")


def _standard(x: Array) -> tuple[float, float]:
    return float(x.mean()), float(x.std()) or 1.0


def _fit_standard(x: Array, _: bool) -> tuple[str, dict[str, Any], float, float]:
    return "identity", {}, *_standard(x)


def _fit_robust(x: Array, _: bool) -> tuple[str, dict[str, Any], float, float]:
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    return "identity", {}, float(middle), float(high - low) or 1.0


def _fit_log(x: Array, can_be_zero: bool) -> tuple[str, dict[str, Any], float, float]:
    name = "log1p" if can_be_zero else "log"
    return name, {}, *_standard(FUNCTIONS[name](x, {}))


WORST = 1e100
"""Cost of a power that no float can follow."""


def _fit_yeo_johnson(x: Array, _: bool) -> tuple[str, dict[str, Any], float, float]:
    from scipy.optimize import minimize_scalar

    # The profile log-likelihood of Yeo & Johnson 2000, doi:10.1093/biomet/87.4.954; scipy.stats has it too, behind half a
    # second of imports.
    jacobian = float((np.sign(x) * np.log1p(np.abs(x))).sum())

    def cost(lam: float) -> float:
        with np.errstate(all="ignore"):
            spread = _yeo_johnson(x, {"lambda": lam}).var()
        # A power far out squeezes all customers into one point, or beyond what a float holds.
        return float(len(x) / 2 * np.log(spread) - (lam - 1) * jacobian) if 0 < spread < np.inf else WORST

    varies = x.std() > 0
    found = minimize_scalar(cost, bounds=(-5, 5), method="bounded", options={"xatol": 1e-8}) if varies else None
    parameters = {"lambda": float(found.x) if found is not None else 1.0}
    return "yeo_johnson", parameters, *_standard(_yeo_johnson(x, parameters))


def _fit_rank(x: Array, _: bool) -> tuple[str, dict[str, Any], float, float]:
    knots, shares = _cumulative(x)
    return "interpolate", {"x": knots, "y": shares}, 0.0, 1.0


def _fit_quantile(x: Array, _: bool) -> tuple[str, dict[str, Any], float, float]:
    from scipy.special import ndtri

    knots, shares = _cumulative(x)
    normal = tuple(float(z) for z in ndtri(np.asarray(shares)))
    return "interpolate", {"x": knots, "y": normal}, 0.0, 1.0


def _cumulative(x: Array, most: int = 1000) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return at most ``most`` knots of the distribution: values, and the share of customers below, ties counted half."""
    values, counts = np.unique(x, return_counts=True)
    shares = (np.cumsum(counts) - counts / 2) / len(x)
    if len(values) > most:
        at = np.unique(np.linspace(0, len(values) - 1, most).round().astype(int))
        values, shares = values[at], shares[at]
    return tuple(map(float, values)), tuple(map(float, shares))


TRANSFORMS.add(Transform("standard", "Mean 0 and standard deviation 1; heavy tails stay heavy.", _fit_standard))
TRANSFORMS.add(Transform("robust", "Median 0 and interquartile range 1; heavy tails stay heavy.", _fit_robust))
TRANSFORMS.add(
    Transform(
        "log",
        "Natural log (log1p of what can be zero), then mean 0 and standard deviation 1; the currency's unit changes nothing.",
        _fit_log,
    )
)
TRANSFORMS.add(
    Transform(
        "yeo-johnson",
        "A fitted power that makes each feature near normal, then mean 0 and standard deviation 1.",
        _fit_yeo_johnson,
    )
)
TRANSFORMS.add(
    Transform(
        "quantile", "Share of customers below, mapped to a normal distribution; at most 1,000 knots.", _fit_quantile
    )
)
TRANSFORMS.add(
    Transform("rank", "Share of customers below, from 0 to 1, ties counted half; at most 1,000 knots.", _fit_rank)
)


@dataclass(frozen=True)
class Scaling:
    """A fitted transform: its name and one `ColumnTransform` a feature, in order."""

    name: str
    columns: tuple[ColumnTransform, ...]

    def __call__(self, features: Array) -> Array:
        """Scale an array of shape (n_customers, n_features)."""
        return np.column_stack([column(features[:, i]) for i, column in enumerate(self.columns)])


def fit_scaling(name: str, features: Array, names: Sequence[str], can_be_zero: Sequence[bool]) -> Scaling:
    """Fit a registered transform, feature by feature.

    Parameters
    ----------
    name : str
        From `TRANSFORMS`.
    features : ndarray of shape (n_customers, n_features)
        Finite; above zero where ``can_be_zero`` is false and the transform takes logs.
    names : sequence of str
        Published names.
    can_be_zero : sequence of bool
        Whether each feature can be zero.

    Examples
    --------
    >>> scaling = fit_scaling("log", np.array([[1.0], [10.0], [100.0]]), ["total_spend"], [False])
    >>> scaling(np.array([[10.0]])).round(6).tolist()
    [[0.0]]
    """
    transform = TRANSFORMS[name]
    return Scaling(
        name,
        tuple(
            # Sorted, so that a sum's last digit does not depend on the order of the customers.
            ColumnTransform(feature, *transform.fit(np.sort(features[:, i]), zero))
            for i, (feature, zero) in enumerate(zip(names, can_be_zero, strict=True))
        ),
    )
