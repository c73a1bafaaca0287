"""Slices of work shared out to threads, and taken back at once when somebody presses Ctrl-C."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Stop = NDArray[np.int32]
"""One number, zero until the work is to end; kernels look at it between two rows or iterations."""


def n_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(work: Callable[[int, int, Stop], None], total: int, step: int, threads: int | None = None) -> None:
    """Call ``work(first, last, stop)`` for slices of ``range(total)`` from several threads, and wait for all.

    The caller's thread only waits, so an interrupt reaches it whatever the kernels do.

    Parameters
    ----------
    work : callable
        Must write to places that depend on its slice alone, so that neither the slices nor the threads change a result.
    total, step : int
        How much there is, and how much a slice holds.
    threads : int, optional
        Defaults to the processors this process may use.
    """
    stop = np.zeros(1, dtype=np.int32)
    slices = iter(range(0, total, step))
    working = [True] * min(threads or n_processors(), -(-total // step))
    failures: list[BaseException] = []

    def worker(number: int) -> None:
        try:
            for at in slices:
                if stop[0]:
                    break
                work(at, min(at + step, total), stop)
        except BaseException as failure:
            stop[0] = 1
            failures.append(failure)
        finally:
            working[number] = False

    # Not an executor: an interrupt in the middle of handing it work can leave its locks shut for good.
    pool = [threading.Thread(target=worker, args=(number,), daemon=True) for number in range(len(working))]
    try:
        for thread in pool:
            thread.start()
        for thread in pool:
            thread.join()
    except BaseException:
        stop[0] = 1
        # An interrupted join no longer knows whether its thread still runs.
        while any(flag for flag, thread in zip(working, pool, strict=True) if thread.ident is not None):
            time.sleep(0.001)
        raise
    if failures:
        raise failures[0]
