"""Run what the documents show, and compare it with what they say it prints.

In Markdown, a ```` ```console ```` block holds ``$ command`` lines, each followed by its output. The blocks of one
document run in order in one temporary folder, where Online Retail lies as ``online_retail.csv.gz`` if it is at hand.
Words after ``console`` are tags: ``needs-data`` (left out where the real file is absent) and ``refused`` (the command
must fail). ``python`` blocks with ``>>>`` are one doctest a document. A line ``...`` in expected output stands for any
lines. What is compared is normalised by the few rules in ``RULES``.

Usage: ``python scripts/check_docs.py README.md docs/*.md``; with ``--update``, output that differs is written into the
document (not over a ``...``, nor in Python blocks), to be read before it is believed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL_FILE = "online_retail.csv.gz"
SECONDS = 300
TAGS = frozenset({"needs-data", "refused"})

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),  # colour
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|seconds?)\b"), "<time>"),  # how long it took
    (re.compile(r"\b\d+(\.\d+)? (kB|KB|MB|GB)\b"), "<size>"),  # how big a file came out
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),  # blanks at line ends
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its first line's number, its language, its tags and its text."""

    line: int
    language: str
    tags: frozenset[str]
    text: str


@dataclass(frozen=True)
class Problem:
    """Where a document and the truth part, and how; with the output shown and the true one, where only that differs."""

    document: str
    line: int
    what: str
    shown: str = ""
    true: str | None = None

    def __str__(self) -> str:
        return f"{self.document}:{self.line}: {self.what}"


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown text."""
    fence, start, info, body = "", 0, "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r" {0,3}(`{3,}|~{3,})(.*)$", line)
        if not fence and mark:
            fence, info, start, body = mark[1], mark[2].strip(), number + 1, []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            language, *tags = info.split() or [""]
            yield Block(start, language, frozenset(tags), "\n".join(body))
            fence = ""
        elif fence:
            body.append(line)


def commands(block: Block) -> list[tuple[int, str, str]]:
    """Return line, command and expected output of each ``$`` line; a backslash at its end goes on to the next line."""
    found: list[tuple[int, str, list[str]]] = []
    continued = False
    for number, line in enumerate(block.text.splitlines(), block.line):
        if continued:
            at, command, output = found[-1]
            found[-1] = (at, f"{command}\n{line.removeprefix('> ')}", output)
        elif line.startswith("$ "):
            found.append((number, line[2:], []))
        elif found:
            found[-1][2].append(line)
        continued = line.endswith("\\") and (continued or line.startswith("$ "))
    return [(number, command, "\n".join(output).strip("\n")) for number, command, output in found]


def normal(text: str) -> str:
    """Return text as it is compared.

    Examples
    --------
    >>> normal("read 3 lines in 0.41 s  ")
    'read 3 lines in <time>'
    """
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text.strip("\n")


def agrees(expected: str, actual: str) -> bool:
    """Return whether output is what a document shows, ``...`` lines standing for any lines.

    Examples
    --------
    >>> agrees("a\\n...\\nz", "a\\nb\\nc\\nz"), agrees("a\\nz", "a\\nb\\nz")
    (True, False)
    """
    lines = normal(expected).split("\n")
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + r"\n" for line in lines)
    return re.fullmatch(pattern, normal(actual) + "\n") is not None


def real_data() -> Path | None:
    """Return Online Retail's path, from COTERIE_DATA or ../shared/data, if it is there."""
    folder = Path(os.environ.get("COTERIE_DATA") or ROOT.parent / "shared" / "data")
    path = folder / REAL_FILE
    return path.resolve() if path.is_file() else None


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command as a reader would, without a terminal; return its exit code and all it printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False, timeout=SECONDS,
    )
    return done.returncode, done.stdout.replace(f"{folder}{os.sep}", "").replace(str(folder), ".")


def check_console(document: str, block: Block, folder: Path) -> Iterator[Problem]:
    """Yield what a console block's commands print otherwise than shown."""
    if unknown := block.tags - TAGS:
        tags = ", ".join(sorted(TAGS))
        yield Problem(document, block.line - 1, f"unknown tag {', '.join(sorted(unknown))}; tags: {tags}")
    if not commands(block):
        yield Problem(document, block.line, "a console block without a `$ command`: use ```text for plain output")
    for line, command, expected in commands(block):
        code, actual = run(command, folder)
        if (code != 0) != ("refused" in block.tags):
            yield Problem(document, line, f"`{command}` ended with exit code {code}:\n{actual}")
        elif not agrees(expected, actual):
            said = f"{normal(actual)}\n--- where the document shows\n{normal(expected)}"
            elided = any(shown.strip() == "..." for shown in expected.splitlines())
            true = None if elided else "\n".join(said.rstrip() for said in actual.strip("\n").splitlines())
            yield Problem(document, line + command.count("\n"), f"`{command}` prints\n{said}", expected, true)


def check_python(document: str, parts: Sequence[Block], length: int, folder: Path) -> Iterator[Problem]:
    """Yield the failure of a document's ``>>>`` blocks, run as one doctest with the document's own line numbers."""
    lines = [""] * (length + 1)
    for block in parts:
        body = block.text.splitlines()
        lines[block.line - 1 : block.line - 1 + len(body)] = body
    script = folder / f".{Path(document).name}.doctest"
    script.write_text("\n".join(lines), "utf-8")
    code, said = run(f"python -m doctest -o ELLIPSIS -o NORMALIZE_WHITESPACE {script.name}", folder)
    if code != 0:
        yield Problem(document, parts[0].line, f"its Python examples fail:\n{said}")


def check(path: Path, data: Path | None) -> list[Problem]:
    """Return every place where a document does not tell the truth.

    Parameters
    ----------
    path : Path
        A Markdown document.
    data : Path or None
        Online Retail; without it, blocks tagged ``needs-data`` are left out.
    """
    text = path.read_text("utf-8")
    shown = [block for block in blocks(text) if data is not None or "needs-data" not in block.tags]
    python = [block for block in shown if block.language in {"python", "pycon"} and ">>>" in block.text]
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory(prefix="coterie-docs-") as name:
        folder = Path(name).resolve()
        if data is not None:
            (folder / REAL_FILE).symlink_to(data)
        for block in shown:
            if block.language == "console":
                problems += check_console(path.name, block, folder)
        if python:
            problems += check_python(path.name, python, len(text.splitlines()), folder)
    return problems


def corrected(text: str, problems: Sequence[Problem]) -> str:
    """Return a document with true outputs in place of those shown.

    Examples
    --------
    >>> corrected("$ echo tea\\ncoffee\\nmilk\\n", [Problem("page.md", 1, "", "coffee", "tea")])
    '$ echo tea\\ntea\\nmilk\\n'
    """
    lines = text.split("\n")
    for problem in sorted(problems, key=lambda problem: -problem.line):
        if problem.true is not None:
            lines[problem.line : problem.line + len(problem.shown.splitlines())] = problem.true.splitlines()
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Check the named documents; print what is wrong, or with ``--update`` correct it."""
    names = [argument for argument in arguments if argument != "--update"]
    data = real_data()
    if data is None:
        print("Online Retail is not at hand: blocks tagged needs-data are left out.", file=sys.stderr)
    problems: list[Problem] = []
    for path in map(Path, names):
        found = check(path, data)
        if "--update" in arguments:
            path.write_text(corrected(path.read_text("utf-8"), found), "utf-8")
            found = [problem for problem in found if problem.true is None]
        problems += found
    for problem in problems:
        print(f"{problem}\n")
    print(f"{len(names)} documents, {len(problems)} problems.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
