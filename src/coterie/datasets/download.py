"""Fetch a file over HTTP: no more than it may be, and all of what was announced."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from coterie.errors import InputError

BLOCK = 1 << 18
TIMEOUT = 60
"""Seconds without a byte."""

Opener = Callable[[str], AbstractContextManager[Any]]
"""Opens a URL as a response with ``read(size)`` and ``headers``, as `urllib.request.urlopen` does."""
Progress = Callable[[int, int | None], None]
"""Told the bytes so far, and the bytes announced if they were."""


def open_url(url: str) -> AbstractContextManager[Any]:
    """Open an ``http`` or ``https`` URL.

    Raises
    ------
    InputError
        If it is of another scheme.
    """
    if not url.lower().startswith(("https://", "http://")):
        raise InputError(
            f"{url} is not a web address.",
            found=f"the scheme {url.partition(':')[0]!r}.",
            fix="--url with an address that starts with https://.",
            code="bad_url",
        )
    response: AbstractContextManager[Any] = urllib.request.urlopen(url, timeout=TIMEOUT)
    return response


def download(
    url: str, path: Path, *, at_most: int, opener: Opener = open_url, progress: Progress | None = None
) -> None:
    """Stream a URL into a file.

    Parameters
    ----------
    url : str
        Where it is.
    path : Path
        Where it goes; what is there on a refusal is worthless.
    at_most : int
        Bytes; a longer body is refused as soon as that is known.
    opener : callable, optional
        How the URL is opened.
    progress : callable, optional
        Told how far it is after every block.

    Raises
    ------
    InputError
        If it cannot be reached, is longer than ``at_most``, or shorter than announced.
    """
    try:
        with opener(url) as response, path.open("wb") as file:
            announced = int(response.headers.get("Content-Length") or 0) or None
            done = 0
            _refuse_oversize(url, announced or 0, at_most)
            while block := response.read(BLOCK):
                done += len(block)
                _refuse_oversize(url, done, at_most)
                file.write(block)
                if progress:
                    progress(done, announced)
    except urllib.error.HTTPError as error:
        with error:
            raise _unreachable(url, f"the answer {error.code} {error.reason}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(url, f"{error}.") from None
    if announced and done < announced:
        raise InputError(
            f"The download of {url} broke off.",
            found=f"{done:,} of {announced:,} bytes.",
            fix="run the same command again.",
            code="download_truncated",
        )


def _refuse_oversize(url: str, size: int, at_most: int) -> None:
    if size > at_most:
        raise InputError(
            f"{url} is larger than this data set can be.",
            found=f"{size:,} bytes or more, where {at_most:,} are the limit.",
            fix="--url with the address of the data set itself.",
            code="download_too_large",
        )


def _unreachable(url: str, found: str) -> InputError:
    return InputError(
        f"{url} cannot be downloaded.",
        found=found,
        fix="check the connection and run the same command again, or give a mirror with --url.",
        code="download_failed",
    )
