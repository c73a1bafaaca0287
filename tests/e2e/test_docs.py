"""The documents tell the truth: every command they show prints what they say, every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / name, *arguments]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
@each_page
def test_what_a_page_shows_is_what_its_commands_print(page):
    run = script("check_docs.py", page)
    assert run.returncode == 0, run.stdout


@each_page
def test_every_link_within_the_project_leads_to_a_file(page):
    text = page.read_text("utf-8")
    broken = [target for target in LINK.findall(text) if not (page.parent / target).exists()]
    assert broken == []


def test_the_command_line_reference_is_up_to_date():
    run = script("cli_reference.py", ROOT / "docs" / "cli.md", "--check")
    assert run.returncode == 0, run.stdout


def test_the_reference_check_sees_a_stale_file(tmp_path):
    stale = tmp_path / "cli.md"
    stale.write_text("# The command line\n")
    run = script("cli_reference.py", stale, "--check")
    assert run.returncode == 1
    assert "make docs" in run.stdout
