"""How long a connection may say nothing: a socket without a whole request is closed, and of too many the oldest goes first."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def impatient(seconds: float, most: int) -> type[H11Protocol]:
    """Return a protocol for uvicorn, which by itself waits for ever for the head of a request.

    Parameters
    ----------
    seconds : float
        In which the whole head has to come; bytes that trickle in do not buy more.
    most : int
        Connections that may wait at a time.
    """
    waiting: dict[Any, asyncio.TimerHandle] = {}

    class Impatient(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()
            if len(waiting) > most:
                next(iter(waiting)).transport.abort()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop()
            elif self not in waiting and not self.transport.is_closing():
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _wait(self) -> None:
            waiting[self] = self.loop.call_later(seconds, self.transport.abort)

        def _stop(self) -> None:
            timer = waiting.pop(self, None)
            if timer is not None:
                timer.cancel()

    return Impatient
