"""Coterie: transaction lines in, customer segments that people can explain, trust and act on out.

>>> import coterie as ct
>>> sorted(ct.__all__)  # doctest: +NORMALIZE_WHITESPACE
['CoterieError', 'CustomerSegmenter', 'Recipe', 'Run', 'SegmentModel', 'assign', 'check', 'compare', 'compile_sql', 'export',
'init', 'lift', 'open_run', 'rename', 'run', 'simulate', 'update']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coterie.assignment import assign
    from coterie.campaign import lift
    from coterie.comparison import compare
    from coterie.compilation import compile_sql
    from coterie.datasets import simulate
    from coterie.errors import CoterieError
    from coterie.estimator import CustomerSegmenter
    from coterie.exports import export
    from coterie.model import SegmentModel
    from coterie.pipeline import run
    from coterie.preview import check
    from coterie.recipe import Recipe
    from coterie.renaming import rename
    from coterie.runs import Run, open_run
    from coterie.sources.starter import init
    from coterie.updating import update

__all__ = [
    "CoterieError",
    "CustomerSegmenter",
    "Recipe",
    "Run",
    "SegmentModel",
    "assign",
    "check",
    "compare",
    "compile_sql",
    "export",
    "init",
    "lift",
    "open_run",
    "rename",
    "run",
    "simulate",
    "update",
]

# A name is imported when it is first used: scikit-learn and the engine take a second that `coterie --help` must not pay.
_HOMES = {
    "CoterieError": "errors",
    "CustomerSegmenter": "estimator",
    "Recipe": "recipe",
    "Run": "runs",
    "SegmentModel": "model",
    "assign": "assignment",
    "check": "preview",
    "compare": "comparison",
    "compile_sql": "compilation",
    "export": "exports",
    "init": "sources.starter",
    "lift": "campaign",
    "open_run": "runs",
    "rename": "renaming",
    "run": "pipeline",
    "simulate": "datasets",
    "update": "updating",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'coterie' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"coterie.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
