"""The library: which runs there are, the one that is served, and what to do when the newest is not whole."""

from __future__ import annotations

import re
import shlex
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.errors import CoterieError, RunError
from coterie.runs import Run, open_run, resolve
from coterie.web.snapshot import Signature, Snapshot, signature, verify

if TYPE_CHECKING:
    from coterie.report.format import Format

NUMBER = re.compile(r"[0-9]{6,12}")


@dataclass(frozen=True)
class State:
    """What a server would say of itself: which run answers, and whether that is the newest and whole on disk.

    Parameters
    ----------
    run : str or None
        Number of the run that answers; None where there is none.
    why : str or None
        Why it is not the newest, or not whole any more.
    """

    run: str | None
    why: str | None

    @property
    def degraded(self) -> bool:
        """Whether a person should look."""
        return self.why is not None


class Library:
    """The runs of a folder. The latest is picked up between requests; one that is not whole is passed over.

    Parameters
    ----------
    folder : Path
        Of runs; it may still be empty, or not be there.
    kept : int, default 4
        Earlier runs that stay open for whoever asks for them by number.
    locale, currency : str, optional
        That figures are written for; default each run's own.
    beside : callable, optional
        Told of the library and of a run that is to answer as the latest, so that what it takes other runs to say is at hand before.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kept: int = 4,
        locale: str | None = None,
        currency: str | None = None,
        beside: Callable[[Library, Snapshot], object] | None = None,
    ) -> None:
        self.folder = folder
        self._written = (locale, currency)
        self._kept = kept
        self._current: Snapshot | None = None
        self._why: str | None = None
        self._seen: Any = None
        self._files: dict[Path, Signature] = {}
        self._pinned: OrderedDict[str, Snapshot] = OrderedDict()
        self._opening, self._checking = threading.Lock(), threading.Lock()
        self._first = True
        self._beside = beside or (lambda library, found: None)
        self._hasty: Snapshot | None = None

    def hasty(self, found: Snapshot) -> bool:
        """Return whether a run answers before anything was made of it and of others, for the sake of the first page."""
        return found is self._hasty

    def settle(self) -> None:
        """Make of the first run and of others what was not made before it answered."""
        found = self._hasty
        if found is not None:
            self._beside(self, found)
            self._hasty = None

    def at_hand(self) -> Snapshot | None:
        """Return the latest run where nothing was published since it was opened: no waiting, two questions to the file system."""
        return self._current if self._seen == self._pointer() else None

    def current(self) -> Snapshot:
        """Return the latest run; opens it if it is new, while others are served the one before.

        The first of all is there as soon as its first page can be made: `check` reads its tables, or whoever asks for one.

        Raises
        ------
        RunError
            If there is no whole run.
        """
        found = self.at_hand()
        if found is None and self._opening.acquire(blocking=self._current is None):
            try:
                if self.at_hand() is None:
                    self._look(quick=self._first)
            finally:
                self._opening.release()
        if self._current is None:
            raise _nothing(self.folder, self._why)
        return self._current

    def get(self, run: str | None) -> Snapshot:
        """Return a run by number; the latest for None.

        Raises
        ------
        RunError
            If there is no such run, or it is not whole.
        """
        if run is None:
            return self.current()
        current = self._current
        if current is not None and current.number == run:
            return current
        folder = self.place(run)
        with self._opening:
            if run not in self._pinned:
                self._pinned[run] = Snapshot.open(open_run(folder), *self._written)
                while len(self._pinned) > self._kept:
                    self._pinned.popitem(last=False)
            self._pinned.move_to_end(run)
            return self._pinned[run]

    def numbers(self) -> list[str]:
        """Return the numbers of all runs, newest first."""
        try:
            found = [entry.name for entry in self.folder.iterdir() if NUMBER.fullmatch(entry.name)]
        except OSError:
            return []
        return sorted((name for name in found if self._inside(name)), key=int, reverse=True)

    def place(self, run: str) -> Path:
        """Return the folder of a run, which lies in this library and nowhere else.

        Raises
        ------
        RunError
            If there is no such run.
        """
        if NUMBER.fullmatch(run) and self._inside(run):
            return self.folder / run
        numbers = self.numbers()
        raise RunError(
            "There is no such run.",
            found=f"{len(numbers)} runs" + (f", the latest {numbers[0]}." if numbers else "."),
            fix="GET /v1/runs has their numbers.",
            code="no_run",
        )

    def words(self, run: Run) -> Format:
        """Return how the figures of a run are written, whether it is open or not."""
        from coterie.report.format import Format
        from coterie.report.summary import locale_of

        locale, currency = self._written
        return Format(locale or locale_of(run.manifest), currency or run.manifest.get("currency"))

    def check(self) -> State:
        """Look for a newer run, hold what is served against the disk where that has changed, and say how things are.

        Who asks while another looks waits for what is found.
        """
        with self._checking:
            try:
                self._check()
            except (CoterieError, OSError) as error:
                if self._current is not None:
                    # Not remembered: the next who asks looks again.
                    self._why = _reason(self._current.number, error)
            return State(self._current.number if self._current else None, self._why or (None if self._current else "no run"))

    def _check(self) -> None:
        current = self._loaded()
        newest = [self.folder / number for number in self.numbers()[:1]]
        folders = dict.fromkeys([*newest, current.run.path])
        now = {folder: signature(folder) for folder in folders}
        if now != self._files:
            self._seen = None
            verify(self.current().run)
            self._files = now

    def _loaded(self) -> Snapshot:
        """Return the latest run with all its tables; where the first one's cannot be read, another takes its place."""
        current = self.current()
        try:
            return current.load()
        except (CoterieError, OSError):
            with self._opening:
                if self._current is current:
                    self._current, self._seen = None, None
                    self._look()
            return self.current()

    def close(self) -> None:
        """Let go of every run."""
        self._current, self._seen = None, None
        self._pinned.clear()

    def _inside(self, name: str) -> bool:
        """Return whether a run is a folder of this library's, and no link to elsewhere."""
        place = self.folder / name
        return not place.is_symlink() and (place / "manifest.json").is_file()

    def _pointer(self) -> Any:
        """Return what changes when a run is published: the pointer's stat, and the folder's where it is missing."""
        for path in (self.folder / "latest", self.folder):
            try:
                stat = path.stat()
            except OSError:
                continue
            return path.name, stat.st_ino, stat.st_mtime_ns, stat.st_size
        return None

    def _look(self, *, quick: bool = False) -> None:
        """Open the latest whole run; quick, for the very first page, before its tables are read."""
        self._first = False
        seen = self._pointer()
        before, why = self._current, None
        for folder in self._candidates():
            if before is not None and folder.name == before.number:
                break
            try:
                opened = Snapshot.open(open_run(folder), *self._written)
                if quick:
                    self._hasty = opened.glance()
                else:
                    self._beside(self, opened.load())
                self._current = opened
                break
            except (CoterieError, OSError) as error:
                why = why or _reason(folder.name, error)
        self._why, self._seen = why or self._misled(), seen

    def _candidates(self) -> list[Path]:
        """Return folders of runs, the one to serve first."""
        try:
            pointed = [folder.name for folder in resolve(self.folder)]
        except RunError:
            pointed = []
        numbers = self.numbers()
        return [self.folder / name for name in dict.fromkeys([*pointed, *numbers]) if name in numbers]

    def _misled(self) -> str | None:
        """Return what is wrong with the pointer to the latest run, where there are runs."""
        numbers = self.numbers()
        try:
            pointed = (self.folder / "latest").read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            pointed = ""
        return "latest names no run; the newest whole one answers" if numbers and pointed not in numbers else None


def summary(run: Run) -> dict[str, Any]:
    """Return what a list of runs tells of one."""
    manifest = run.manifest
    return {
        "run": run.number,
        "as_of": manifest["as_of"],
        "created": manifest["created"],
        "recipe": manifest["recipe"]["name"],
        "inputs": [one["name"] for one in manifest["inputs"]],
        "renamed_from": manifest.get("renamed_from"),
    }


def _reason(number: str, error: Exception) -> str:
    code = error.code if isinstance(error, CoterieError) else type(error).__name__
    return f"run {number} is not whole ({code})"


def _nothing(folder: Path, why: str | None) -> RunError:
    return RunError(
        "There is no run to show yet." if why is None else "There is no whole run to show.",
        found=f"{why or 'an empty folder'}.",
        fix=f"coterie run FILE --out {shlex.quote(folder.name)}, or make one in the browser at /new.",
        code="no_run_yet",
    )
