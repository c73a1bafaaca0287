"""The command line: a command parses, calls one function, prints. Data on stdout, everything else on stderr."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from coterie.cli.app import app

    app(prog_name="coterie")
