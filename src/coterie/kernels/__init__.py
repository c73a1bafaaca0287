"""The hot loops: sums of distances and k-means, compiled where that was possible, on every processor."""

from coterie.kernels.backend import is_compiled
from coterie.kernels.distances import group_sums
from coterie.kernels.fits import Fits, contingency, fit_many, fit_together, half_contingency, resample_counts
from coterie.kernels.settled import Settled, lloyd, lloyd_each, nearest
from coterie.kernels.starts import Starts
from coterie.kernels.threads import n_processors, side_by_side

__all__ = [
    "Fits", "Settled", "Starts", "contingency", "fit_many", "fit_together", "group_sums", "half_contingency", "is_compiled",
    "lloyd", "lloyd_each", "n_processors", "nearest", "resample_counts", "side_by_side",
]  # fmt: skip
