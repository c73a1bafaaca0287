"""The hot loops: sums of distances and k-means, compiled where that was possible, on every processor."""

from coterie.kernels.backend import is_compiled
from coterie.kernels.distances import group_sums

__all__ = ["group_sums", "is_compiled"]
