"""Memory and disks that are too small are named as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from coterie.engines import open_engine
from coterie.errors import InputError, RunError
from coterie.runs import reserve


def test_too_little_memory_is_said_and_how_to_get_more() -> None:
    with open_engine(memory_limit="1MB") as engine, pytest.raises(InputError, match="more memory than there is") as raised:
        engine.run("CREATE TABLE wide AS SELECT range AS a, range::VARCHAR AS b FROM range(1000000) ORDER BY b")
    assert raised.value.code == "limit"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc on this system")
def test_the_free_bytes_are_those_of_the_disk_in_question() -> None:
    with pytest.raises(RunError, match="Found: 0 bytes free there"), reserve(Path("/proc/coterie/runs")):
        pass
