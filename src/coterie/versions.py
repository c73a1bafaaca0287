"""What was installed when an answer was found."""

from __future__ import annotations

import functools
from importlib.metadata import version


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that an answer may depend on; looking them up takes a moment."""
    return {name: version(name) for name in ("coterie", "duckdb", "numpy", "scikit-learn", "scipy")}
