"""The desk where jobs are asked for: one at a time in each lane, a short queue, and an account of each that outlives the server."""

from __future__ import annotations

import fcntl
import re
import secrets
import shutil
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from coterie.errors import BusyError, RunError
from coterie.web.jobs import account
from coterie.web.jobs.events import tell, told
from coterie.web.jobs.limits import Limits
from coterie.web.jobs.order import Order
from coterie.web.jobs.process import Process, cancelled
from coterie.web.jobs.uploads import Shelf

_ID = re.compile(r"[0-9a-f]{32}")
_REMEMBERED = 50


class Desk:
    """Takes orders and has them done, each in a process of its own.

    Parameters
    ----------
    folder : Path
        Where uploads and accounts lie; private to this user.
    runs : Path
        The folder of runs that is published into.
    limits : Limits, optional
        What a job may use.
    waiting : int, default 4
        Orders that may wait in a lane; one more is turned away.
    now : callable, optional
        Tells the time for a run's manifest; nothing here reads the clock.
    """

    def __init__(
        self,
        folder: Path,
        runs: Path,
        *,
        limits: Limits | None = None,
        waiting: int = 4,
        now: Callable[[], str] | None = None,
    ) -> None:
        self.folder, self.runs, self.limits = folder, runs, limits or Limits()
        self.shelf = Shelf(folder / "uploads")
        self._waiting, self.now = waiting, now
        self._turn = threading.Condition(threading.RLock())
        # Looking at a file takes seconds and somebody waits for it: not behind a run that takes minutes.
        self._queues: dict[str, deque[tuple[str, Order]]] = {"run": deque(), "check": deque()}
        self._running: dict[str, tuple[str, Process]] = {}
        self._stopped: set[str] = set()
        self._lock: IO[str] | None = None
        self._lanes: list[threading.Thread] = []
        self._closed = False

    def open(self) -> None:
        """Take the folder, and mark what an earlier server left undone as lost.

        Raises
        ------
        BusyError
            If another server has the folder.
        RunError
            If it cannot be written to.
        """
        with self._turn:
            if self._lock is not None:
                return
            self._lock = _taken(self.folder)
            self.shelf.clear()
            self._settle()
            for kind in self._queues:
                lane = threading.Thread(target=self._work, args=(kind,), name=f"coterie-{kind}", daemon=True)
                lane.start()
                self._lanes.append(lane)

    def submit(self, order: Order) -> str:
        """Put an order in the queue and return the job's id.

        Raises
        ------
        BusyError
            If the queue is full.
        """
        self.open()
        with self._turn:
            queue = self._queues[order.kind]
            if self._closed or len(queue) >= self._waiting:
                raise BusyError(
                    "Too many runs are waiting.",
                    found=f"{len(queue)} in the queue.",
                    fix="wait until one is done, and start again.",
                    code="queue_full",
                )
            job = secrets.token_hex(16)
            folder = self.folder / job
            folder.mkdir(mode=0o700)
            created = self.now() if self.now else None
            order.save(folder, out=str(self.runs.resolve()), created=created, limits=asdict(self.limits))
            tell(folder, "queued", before=len(queue) + (order.kind in self._running))
            self.shelf.hold(order.upload)
            queue.append((job, order))
            self._forget_oldest()
            self._turn.notify_all()
        return job

    def events(self, job: str, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """Return what a job has said since its event number ``after``.

        Raises
        ------
        RunError
            If there is no such job.
        """
        return told(self._known(job), after)

    def cancel(self, job: str) -> None:
        """Stop a job, waiting or at work; one that is over stays as it is.

        Raises
        ------
        RunError
            If there is no such job.
        """
        folder = self._known(job)
        with self._turn:
            for queue in self._queues.values():
                for entry in [entry for entry in queue if entry[0] == job]:
                    queue.remove(entry)
                    account.refuse(folder, cancelled())
                    self._settled(folder, entry[1])
            for running, process in self._running.values():
                if running == job:
                    self._stopped.add(job)
                    process.stop()

    def wait(self, job: str, seconds: float) -> dict[str, Any] | None:
        """Return a job's last event once it is over; None where that takes longer."""
        with self._turn:
            if not self._turn.wait_for(lambda: self._over(job), seconds):
                return None
        return self.events(job)[-1][1]

    def file(self, job: str, name: str) -> Path:
        """Return the path of a file that a job left."""
        return self._known(job) / name

    def process(self, job: str) -> int | None:
        """Return the id of the process at work on a job."""
        with self._turn:
            return next((process.pid for running, process in self._running.values() if running == job), None)

    def close(self) -> None:
        """Stop everything; what was waiting or at work is told to be lost."""
        with self._turn:
            self._closed = True
            for _, process in self._running.values():
                process.stop()
            self._turn.notify_all()
        for lane in self._lanes:
            lane.join(10)
        with self._turn:
            if self._lock is not None:
                self.shelf.clear()
                self._settle()
                self._lock.close()
                self._lock = None

    def _work(self, kind: str) -> None:
        queue = self._queues[kind]
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._closed or queue)
                if self._closed:
                    return
                job, order = queue.popleft()
                folder = self.folder / job
                tell(folder, "started")
                try:
                    process = Process(folder, self.limits)
                except OSError as error:
                    account.refuse(folder, account.not_started(error))
                    self._settled(folder, order)
                    continue
                self._running[kind] = (job, process)
            failed = process.wait()
            with self._turn:
                del self._running[kind]
                if self._closed:
                    return
                if not account.ended(folder):
                    account.refuse(folder, cancelled() if job in self._stopped else failed or account.silent())
                self._stopped.discard(job)
                self._settled(folder, order)

    def _settled(self, folder: Path, order: Order) -> None:
        """Clean up behind a job that is over."""
        last = told(folder)[-1][1]
        again = order.kind == "check" or (last["event"] == "refused" and last["error"] not in account.HOPELESS)
        self.shelf.release(order.upload, keep=again)
        account.tidy(folder)
        self._turn.notify_all()

    def _settle(self) -> None:
        """End the accounts of jobs that nobody works on any more."""
        for folder in self.folder.iterdir():
            if _ID.fullmatch(folder.name) and folder.is_dir():
                if not account.ended(folder):
                    account.refuse(folder, account.lost())
                account.tidy(folder)

    def _over(self, job: str) -> bool:
        waiting = any(job == entry[0] for queue in self._queues.values() for entry in queue)
        return not waiting and all(job != running for running, _ in self._running.values())

    def _known(self, job: str) -> Path:
        folder = self.folder / job
        if _ID.fullmatch(job) and folder.is_dir():
            return folder
        raise RunError(
            "There is no such job.",
            found="an id that this server does not know, or has forgotten.",
            fix="start a new run.",
            code="no_job",
        )

    def _forget_oldest(self) -> None:
        done = [folder for folder in self.folder.iterdir() if _ID.fullmatch(folder.name) and self._over(folder.name)]
        done.sort(key=lambda folder: folder.stat().st_mtime)
        for folder in done[:-_REMEMBERED]:
            shutil.rmtree(folder, ignore_errors=True)


def _taken(folder: Path) -> IO[str]:
    """Make a folder that only this user sees, and hold its lock."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w", encoding="ascii")
    except OSError as error:
        raise RunError(
            f"New runs cannot be made: {folder} cannot be written to.",
            found=f"{error.strerror}.",
            fix="mend its permissions or make room, or give the server another folder.",
            code="unwritable",
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise BusyError(
            "Another server makes the new runs of this folder.",
            found=f"a lock on {folder}.",
            fix="use that one, or end it.",
            code="busy",
        ) from None
    return lock


