"""How a refusal leaves: wrong, found, fix on stderr, and an exit code that a scheduler can read."""

from __future__ import annotations

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
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except CoterieError as refusal:
            if kwargs.get("as_json"):
                typer.echo(json.dumps(refusal.as_dict(), ensure_ascii=False), err=True)
            else:
                typer.echo(f"Error: {refusal}", err=True)
            raise typer.Exit(refusal.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("Stopped; nothing was published.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return wrapped
