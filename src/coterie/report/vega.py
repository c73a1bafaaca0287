"""Vega's script for pages without a network: taken from vl-convert, kept in the user's cache between runs."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

SNIPPET = "window.vegaEmbed = vegaEmbed;"


_ONE = threading.Lock()


def bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that sets ``window.vegaEmbed``.

    Building it takes a second, so a pipeline may call this early in a thread of its own; whoever needs it next waits
    for that. A copy is kept in ``$XDG_CACHE_HOME/coterie``, its first line the hash of the rest; a copy that does not
    fit its hash is built anew, and a cache that cannot be written is done without.
    """
    with _ONE:
        return _bundle()


@functools.cache
def _bundle() -> str:
    import vl_convert

    made_by = f"{version('vl-convert-python')} {vl_convert.get_vega_version()} {SNIPPET}"
    name = hashlib.sha256(made_by.encode()).hexdigest()[:16]
    path = _cache() / f"vega-{name}.js"
    script = _read(path)
    if script is None:
        script = vl_convert.javascript_bundle(SNIPPET)
        with contextlib.suppress(OSError):
            _write(path, script)
    return script


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "coterie"


def _read(path: Path) -> str | None:
    try:
        digest, _, script = path.read_text("utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return script if digest == hashlib.sha256(script.encode()).hexdigest() else None


def _write(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(f"{hashlib.sha256(script.encode()).hexdigest()}\n{script}")
    Path(temporary).replace(path)
