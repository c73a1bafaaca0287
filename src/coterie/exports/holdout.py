"""A control group that nobody draws: a keyed hash of each customer's id says who is held out, always alike."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from coterie.errors import RecipeError
from coterie.runs import Run

_WHOLE = 2**64


def held_out(customer_ids: Iterable[str], share: float, key: bytes) -> list[bool]:
    """Say of each customer whether they are held out.

    The answer hangs on the id and the key alone: not on the order, the segment or the format. Who is held out at one share is
    held out at every larger one.

    Parameters
    ----------
    customer_ids : iterable of str
        Customers.
    share : float
        Of customers to hold out, above 0 and below 1.
    key : bytes
        Who knows it can tell who is held out; another key holds out others.

    References
    ----------
    RFC 2104, "HMAC: Keyed-Hashing for Message Authentication", doi:10.17487/RFC2104

    Examples
    --------
    >>> drawn = held_out(map(str, range(10_000)), 0.1, b"spring")
    >>> sum(drawn)
    1006
    """
    below = int(share * _WHOLE)
    return [int.from_bytes(hmac.digest(key, b"holdout\0" + one.encode(), "sha256")[:8]) < below for one in customer_ids]


def key_of(run: Run, given: str | None) -> bytes:
    """Return the key: as given, or from the run's inputs, so that runs over the same data hold out the same customers."""
    if given:
        return given.encode()
    return hashlib.sha256("\n".join(sorted(one["sha256"] for one in run.manifest["inputs"])).encode()).digest()


def share_of(text: str | float) -> float:
    """Return a share written as ``10%``, ``10 %`` or ``0.1``.

    Raises
    ------
    RecipeError
        If it is not above 0 and below 1.

    Examples
    --------
    >>> share_of("10%"), share_of("2.5 %"), share_of(0.2)
    (0.1, 0.025, 0.2)
    """
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(%?)\s*", str(text))
    share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < share < 1:
        raise RecipeError(
            f"{text!r} is no share of customers to hold out.",
            found=f"{text!r}.",
            fix="--holdout 10%, above 0 and below 100 %.",
            code="bad_share",
        )
    return share
