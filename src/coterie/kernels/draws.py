"""Random numbers by counter, and the customers they draw: the twin of ``native/random.h`` and ``native/resample.c``.

The mixing is SplitMix64's (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

KINDS = {None: 0, "bootstrap": 1, "half": 2}
"""What a resample is called here, and its number in the kernels."""


def stream_of(seed: int, fit: int, part: int) -> int:
    """Return a fit's stream: part 0 draws its customers, 1 and on begin its starts."""
    state = _mixed((seed + _GOLDEN) & _MASK)
    state = _mixed((state + fit + _GOLDEN) & _MASK)
    return _mixed((state + part + _GOLDEN) & _MASK)


def _mixed(x: int) -> int:
    x = ((x ^ (x >> 30)) * _FIRST) & _MASK
    x = ((x ^ (x >> 27)) * _SECOND) & _MASK
    return x ^ (x >> 31)


def uniform(stream: int, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the stream's numbers at these places, from 0 to 1 without 1.

    Examples
    --------
    >>> uniform(stream_of(0, 0, 0), np.arange(3)).round(4).tolist()
    [0.1296, 0.0499, 0.6703]
    """
    # Unsigned 64-bit arrays wrap around in silence, as the compiled kernels do.
    x = np.uint64(stream) + (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_FIRST)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_SECOND)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def drawn(n: int, seed: int, kind: int, size: int, other_size: int, fit: int) -> NDArray[np.int32]:
    """Return how often each of n customers takes part in a fit; fits 2i and 2i + 1 have the two halves of split i."""
    if kind == KINDS["bootstrap"]:
        picked = (uniform(stream_of(seed, fit, 0), np.arange(size)) * n).astype(np.int64)
        return np.bincount(picked, minlength=n).astype(np.int32)
    if kind == KINDS["half"]:
        return _half(n, seed, size, other_size, fit)
    return np.ones(n, dtype=np.int32)


def _half(n: int, seed: int, size: int, other_size: int, fit: int) -> NDArray[np.int32]:
    counts = np.zeros(n, dtype=np.int32)
    left = [size, other_size]
    places = uniform(stream_of(seed, fit // 2, 0), np.arange(n)) * np.arange(n, 0, -1)
    for i, place in enumerate(places.tolist()):
        if place < left[0] + left[1]:
            side = 0 if place < left[0] else 1
            left[side] -= 1
            counts[i] = side == fit % 2
    return counts
