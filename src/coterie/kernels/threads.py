"""Slices of work shared out to threads, and taken back at once when somebody presses Ctrl-C."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S")
T = TypeVar("T")
Stop = NDArray[np.int32]
"""One number, zero until the work is to end; kernels look at it between two rows or iterations."""


def n_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Task(NamedTuple):
    """Work that can be cut into slices.

    Parameters
    ----------
    work : callable
        Called as ``work(first, last, stop)``. Must write to places that depend on its slice alone, so that neither the slices nor
        the threads change a result.
    total, step : int
        How much there is, and how much a slice holds.
    """

    work: Callable[[int, int, Stop], None]
    total: int
    step: int


def share_out(work: Callable[[int, int, Stop], None], total: int, step: int, threads: int | None = None) -> None:
    """Share out one task; the parameters are those of `Task` and `share_out_all`."""
    share_out_all([Task(work, total, step)], threads)


def share_out_all(tasks: Sequence[Task], threads: int | None = None) -> None:
    """Work off the slices of tasks in their order from several threads, and wait for all.

    The caller's thread only waits, so an interrupt reaches it whatever the kernels do.

    Parameters
    ----------
    tasks : sequence of Task
        None of them needs what another one gives.
    threads : int, optional
        Defaults to the processors this process may use.
    """
    stop = np.zeros(1, dtype=np.int32)
    cut = [(task.work, at, min(at + task.step, task.total)) for task in tasks for at in range(0, task.total, task.step)]
    slices = iter(cut)
    working = [True] * min(threads or n_processors(), len(cut))
    failures: list[BaseException] = []

    def worker(number: int) -> None:
        try:
            for work, first, last in slices:
                if stop[0]:
                    break
                work(first, last, stop)
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


def side_by_side(function: Callable[[S], T], items: Sequence[S], threads: int | None = None) -> list[T]:
    """Call a function once for each item from several threads: work on large arrays lets others run.

    Parameters
    ----------
    function : callable
        Must not depend on the other calls.
    items : sequence
        What it is called with.
    threads : int, optional
        Defaults to the processors this process may use.

    Returns
    -------
    list
        What it gave, in the order of the items.

    Examples
    --------
    >>> side_by_side(abs, [-1, 2])
    [1, 2]
    """
    found: dict[int, T] = {}

    def work(first: int, last: int, stop: Stop) -> None:
        for i in range(first, last):
            found[i] = function(items[i])

    share_out(work, len(items), 1, threads)
    return [found[i] for i in range(len(items))]
