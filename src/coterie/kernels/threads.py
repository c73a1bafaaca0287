"""Slices of work shared out to threads, and taken back at once when somebody presses Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
    with ThreadPoolExecutor(threads or n_processors()) as pool:
        try:
            slices = [pool.submit(work, at, min(at + step, total), stop) for at in range(0, total, step)]
            for one in slices:
                one.result()
        except BaseException:
            stop[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise
