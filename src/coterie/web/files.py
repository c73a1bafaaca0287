"""The files of a run as they were published: by name, whole, and never by a path."""

from __future__ import annotations

import html
import re
from pathlib import Path

from coterie.errors import RunError
from coterie.web.snapshot import Snapshot

KINDS = {".csv": "text/csv; charset=utf-8", ".json": "application/json", ".html": "text/html; charset=utf-8"}
"""Media types by ending; any other is bytes."""
_META = re.compile('http-equiv="Content-Security-Policy" content="([^"]*)"')
_HASH = re.compile("'sha256-[A-Za-z0-9+/]{43}='")
_HEAD = 4096


def whole(found: Snapshot, name: str) -> Path:
    """Return the path of a file that the manifest lists, held against its hash once as it is on disk.

    Parameters
    ----------
    found : Snapshot
        The run.
    name : str
        As the manifest has it; nothing else is looked for.

    Raises
    ------
    RunError
        If the run has no such file, or it was changed.
    """
    if not found.has(name) or Path(name).name != name:
        raise RunError(
            "The run has no such file.",
            found=f"{name[:100]!r}; files: {', '.join(found.run.manifest['outputs'])}.",
            fix="one of those.",
            code="no_file",
        )
    try:
        stat = (found.run.path / name).stat()
    except OSError:
        return found.run.file(name)
    return found.once(("whole", name, stat.st_ino, stat.st_size, stat.st_mtime_ns), lambda: found.run.file(name))


def report_policy(report: Path) -> str:
    """Return the policy that a report is shown under: its own scripts and style by hash, in a place that is no part of this site.

    A report is a page with scripts that was made elsewhere: in a sandbox it draws its charts, and can ask this server for nothing.
    """
    with report.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8", "replace")
    own = _META.search(head)
    said = dict(part.strip().partition(" ")[::2] for part in html.unescape(own[1] if own else "").split(";"))
    scripts, styles = (" ".join(_HASH.findall(said.get(kind, ""))) or "'none'" for kind in ("script-src", "style-src"))
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
