"""What a job may use; the process that does it sets them on itself before it reads a byte."""

from __future__ import annotations

import os
import resource
import signal
import sys
from dataclasses import dataclass

from coterie.errors import CoterieError, RecipeError

GIGABYTE = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What a job may use.

    Parameters
    ----------
    memory : int
        Bytes of memory of its own, at least a gigabyte; the engine spills to disk at half of them.
    cpu : int
        Seconds of processor time.
    wall : float
        Seconds from start to end.
    disk : int
        Bytes of the largest file it writes.
    nice : int
        How far it stands back behind the server.

    Examples
    --------
    >>> Limits(memory=2 * GIGABYTE).engine_memory
    '1024MB'
    """

    memory: int = 4 * GIGABYTE
    cpu: int = 1800
    wall: float = 1800.0
    disk: int = 16 * GIGABYTE
    nice: int = 10

    def __post_init__(self) -> None:
        if self.memory < GIGABYTE:
            # Below it the libraries of linear algebra, which never give up asking, go round in circles.
            raise RecipeError(
                "A run from the browser needs a gigabyte of memory.",
                found=f"{self.memory:,} bytes.",
                fix="allow 1 GB or more.",
                code="limit",
            )

    @property
    def engine_memory(self) -> str:
        """The engine's own limit: it spills there, long before the system says no."""
        return f"{self.memory // 2 // (1 << 20)}MB"

    def impose(self) -> None:
        """Set the limits on this process and on all it starts; only downwards."""
        # Not the address space: the engine and the arrays reserve far more of it than they ever touch.
        for kind, most in (
            (resource.RLIMIT_DATA, self.memory),
            (resource.RLIMIT_CPU, self.cpu),
            (resource.RLIMIT_FSIZE, self.disk),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            # One second between the signal that names processor time and the one that names nothing.
            soft = max(allowed - 1, 1) if kind == resource.RLIMIT_CPU else allowed
            resource.setrlimit(kind, (soft, allowed))
        os.nice(self.nice)


def no_memory(limits: Limits) -> CoterieError:
    """Return the refusal of a job that needs more memory than it may have."""
    return CoterieError(
        "The file needs more memory than a run from the browser may use.",
        found=f"{limits.memory / (1 << 30):.3g} GB are allowed.",
        fix="run it on the command line, coterie run FILE, or let the server's runs use more.",
        code="limit",
    )


def die_with(parent: int) -> None:
    """End this process when its parent ends, however that ends: nobody is left who could stop it or tell of it.

    Parameters
    ----------
    parent : int
        Process id of the parent.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    # It may have ended before the line above.
    if os.getppid() != parent:
        os._exit(1)
