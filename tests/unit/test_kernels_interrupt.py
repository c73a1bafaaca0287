"""Ctrl-C while kernels run: served at once, whatever they do."""

import signal
import subprocess
import sys
import time

import pytest

from coterie.kernels import is_compiled

LONG = {
    "group_sums": "group_sums(points, [0])",
    "fit_many": "fit_many(points, 40, seed=0, n_fits=1000, n_init=50, tol=0.0)",
    "lloyd": "lloyd(points, None, points[:400], max_iter=100_000, tol=0.0)",
    "half_contingency": "half_contingency(points, 40, seed=0, n_splits=1000, n_init=50, tol=0.0)",
}
SCRIPT = """
import sys
import numpy as np
from coterie.kernels import fit_many, group_sums, half_contingency, lloyd
points = np.random.default_rng(0).standard_normal((200_000, 5))
print("ready", flush=True)
{}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child process")
@pytest.mark.skipif(not is_compiled(), reason="the kernels were not compiled")
@pytest.mark.parametrize("name", LONG)
def test_interrupt_is_served_within_a_second(name):
    command = [sys.executable, "-c", SCRIPT.format(LONG[name])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        assert process.poll() is None, "it ended before it could be interrupted"
        started = time.perf_counter()
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
        taken = time.perf_counter() - started
    assert "KeyboardInterrupt" in said
    assert taken < 1.0
