"""Compiled templates, kept beside their sources as Python keeps compiled modules: compiling takes longer than filling them."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import FileSystemBytecodeCache


def kept_beside(templates: Path, options: dict[str, Any]) -> FileSystemBytecodeCache | None:
    """Return where compiled templates are kept; None where nothing may be written there, or Python keeps nothing either.

    Parameters
    ----------
    templates : Path
        Folder of the sources.
    options : dict
        Of the environment: what is compiled under other ones, or by another Jinja, is another file. What is compiled of another
        source is not taken.
    """
    folder = templates / "__pycache__"
    if sys.dont_write_bytecode:
        return None
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    compiler = hashlib.sha256(f"{jinja2.__version__} {sorted(options.items())}".encode()).hexdigest()[:12]
    return FileSystemBytecodeCache(str(folder), f"{compiler}-%s.jinja")
