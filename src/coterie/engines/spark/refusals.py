"""What can go wrong with Spark, said so that a person can act on it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coterie.errors import CoterieError, InputError

_FULL = re.compile("No space left on device|Disk quota exceeded")
_MEMORY = re.compile(r"OutOfMemoryError[^\n]*|[Ee]xit (?:code|status):? (?:137|52)\b[^\n]*")
_LOST = re.compile("ExecutorLostFailure|SparkContext was shut down|Master removed our application")
_GONE = re.compile("Py4JNetworkError|Answer from Java side is empty|Connection refused|Connection reset")
"""What Python says where the driver's JVM has died."""


def not_installed(module: str | None) -> InputError:
    """Return the refusal of an environment without pyspark."""
    return InputError(
        "The Spark engine needs pyspark.",
        found=f"no module {module!r} in this environment.",
        fix="pip install 'coterie[spark]'",
        code="not_installed",
    )


def no_java(said: str = "no java on the PATH, and none in JAVA_HOME.") -> InputError:
    """Return the refusal of a machine without Java, or with one too old."""
    return InputError(
        "The Spark engine needs Java 17 or later.",
        found=said,
        fix="install it (on Debian: apt install default-jre-headless), or point JAVA_HOME at it.",
        code="no_java",
    )


def unlike(running: str, asked: str) -> InputError:
    """Return the refusal of a second application in one process."""
    return InputError(
        f"This process already runs a Spark application at {running}.",
        found=f"another master, {asked}; there is one application a process.",
        fix="leave master out to use the running one, or stop it before.",
        code="other_master",
    )


def silent_master(master: str, said: str) -> InputError:
    """Return the refusal of a master that does not answer."""
    return InputError(
        f"No Spark master answers at {master}.",
        found=said,
        fix='start it, mend host and port, or master="local[*]" for the cores of this machine.',
        code="unreached",
    )


def not_enough(master: str, patience: float, memory: str | None, said: str) -> InputError:
    """Return the refusal of a cluster that gives no executor."""
    return InputError(
        f"No worker of {master} takes work.",
        found=f"none within {patience:g} seconds" + (f"; {said}" if said else "") + ".",
        fix="start a worker, free one, or ask for less memory than one has"
        + (f" (--memory-limit {memory})." if memory else " (--memory-limit, by default 1GB each)."),
        code="no_worker",
    )


def too_large(said: str) -> InputError:
    """Return the refusal of lines that do not fit."""
    return InputError(
        "The lines need more memory than Spark's executors have.",
        found=f"{said}.",
        fix="raise --memory-limit, or give the cluster more workers.",
        code="limit",
    )


def lost(said: str) -> InputError:
    """Return the refusal of a cluster that went away while it was working."""
    return InputError(
        "Spark's workers are lost, and none came back.",
        found=f"{said}.",
        fix="look at the workers' logs, start them again, and run again: nothing was published.",
        code="worker_lost",
    )


@contextmanager
def judged(complained: Callable[[], str] = lambda: "", reason: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Turn what a person can act on into a refusal that says so; other errors of Spark pass.

    Parameters
    ----------
    complained : callable, optional
        What Spark's driver said last, where it has died.
    reason : callable, optional
        Why the jobs were ended here; empty where they were not.
    """
    try:
        yield
    except CoterieError:
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if reason():
            raise lost(reason()) from None
        if _GONE.search(text):
            text = complained() or text
            raise (too_large if "OutOfMemoryError" in text else lost)(_line(text, "[^\n]*OutOfMemoryError[^\n]*")) from None
        if found := _MEMORY.search(text):
            raise too_large(_line(text, re.escape(found.group(0)))) from None
        if _FULL.search(text):
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}, of a Spark executor") from None
        if _LOST.search(text):
            raise lost(_line(text, f"[^\n]*({_LOST.pattern})[^\n]*")) from None
        if type(error).__name__ == "Py4JJavaError":  # Its words lie in the JVM, which may be gone when somebody asks.
            raise RuntimeError(text[:3000]) from None
        raise


def _line(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return (found.group(0) if found else text.splitlines()[0]).strip()[:300].rstrip(".")
