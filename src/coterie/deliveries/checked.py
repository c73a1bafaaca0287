"""An earlier run whose files are checked while other work goes on: to hash them leaves Python idle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coterie.runs import Run


@dataclass(frozen=True)
class Checked(Run):
    """A run whose tables are checked once, from now on.

    Parameters
    ----------
    ahead : mapping of str to Future
        By name of the file.
    """

    ahead: Mapping[str, Future[Path]] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """Return the path of one of the run's files, as soon as its hash is checked."""
        return self.ahead[name].result() if name in self.ahead else super().file(name)


@contextmanager
def checked(run: Run) -> Iterator[Checked]:
    """Have every table of a run checked in a thread of its own, in the order in which an update reads them."""
    with ThreadPoolExecutor(1) as pool:
        tables = [name for name in run.manifest["outputs"] if name.endswith(".parquet")]
        # Rows as they came are looked up only for those that may equal others.
        tables.sort(key=lambda name: (name.startswith("rows-"), not name.startswith(("lines-", "changes-"))))
        ahead = {name: pool.submit(run.file, name) for name in tables}
        try:
            yield Checked(run.path, run.manifest, run.caution, ahead)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
