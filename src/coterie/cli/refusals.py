"""How a refusal leaves: wrong, found, fix on stderr, and an exit code that a scheduler can read."""

from __future__ import annotations

import errno
import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from coterie.errors import CoterieError

INTERRUPTED = 130


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command: a refusal is printed and becomes its exit code; Ctrl-C becomes 130; a closed pipe ends quietly."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except CoterieError as refusal:
            raise _left(refusal, as_json) from None
        except KeyboardInterrupt:
            typer.echo("Stopped; nothing was published.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _abandon_stdout()
            raise typer.Exit(0) from None
        except OSError as error:
            _abandon_stdout()
            raise _left(_unusable(error), as_json) from None

    return wrapped


def _left(refusal: CoterieError, as_json: bool) -> typer.Exit:
    """Print a refusal and return its exit."""
    text = json.dumps(refusal.as_dict(), ensure_ascii=False) if as_json else f"Error: {refusal}"
    typer.echo(text, err=True)
    return typer.Exit(refusal.exit_code)


def _unusable(error: OSError) -> CoterieError:
    # A copy that fails names its source first.
    name = error.filename2 or error.filename or "The output"
    return CoterieError(
        f"{name} cannot be used: {error.strerror or error}.",
        found=f"error {errno.errorcode.get(error.errno or 0, 'of the system')}.",
        fix="make room, mend its permissions, or name another place, with --output or --out.",
        code="unusable",
    )


def _abandon_stdout() -> None:
    """Send what stdout still holds nowhere: flushed on the way out, it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
