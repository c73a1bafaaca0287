"""A job's events as server-sent events: a browser that comes back goes on where it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from coterie.web.jobs.desk import Desk
from coterie.web.jobs.events import LAST

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_PAUSE, _SIGN_OF_LIFE = 0.2, 15.0


async def stream(desk: Desk, job: str, after: int = 0) -> AsyncIterator[str]:
    """Yield the events of a job until it is over; whoever stops listening stops nothing.

    Parameters
    ----------
    desk : Desk
        That has the job.
    job : str
        Its id.
    after : int, default 0
        Number of the last event known already.
    """
    quiet = 0.0
    while True:
        for number, event in desk.events(job, after):
            after, quiet = number, 0.0
            data = {key: value for key, value in event.items() if key != "event"}
            yield f"id: {number}\nevent: {event['event']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
            if event["event"] in LAST:
                return
        await asyncio.sleep(_PAUSE)
        quiet += _PAUSE
        if quiet >= _SIGN_OF_LIFE:
            quiet = 0.0
            yield ": still at work\n\n"
