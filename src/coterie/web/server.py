"""The server: an address, the application behind it, and a good end."""

from __future__ import annotations

import contextlib
import gc
import logging
import resource
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from coterie.errors import CoterieError
from coterie.web.opening import begin, opened
from coterie.web.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from coterie.web.library import Library

_OBJECTS = 100_000
"""Made and not let go of, before cycles are looked for: ten thousand customers are many objects, and none of them in a cycle."""


def serve(settings: Settings, port: int, *, said: Callable[[str], None], now: Callable[[], str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then has `Caps.drain_seconds` to end.

    Parameters
    ----------
    settings : Settings
        What is served.
    port : int
        To listen at; 0 takes a free one.
    said : callable
        Told the address, once it answers.
    now : callable, optional
        Tells the time for the manifests of new runs.

    Raises
    ------
    CoterieError
        If the address cannot be had.
    """
    # Modules are many objects, and none of them is garbage.
    gc.disable()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("coterie.web").setLevel(logging.INFO)
    listening = listen(settings.host, port)
    _more_files()
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    said(f"http://{shown}:{listening.getsockname()[1]}/")
    # The server takes the signals while it runs and sends them on when it has drained: by then there is nothing left to stop.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            library = opened(settings)
            begin(library)
            made = server(settings, now, library)
            gc.set_threshold(_OBJECTS, 20, 20)
            gc.freeze()
            gc.enable()
            made.run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()


def server(settings: Settings, now: Callable[[], str] | None = None, library: Library | None = None) -> uvicorn.Server:
    """Return a server, ready to run."""
    import uvicorn

    from coterie.web.app import create_app
    from coterie.web.patience import impatient

    caps = settings.caps
    config = uvicorn.Config(
        create_app(settings, now=now, library=library),
        http=impatient(caps.headers_seconds, caps.waiting), ws="none", log_config=None,
        access_log=False, server_header=False, timeout_graceful_shutdown=caps.drain_seconds, timeout_keep_alive=15, lifespan="on",
    )  # fmt: skip
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises
    ------
    CoterieError
        If it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except (OSError, OverflowError) as error:
        raise CoterieError(
            f"The address {host}:{port} cannot be had.",
            found=f"{getattr(error, 'strerror', None) or error}.",
            fix="end what listens there, or name another with --port; 0 takes a free one.",
            code="address",
        ) from None
    return listening


def _more_files() -> None:
    """Allow as many open sockets as the system does: idle ones must not use up those of others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
