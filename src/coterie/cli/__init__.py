"""The command line: a command parses, calls one function, prints. Data on stdout, everything else on stderr."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    import os
    import sys
    from pathlib import Path

    # A scheduler may have closed them.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    # Idle OpenMP threads sleep instead of spinning, which took five times the CPU beside other work on the same cores.
    # Read once, when scikit-learn loads its runtime; a value from outside wins.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from coterie.cli.app import app

    app(prog_name="coterie")
