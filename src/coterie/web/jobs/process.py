"""One job's process: started apart from the server, watched, and ended with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from coterie.errors import CoterieError
from coterie.web.jobs.limits import Limits, no_memory

STDERR = "stderr.txt"
SCRATCH = "scratch"
_PATIENCE = 5.0
_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")


class Process:
    """The process of a job.

    Parameters
    ----------
    folder : Path
        The job's; its order lies there.
    limits : Limits
        What it may use.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._stopped = threading.Event()
        scratch = folder / SCRATCH
        scratch.mkdir(mode=0o700, exist_ok=True)
        # What the server knows, its tokens above all, stays with the server.
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        with (folder / STDERR).open("wb") as errors:
            self._process = subprocess.Popen(
                # Isolated: no file that somebody uploaded is ever imported.
                [sys.executable, "-I", "-m", "coterie.web.jobs.worker", str(folder), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=scratch,
                env={**environment, "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
                close_fds=True,
            )

    @property
    def pid(self) -> int:
        """Its id, which is that of its group."""
        return self._process.pid

    def stop(self) -> None:
        """End it, and all it started, at once."""
        self._stopped.set()
        # Not yet waited for, so that the id is still its own.
        if self._process.returncode is None:
            self._end()

    def wait(self) -> CoterieError | None:
        """Wait until it ends, or end it where it takes too long.

        Returns
        -------
        CoterieError or None
            Why it failed, in words, where it was not by its own account.
        """
        try:
            code = self._process.wait(self._limits.wall)
        except subprocess.TimeoutExpired:
            self._end()
            self._process.wait(_PATIENCE)
            return _failed(
                "The run took too long and was ended.",
                f"more than {self._limits.wall:,.0f} seconds.",
                "run it on the command line, coterie run FILE, or let the server's runs take longer.",
                "timeout",
            )
        # What it left behind in its group goes with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return None if code == 0 else self._reason(code)

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _reason(self, code: int) -> CoterieError:
        if self._stopped.is_set():
            return cancelled()
        if code == -signal.SIGXCPU:
            return _failed(
                "The run used more processor time than it may and was ended.",
                f"{self._limits.cpu:,} seconds are allowed.",
                "run it on the command line, coterie run FILE, or let the server's runs use more.",
                "timeout",
            )
        if _spoke_of_memory(self._folder / STDERR):
            return no_memory(self._limits)
        found = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return _failed(
            "The run's process ended before it was done. What was published before is as it was.",
            f"{found}.",
            "try again; if it happens again, run it on the command line, coterie run FILE, to see why.",
            "crashed",
        )


def cancelled() -> CoterieError:
    """Return the refusal of a job that a person stopped."""
    return _failed("The run was cancelled.", "somebody pressed Cancel.", "start it again when you want it.", "cancelled")


def _failed(wrong: str, found: str, fix: str, code: str) -> CoterieError:
    return CoterieError(wrong, found=found, fix=fix, code=code)


def _spoke_of_memory(errors: Path) -> bool:
    """Return whether a process that died said that memory was short: compiled code does not raise, it gives up."""
    try:
        with errors.open("rb") as file:
            said = file.read(65536)
    except OSError:
        return False
    return any(word in said for word in (b"MemoryError", b"bad_alloc", b"Cannot allocate memory", b"OutOfMemory", b"out of memory"))
