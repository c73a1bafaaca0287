"""What a server is told before it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from coterie.errors import RecipeError
from coterie.report.format import Format

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEAST_TOKEN = 16


@dataclass(frozen=True)
class Caps:
    """How much one request may ask for, and how many there may be.

    Parameters
    ----------
    body : int
        Bytes of a body that is no upload.
    upload : int
        Bytes of a file that a run is made of.
    records : int
        Records of one ``POST /v1/score``.
    requests : int
        Requests at work at a time; one more is turned away with 503.
    turns : int
        Pages and lists that are made at a time; the others wait in the order they came.
    seconds : float
        From a request's first byte to its answer; an upload and a stream of events may take longer.
    headers_seconds : float
        In which a connection has to send a whole head of a request.
    body_seconds : float
        In which a small body has to come whole, and some of a large one.
    waiting : int
        Connections that may wait for that at a time; of more, the oldest is closed.
    drain_seconds : int
        After SIGTERM, for what is under way.
    """

    body: int = 10_000_000
    upload: int = 2 << 30
    records: int = 10_000
    requests: int = 64
    turns: int = 4
    seconds: float = 60.0
    headers_seconds: float = 10.0
    body_seconds: float = 20.0
    waiting: int = 2048
    drain_seconds: int = 8


@dataclass(frozen=True)
class Settings:
    """A server's settings.

    Parameters
    ----------
    runs : Path
        The folder of runs that it shows, and publishes into.
    host : str
        Address it listens at.
    token : str, optional
        What a caller has to know; without one everybody who reaches the address may ask.
    log_ids : bool
        Whether paths and queries, which hold customers' ids, are logged as they came.
    caps : Caps
        Limits of a request.
    locale, currency : str, optional
        That figures are written for; default each run's own.

    Raises
    ------
    RecipeError
        If the address is public and there is no token.
    RunError
        If the locale or the currency is not known.

    Examples
    --------
    >>> Settings(Path("coterie-runs")).hosts
    ('127.0.0.1', 'localhost', '::1')
    >>> Settings(Path("coterie-runs"), host="0.0.0.0")
    Traceback (most recent call last):
    ...
    coterie.errors.RecipeError: A public address needs a token.
    Found: --host 0.0.0.0 without --token-file.
    Fix:   openssl rand -hex 32 > token.txt, then --token-file token.txt; or leave --host out.
    """

    runs: Path
    host: str = "127.0.0.1"
    token: str | None = None
    log_ids: bool = False
    caps: Caps = Caps()
    locale: str | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        Format(self.locale or "en", self.currency)
        if self.token is None and not is_loopback(self.host):
            raise RecipeError(
                "A public address needs a token.",
                found=f"--host {self.host} without --token-file.",
                fix="openssl rand -hex 32 > token.txt, then --token-file token.txt; or leave --host out.",
                code="no_token",
            )

    @property
    def hosts(self) -> tuple[str, ...] | None:
        """Names a request may call this server by; None where any will do, since a token tells who asks.

        Without it, a page of somebody else's could give its own name this address and ask from the browser of whoever opened it.
        """
        if self.token is not None:
            return None
        return LOOPBACK if self.host in LOOPBACK else (self.host, *LOOPBACK)

    @property
    def jobs(self) -> Path:
        """Folder of uploads and of the accounts of runs that are made here."""
        return self.runs / ".jobs"


def is_loopback(host: str) -> bool:
    """Return whether an address reaches this machine alone.

    Examples
    --------
    >>> is_loopback("127.0.0.53"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("shop.example")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_token(path: Path) -> str:
    """Return the token that a file holds, on one line.

    Raises
    ------
    RecipeError
        If there is no such file, or what it holds is too short to be a secret.
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _no_token(path, f"{error.strerror if isinstance(error, OSError) else 'no text'}.") from None
    if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise _no_token(path, f"{len(token)} characters; a token has at least {LEAST_TOKEN}, ASCII, without spaces.")
    return token


def _no_token(path: Path, found: str) -> RecipeError:
    return RecipeError(f"{path} holds no token.", found=found, fix=f"openssl rand -hex 32 > {path}", code="bad_token")
