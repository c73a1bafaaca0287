"""Models and customers made to fall between the chairs: every transform, ties, nothing, infinities, odd names."""

from __future__ import annotations

import numpy as np

from coterie import SegmentModel
from coterie.scaling import ColumnTransform, Scaling, fit_scaling

NAMES = ("total_spend", "Total \"orders\"", "group")
HOSTILE = (
    "O'Neil \"the\" \\ \\' --", "new\nline; DROP TABLE t;--", "naïve 日本 🎁 \u202eRTL", "a ' b\n  ' c /* d */", "${x} %s {y} :z"
)


def fitted(transform: str, *, customers: int = 400, seed: int = 0) -> SegmentModel:
    """Return a model of three features with odd names, with five segments of hostile names."""
    rng = np.random.default_rng(seed)
    points = np.column_stack(
        [rng.lognormal(5, 2, customers), rng.poisson(4, customers) + 1.0, rng.integers(0, 300, customers)]
    )
    scaling = fit_scaling(transform, points, NAMES, (False, False, True))
    centers = scaling(points)[rng.choice(customers, len(HOSTILE), replace=False)]
    ranges = [
        {"feature": name, "registered": name, "unit": "", "sql": "sum(x)", "low": float(x.min()), "high": float(x.max())}
        for name, x in zip(NAMES, points.T, strict=True)
    ]
    segments = [(f"s{i}", name) for i, name in enumerate(HOSTILE)]
    return SegmentModel.from_parts(
        features=ranges, scaling=scaling, centers=centers, segments=segments, about={"as_of": "2011-12-10"}
    )


def odd_customers(*, customers: int = 3000, seed: int = 1) -> np.ndarray:
    """Return features of shape (n, 3): likely ones, far ones, and rows with nothing, NaN, infinity and what lies at the edge."""
    rng = np.random.default_rng(seed)
    likely = np.column_stack(
        [rng.lognormal(5, 2, customers), rng.poisson(4, customers) + 1.0, rng.integers(0, 300, customers)]
    )
    far = likely[:500] * 10.0 ** rng.uniform(-9, 20, (500, 3))
    values = [0.0, -0.0, -0.5, -1.0, -3.25, 1e-300, 5e-324, 1e30, np.nan, np.inf, -np.inf, 1.0, 0.1 + 0.2]
    edges = np.array([[a, b, c] for a in values for b in (1.0, *values[:6], np.nan) for c in (0.0, 5.0, *values[3:5], np.inf)])
    return np.vstack([likely, far, edges])


def tied() -> tuple[SegmentModel, np.ndarray]:
    """Return a model whose centres are mirror images, and customers on the mirror: exactly as far from two or four of them."""
    centers = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    columns = tuple(ColumnTransform(name, "identity", {}, 0.0, 1.0) for name in ("x", "y"))
    ranges = [{"feature": name, "registered": name, "unit": "", "sql": "", "low": -9.0, "high": 9.0} for name in ("x", "y")]
    model = SegmentModel.from_parts(
        features=ranges, scaling=Scaling("standard", columns), centers=centers, segments=[(f"s{i}", f"S{i}") for i in range(4)],
        about={"as_of": "2011-12-10"},
    )
    steps = np.arange(-3, 3.5, 0.5)
    return model, np.array([[a, b] for a in steps for b in steps])


def assigned(model: SegmentModel, features: np.ndarray) -> list[tuple[int | None, str]]:
    """Return cluster (None for nobody) and segment of each row, by Python."""
    found = model.assign(dict(zip(model.features, features.T, strict=True)))
    return [(None if c < 0 else int(c), name) for c, name in zip(found.cluster, found.segment, strict=True)]


def unsure(model: SegmentModel, features: np.ndarray) -> np.ndarray:
    """Return for whom two centres are nearest but for the last digit: rounding decides there; a tie by construction is none."""
    with np.errstate(all="ignore"):
        far = np.sort(np.linalg.norm(model.scaling(features)[:, None, :] - model.centers, axis=2), axis=1)
        found = (far[:, 1] - far[:, 0] > 0) & (far[:, 1] - far[:, 0] <= 1e-14 * far[:, 0])
    assert found.mean() < 0.05
    return found
