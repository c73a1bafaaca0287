"""NumPy columns as Arrow columns, from their bytes.

``pyarrow.array`` looks at whatever it is given for a pandas object and imports pandas for that, a quarter of a second that a
run has no other use for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def column(values: NDArray[Any] | Sequence[str], missing: NDArray[np.bool_] | None = None) -> Any:
    """Return a column as an Arrow array.

    Parameters
    ----------
    values : ndarray of numbers, truths or str, or sequence of str; shape (n_rows,)
        The column.
    missing : ndarray of bool, shape (n_rows,), optional
        Where it has no value.

    Examples
    --------
    >>> column(np.array([1.5, 2.0]), np.array([False, True])).to_pylist()
    [1.5, None]
    >>> column(["Core", "Zürich"]).to_pylist(), column(np.array([True, False])).to_pylist()
    (['Core', 'Zürich'], [True, False])
    """
    import pyarrow

    valid = None if missing is None else _bits(~missing)
    if not isinstance(values, np.ndarray) or values.dtype.kind in "OU":
        texts = [text.encode() for text in map(str, values)]
        ends = np.concatenate([[0], np.cumsum([len(text) for text in texts], dtype=np.int64)])
        wide = ends[-1] > np.iinfo(np.int32).max
        found = [valid, pyarrow.py_buffer(ends if wide else ends.astype(np.int32)), pyarrow.py_buffer(b"".join(texts))]
        return pyarrow.Array.from_buffers(pyarrow.large_string() if wide else pyarrow.string(), len(texts), found)
    data = _bits(values) if values.dtype.kind == "b" else pyarrow.py_buffer(np.ascontiguousarray(values))
    kind = pyarrow.bool_() if values.dtype.kind == "b" else pyarrow.from_numpy_dtype(values.dtype)
    return pyarrow.Array.from_buffers(kind, len(values), [valid, data])


def numbers(array: Any, missing: float) -> NDArray[Any]:
    """Return an Arrow array of numbers as NumPy's, from its bytes.

    Parameters
    ----------
    array : pyarrow.Array
        Of whole numbers or floats.
    missing : float
        What stands for no value.

    Examples
    --------
    >>> numbers(column(np.array([1.5, 2.0]), np.array([False, True])), np.nan)
    array([1.5, nan])
    """
    kind = np.dtype({"float": "float32", "double": "float64"}.get(str(array.type), str(array.type)))
    valid, data = array.buffers()
    found = np.frombuffer(data, kind, len(array), array.offset * kind.itemsize).copy()
    if valid is not None:
        there = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")[array.offset : array.offset + len(array)]
        found[there == 0] = missing
    return found


def _bits(truths: NDArray[np.bool_]) -> Any:
    import pyarrow

    return pyarrow.py_buffer(np.packbits(truths, bitorder="little").tobytes())
