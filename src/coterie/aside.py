"""Calls made aside: in order, in one thread of their own, while the caller goes on with something else."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Aside:
    """A thread that works off calls, one after the other.

    Whoever needs an answer waits for it; an error comes to light there. Leaving the block waits for all that was asked for; leaving
    it with an error, for the call at hand alone.

    Parameters
    ----------
    stop : callable, optional
        Called on leaving with an error: ends the call at hand.

    Examples
    --------
    >>> with Aside() as aside:
    ...     total = aside.call(sum, [1, 2, 3])
    ...     total.result()
    6
    """

    def __init__(self, stop: Callable[[], None] = lambda: None) -> None:
        self._stop = stop
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._abandoned = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        """Have a function called after those before it.

        Returns
        -------
        Future
            ``result()`` waits, then gives what the function gave or raises what it raised.
        """
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(function(*args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)

        self._calls.put(work)
        return answer

    def _work(self) -> None:
        while (work := self._calls.get()) is not None and not self._abandoned:
            work()

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait."""
        if kind is not None:
            self._abandoned = True
            self._stop()
        self._calls.put(None)
        self._thread.join()
