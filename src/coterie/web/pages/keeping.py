"""Pages of a run that are the same for whoever asks, kept as they were made; only the token of their forms is everybody's own."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

MOST = 8 << 20
"""Bytes of pages that are kept of one run; of more, the one that nobody asked for the longest goes."""
LONGEST = 2000
"""Letters of an address whose page is kept."""
PLACE = secrets.token_hex(16)
"""Stands in a kept page where the token of who asks will: made anew by every process, and never sent."""


class Kept:
    """The kept pages of one run."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._pages: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return self._size

    def get(self, key: Hashable) -> bytes | None:
        """Return a page, or None where it is not kept."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def keep(self, key: Hashable, page: bytes) -> None:
        """Keep a page."""
        with self._lock:
            self._size += len(page) - len(self._pages.pop(key, b""))
            self._pages[key] = page
            while self._size > self._most:
                self._size -= len(self._pages.popitem(last=False)[1])


def filled(request: Request, page: bytes, status: int = 200) -> Response:
    """Return a kept page for who asks for it now."""
    token = request.app.state.csrf_token(request) if PLACE.encode() in page else ""
    return HTMLResponse(page.replace(PLACE.encode(), token.encode()), status, headers={"Cache-Control": "no-store"})
