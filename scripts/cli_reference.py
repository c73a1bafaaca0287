"""Write docs/cli.md from what the commands declare, the same with every version of Typer; or say that it is stale.

Usage: ``python scripts/cli_reference.py docs/cli.md [--check]``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import Signature, signature
from pathlib import Path
from typing import Any, get_type_hints

from typer import Typer
from typer.models import ArgumentInfo

HEAD = """# The command line

<!-- Written by `make docs` from what the commands declare. Edit that, in src/coterie/cli, and not this file. -->

Data goes to stdout, everything else to stderr, so `coterie run sales.csv --json | jq` works. Flags beat the recipe
file, and the recipe file beats the built-in recipe.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused: the message says what is wrong, what was found and how to fix it |
| 2 | a flag or a recipe that is not understood |
| 75 | another run is writing to the same folder; try again |
"""


@dataclass(frozen=True)
class Parameter:
    """One argument or option as its function declares it."""

    name: str
    default: Any
    kind: Any
    declared: Any

    @property
    def shown(self) -> str:
        """The parameter as a user types it."""
        metavar = self.declared.metavar or self.name.upper()
        if isinstance(self.declared, ArgumentInfo):
            return metavar if self.needed else f"[{metavar}]"
        # Typer takes the first text of an annotated Option as its default, though it is a name.
        names = [self.declared.default, *self.declared.param_decls]
        return f"{', '.join(names)}{'' if self.kind is bool else f' {metavar}'}"

    @property
    def needed(self) -> bool:
        """Whether it must be given."""
        return self.default is Signature.empty

    @property
    def row(self) -> str:
        """The parameter's row in its command's table."""
        silent = self.default is None or self.default is False or not self.declared.show_default
        default = "needed" if self.needed else "" if silent else f"`{self.default}`"
        return f"| `{self.shown}` | {self.declared.help or ''} | {default} |"


def commands(app: Typer, *path: str) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield every command's full name and function, in the order of registration."""
    for command in app.registered_commands:
        if command.callback is not None:
            yield " ".join([*path, command.name or command.callback.__name__]), command.callback
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, *path, str(group.name))


def parameters(function: Callable[..., None]) -> Iterator[Parameter]:
    """Yield a command's parameters: the arguments first, as they stand on the command line."""
    hints = get_type_hints(function, include_extras=True)
    found = [
        Parameter(name, parameter.default, hints[name].__origin__, hints[name].__metadata__[0])
        for name, parameter in signature(function).parameters.items()
    ]
    return iter(sorted(found, key=lambda parameter: not isinstance(parameter.declared, ArgumentInfo)))


def section(name: str, function: Callable[..., None]) -> str:
    """Return one command's part: how it is called, what it does, what it takes."""
    rows = list(parameters(function))
    arguments = [row.shown for row in rows if isinstance(row.declared, ArgumentInfo)]
    call = " ".join([name, *arguments, "[OPTIONS]"])
    table = ["| argument or option | meaning | default |", "|---|---|---|", *(row.row for row in rows)]
    return "\n".join([f"## {name}", "", (function.__doc__ or "").strip(), "", f"    {call}", "", *table, ""])


def reference() -> str:
    """Return the whole document."""
    from coterie.cli.app import app

    return "\n".join([HEAD, *(section(name, function) for name, function in commands(app, "coterie"))])


def main() -> int:
    """Write the document, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is stale")
    options = parser.parse_args()
    text = reference()
    if not options.check:
        options.path.write_text(text, "utf-8")
    elif not options.path.is_file() or options.path.read_text("utf-8") != text:
        print(f"{options.path} is stale: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
