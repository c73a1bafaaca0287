from typing import Any

from numpy.typing import NDArray

_Array = NDArray[Any]

def group_sums(n: int, d: int, columns: _Array, ends: _Array, first: int, last: int, sums: _Array, stop: _Array) -> None: ...
def nearest(
    n: int, d: int, columns: _Array, centers: _Array, first: int, last: int, labels: _Array, squared: _Array, stop: _Array
) -> None: ...
def lloyd(
    n: int,
    d: int,
    columns: _Array,
    weights: _Array,
    centers: _Array,
    labels: _Array,
    inertia: _Array,
    used: _Array,
    max_iter: int,
    tol: float,
    stop: _Array,
) -> None: ...
def resample(n: int, seed: int, kind: int, size: int, other_size: int, fit: int, counts: _Array) -> None: ...
def begin(
    n: int,
    d: int,
    columns: _Array,
    k: int,
    seed: int,
    kind: int,
    size: int,
    other_size: int,
    n_init: int,
    first: int,
    last: int,
    picked: _Array,
    stop: _Array,
) -> None: ...
def fits(
    n: int,
    d: int,
    columns: _Array,
    k: int,
    seed: int,
    kind: int,
    size: int,
    other_size: int,
    n_init: int,
    picked: _Array,
    n_picked: int,
    max_iter: int,
    tol: float,
    first: int,
    last: int,
    centers: _Array,
    inertia: _Array,
    used: _Array,
    stop: _Array,
) -> None: ...
def contingency(
    n: int,
    d: int,
    columns: _Array,
    n_reference: int,
    reference: _Array,
    k: int,
    centers: _Array,
    first: int,
    last: int,
    counts: _Array,
    stop: _Array,
) -> None: ...
def halves(
    n: int,
    d: int,
    columns: _Array,
    k: int,
    seed: int,
    size: int,
    other_size: int,
    centers: _Array,
    first: int,
    last: int,
    counts: _Array,
    stop: _Array,
) -> None: ...
