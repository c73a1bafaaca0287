"""Few customers at a time, assigned together with those of whoever else asks in the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coterie.model import SegmentModel
from coterie.web.scoring import Array, score

_MOST = 64
"""Customers assigned between two other requests; the others come right after those."""


@dataclass(frozen=True)
class _Asked:
    """What one request asks for, and where its answer goes."""

    ids: Sequence[str | None]
    columns: Mapping[str, Array]
    answer: asyncio.Future[list[dict[str, Any]]]

    def give(self, model: SegmentModel, *, reasons: bool) -> None:
        """Assign these customers alone, or tell who asked why not."""
        try:
            found = score(model, self.ids, self.columns, reasons=reasons)
        except Exception as error:
            if not self.answer.done():
                self.answer.set_exception(error)
        else:
            self.told(found)

    def told(self, found: list[dict[str, Any]]) -> None:
        """Hand over the answer."""
        # Who asked may have gone meanwhile.
        if not self.answer.done():
            self.answer.set_result(found)


class Together:
    """Collects the customers of requests that are being read now, and assigns them as one table.

    Arrays take nearly as long for one customer as for thirty; each gets what they get alone. Nobody waits for others to come.

    Parameters
    ----------
    model : SegmentModel
        That assigns.
    """

    def __init__(self, model: SegmentModel) -> None:
        self._model = model
        self._waiting: dict[bool, list[_Asked]] = {True: [], False: []}

    async def score(self, ids: Sequence[str | None], columns: Mapping[str, Array], *, reasons: bool) -> list[dict[str, Any]]:
        """Return what `coterie.web.scoring.score` does."""
        loop = asyncio.get_running_loop()
        asked = _Asked(ids, columns, loop.create_future())
        waiting = self._waiting[reasons]
        if not waiting:
            loop.call_soon(self._assign, reasons)
        waiting.append(asked)
        return await asked.answer

    def _assign(self, reasons: bool) -> None:
        """Answer some of those who wait."""
        waiting, taken, size = self._waiting[reasons], 0, 0
        while taken < len(waiting) and (not taken or size + len(waiting[taken].ids) <= _MOST):
            size += len(waiting[taken].ids)
            taken += 1
        now, self._waiting[reasons] = waiting[:taken], waiting[taken:]
        if self._waiting[reasons]:
            asyncio.get_running_loop().call_soon(self._assign, reasons)
        try:
            ids = [one for asked in now for one in asked.ids]
            columns = {name: np.concatenate([asked.columns[name] for asked in now]) for name in self._model.features}
            found = iter(score(self._model, ids, columns, reasons=reasons))
        except Exception:
            # Of one of them. Each is told of their own alone.
            for asked in now:
                asked.give(self._model, reasons=reasons)
        else:
            for asked in now:
                asked.told([next(found) for _ in asked.ids])
