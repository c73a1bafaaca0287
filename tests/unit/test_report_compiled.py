"""Compiled templates beside their sources: taken again, but never those of another source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from coterie.report.compiled import kept_beside


def rendered(templates: Path) -> str:
    environment = Environment(loader=FileSystemLoader(templates), bytecode_cache=kept_beside(templates, {"trim_blocks": True}))
    return environment.get_template("page.html").render(name="Ada")


def test_what_is_compiled_is_taken_again_and_a_changed_source_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("Hello {{ name }}", encoding="utf-8")
    assert rendered(tmp_path) == "Hello Ada"
    (kept,) = (tmp_path / "__pycache__").iterdir()
    first = kept.read_bytes()
    assert rendered(tmp_path) == "Hello Ada"
    assert kept.read_bytes() == first
    (tmp_path / "page.html").write_text("Good day {{ name }}", encoding="utf-8")
    assert rendered(tmp_path) == "Good day Ada"
    assert kept.read_bytes() != first


def test_a_damaged_file_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("Hello {{ name }}", encoding="utf-8")
    rendered(tmp_path)
    (kept,) = (tmp_path / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:10])
    assert rendered(tmp_path) == "Hello Ada"


def test_nothing_is_kept_where_nothing_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "__pycache__").write_text("no folder", encoding="utf-8")
    assert kept_beside(tmp_path, {}) is None
    assert kept_beside(tmp_path / "nowhere", {}) is None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "other").mkdir()
    assert kept_beside(tmp_path / "other", {}) is None
    assert not list((tmp_path / "other").iterdir())
