from typing import Any

from numpy.typing import NDArray

_Array = NDArray[Any]

def group_sums(
    n_features: int, columns: _Array, ends: _Array, first: int, last: int, sums: _Array, stop: _Array
) -> None: ...
