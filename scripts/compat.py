"""Run the quick tests on the oldest and on the newest allowed version of every dependency, each in a fresh environment.

The oldest versions are the lower bounds of ``pyproject.toml`` itself, so a bound that no longer installs or works
cannot stay there unnoticed. Coterie itself is installed as a user installs it, not in place, so a file that the package
forgets is noticed too. Usage: ``python scripts/compat.py [--only oldest|newest] [--keep] [-- pytest arguments]``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUICK = "not browser and not slow"
# An old release may use what a new release of something else deprecates: their affair, hidden from users too.
TOLERATED = ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")
SHOWN = ("duckdb", "numpy", "pandas", "polars", "pyarrow", "scikit-learn", "typer")


@dataclass(frozen=True)
class Outcome:
    """What one environment gave.

    Parameters
    ----------
    name : str
        ``"oldest"`` or ``"newest"``.
    passed : bool
        Whether everything installed and every test passed.
    said : str
        pytest's closing line, or the step that failed.
    versions : dict of str to str
        Installed version of every distribution.
    """

    name: str
    passed: bool
    said: str
    versions: dict[str, str]


def lower_bounds(pyproject: Path) -> list[str]:
    """Return every runtime and optional dependency pinned to its lower bound.

    Raises
    ------
    ValueError
        If a dependency has no lower bound.
    """
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    return [pinned(requirement) for group in (project["dependencies"], *extras) for requirement in group]


def pinned(requirement: str) -> str:
    """Return a requirement pinned to its lower bound.

    Examples
    --------
    >>> pinned("duckdb>=1.5,<3")
    'duckdb==1.5'
    >>> pinned("psycopg[binary]>=3.2")
    'psycopg[binary]==3.2'
    """
    match = re.fullmatch(r"([A-Za-z0-9._-]+(?:\[[A-Za-z0-9._,-]+\])?)\s*>=\s*([0-9.]+)\s*(,.*)?", requirement)
    if match is None:
        raise ValueError(f"{requirement!r} has no lower bound of the form name>=version")
    return f"{match[1]}=={match[2]}"


def interpreter(name: str) -> str:
    """Return the Python for an environment: 3.11 for the oldest where there is one, else the running one."""
    if name == "oldest" and sys.version_info[:2] != (3, 11):
        found = shutil.which("python3.11")
        if found:
            return found
        print("No python3.11 on PATH: the oldest versions are tried on the running Python.", file=sys.stderr)
    return sys.executable


def copied_source() -> Path:
    """Return a copy of what the package is built from: a build in place would leave its own files behind."""
    source = ROOT / ".compat" / "source"
    shutil.rmtree(source, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so", "*.pyd")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    return source


def trial(name: str, source: Path, pins: Sequence[str], arguments: Sequence[str]) -> Outcome:
    """Make an environment, install, run the quick tests."""
    folder = ROOT / ".compat" / name
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    steps = [
        [interpreter(name), "-m", "venv", str(folder)],
        [*pip, "install", "--upgrade", "pip"],
        [*pip, "install", "--prefer-binary", f"{source}[pandas,polars]", "--group", "test", *pins],
        [*pip, "check"],
    ]
    for step in steps:
        if subprocess.run(step, cwd=ROOT, check=False).returncode != 0:
            return Outcome(name, False, f"failed: {' '.join(step[1:5])} ...", {})
    return Outcome(name, *tested(python, arguments, tolerant=name == "oldest"), installed(pip))


def tested(python: Path, arguments: Sequence[str], *, tolerant: bool) -> tuple[bool, str]:
    """Run the quick tests; return whether they passed, and pytest's closing line."""
    command = [str(python), "-m", "pytest", "-m", QUICK, "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"]
    command += arguments
    if tolerant:
        command += [part for kind in TOLERATED for part in ("-W", f"default::{kind}")]
    run = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(run.stdout, flush=True)
    closing = run.stdout.strip().splitlines()[-1:] or ["nothing"]
    return run.returncode == 0, closing[0].strip("= ")


def installed(pip: Sequence[str]) -> dict[str, str]:
    """Return the version of every installed distribution."""
    command = [*pip, "freeze", "--all"]
    listing = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.lower().split("==", 1) for line in listing.splitlines() if "==" in line)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the summary, a row an environment."""
    lines = [f"{'':8}{'result':8}{'':2}" + "".join(f"{name:14}" for name in SHOWN)]
    for outcome in outcomes:
        versions = "".join(f"{outcome.versions.get(name, '-'):14}" for name in SHOWN)
        verdict = "passed" if outcome.passed else "FAILED"
        lines += [f"{outcome.name:8}{verdict:8}{'':2}{versions}".rstrip(), f"{'':18}{outcome.said}"]
    return "\n".join(lines)


def main() -> int:
    """Run the trials and print the summary."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("oldest", "newest"), help="one environment instead of both")
    parser.add_argument("--keep", action="store_true", help="leave the environments in .compat/")
    parser.add_argument("arguments", nargs="*", default=["tests"], help="for pytest, after --; default tests")
    options = parser.parse_args()
    names = [options.only] if options.only else ["oldest", "newest"]
    pins = {"oldest": lower_bounds(ROOT / "pyproject.toml"), "newest": []}
    source = copied_source()
    outcomes = [trial(name, source, pins[name], options.arguments) for name in names]
    print(table(outcomes))
    if not options.keep:
        shutil.rmtree(ROOT / ".compat", ignore_errors=True)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
