"""Parts go from run to run as links, and as copies where there can be none."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from coterie.deliveries.parts import placed


def test_a_file_of_the_same_file_system_is_linked(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"lines")
    placed(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").samefile(tmp_path / "one")


def test_a_file_of_another_file_system_is_copied(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=memory) as elsewhere:
        (tmp_path / "one").write_bytes(b"lines" * 100_000)
        placed(tmp_path / "one", Path(elsewhere) / "two")
        assert (Path(elsewhere) / "two").read_bytes() == b"lines" * 100_000
