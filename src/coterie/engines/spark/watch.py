"""A look at the workers while jobs run: one that is lost is done without, but without any, a job would wait for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress


class Watch:
    """A thread that ends all jobs once there has been no worker for some time.

    Parameters
    ----------
    stuck : callable
        Whether there are jobs, and no worker for them.
    cancel : callable
        Ends all jobs.
    patience : float
        Seconds that jobs may wait for one.
    """

    def __init__(self, stuck: Callable[[], bool], cancel: Callable[[], None], patience: float) -> None:
        self.reason = ""
        self._stuck, self._cancel, self._patience = stuck, cancel, patience
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        last = time.monotonic()
        while not self._over.wait(min(1.0, self._patience / 4)):
            with suppress(Exception):  # The application may be ending.
                if not self._stuck():
                    last = time.monotonic()
            if time.monotonic() - last > self._patience:
                self.reason = f"no worker for {self._patience:g} seconds"
                with suppress(Exception):
                    self._cancel()
                # A job that is about to start is cancelled in the next round.

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
