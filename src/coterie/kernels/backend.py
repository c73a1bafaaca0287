"""Which kernels run: the compiled ones where the installation could build them, else NumPy's and SciPy's."""

from __future__ import annotations

from types import ModuleType

from coterie.kernels import fallback

kernels: ModuleType = fallback
"""The module whose functions do the work."""

try:
    from coterie.kernels import _native

    kernels = _native
except ImportError:
    pass


def is_compiled() -> bool:
    """Return whether the compiled kernels run.

    Examples
    --------
    >>> is_compiled() in (True, False)
    True
    """
    return kernels is not fallback
