"""The command line: a command parses, calls one function, prints. Data on stdout, everything else on stderr."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    import gc
    import os
    import sys
    from pathlib import Path

    # A scheduler may have closed them.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    # Idle OpenMP threads sleep instead of spinning, which took five times the CPU beside other work on the same cores.
    # Read once, when scikit-learn loads its runtime; a value from outside wins. OpenBLAS knows the logarithm of a number of cycles.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    # Arrow's own allocator takes memory in large pages ahead, and clearing them takes a twentieth of a short command.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from coterie.cli.app import app

    try:
        app(prog_name="coterie")
    finally:
        # The process ends: what it holds need not be searched for cycles once more.
        gc.freeze()
