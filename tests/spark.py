"""Spark for tests, on loopback: a small session of this process, and a cluster of a master and two workers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SMALL = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Of a JVM that does little: most of its time would go into compiling itself."""
SETTINGS = {
    "spark.driver.extraJavaOptions": SMALL,
    "spark.executor.extraJavaOptions": SMALL,
    "spark.executor.memory": "512m",
    "spark.sql.shuffle.partitions": "2",
    "spark.shuffle.io.retryWait": "200ms",  # by default, five seconds for what a lost worker had
}
ENDS = 120.0
"""Seconds after which what did not happen will not."""


def java() -> None:
    """Skip a test where there is no Java; under COTERIE_CI it fails."""
    if shutil.which("java") is None:
        reason = "no Java; install the package default-jre-headless"
        if os.environ.get("COTERIE_CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a session in a time zone with summer time."""
    java()
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Spark's own
        from pyspark.sql import SparkSession

        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "1g",
            "spark.driver.extraJavaOptions": SMALL,
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.session.timeZone": "Europe/London",
            "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark")),
        }
        builder = SparkSession.builder.master("local[2]").appName("coterie-tests")
        for key, value in settings.items():
            builder = builder.config(key, value)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def spark_application() -> Iterator[Any]:
    """Start an application that runs of this process join, in a time zone that must not matter, the JVM's and Spark's."""
    from coterie.engines.spark import SparkPlace

    java()
    zone = {
        "spark.driver.extraJavaOptions": f"{SMALL} -Duser.timezone=America/New_York",
        "spark.sql.session.timeZone": "Europe/London",
    }
    place = SparkPlace("local[2]", memory="1GB", settings=SETTINGS | zone)
    yield place
    place.close()


@dataclass
class Process:
    """A daemon of Spark's: what it said, and how to end it."""

    running: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    def await_line(self, pattern: str) -> re.Match[str]:
        """Read until a line says it; then go on reading, so that the pipe never fills."""
        assert self.running.stderr is not None
        for line in self.running.stderr:
            self.said.append(line)
            found = re.search(pattern, line)
            if found:
                self.reader = threading.Thread(target=lambda: self.said.extend(self.running.stderr or ()), daemon=True)
                self.reader.start()
                return found
        raise AssertionError("".join(self.said))

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it and wait until it has ended."""
        if self.running.poll() is None:
            self.running.send_signal(how)
        self.running.wait(timeout=ENDS)
        if self.reader is not None:
            self.reader.join(timeout=ENDS)
        assert self.running.stderr is not None
        self.running.stderr.close()


@dataclass
class Cluster:
    """A standalone cluster.

    Parameters
    ----------
    master : str
        What an application connects to.
    folder : Path
        Where the workers work.
    workers : list of Process
        One core and 512 MB for an executor each.
    """

    master: str
    folder: Path
    workers: list[Process] = field(default_factory=list)

    def add_worker(self) -> Process:
        """Start one more worker."""
        work = self.folder / f"work-{len(self.workers)}"
        size = ["--cores", "1", "--memory", "512m", "--webui-port", "0"]
        worker = daemon(["worker.Worker", "--host", "127.0.0.1", *size, "--work-dir", str(work), self.master], self.folder)
        self.workers.append(worker)
        worker.await_line("Successfully registered with master")
        return worker


def daemon(command: list[str], folder: Path) -> Process:
    """Start a daemon of Spark's from the jars that come with pyspark; what it says is read by `Process.await_line`."""
    import pyspark

    home = Path(pyspark.__file__).parent
    own = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "192m",
        "SPARK_DAEMON_JAVA_OPTS": SMALL,
        "SPARK_LOCAL_DIRS": str(folder),
    }
    first, *others = command
    called = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{first}", *others]
    return Process(
        subprocess.Popen(
            called, cwd=folder, env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    )


@contextmanager
def running_cluster(workers: int = 2) -> Iterator[Cluster]:
    """Start a master and its workers, and stop them by their ids."""
    java()
    folder = Path(tempfile.mkdtemp(prefix="coterie-cluster-"))
    master = daemon(["master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"], folder)
    cluster = None
    try:
        url = master.await_line(r"Starting Spark master at (spark://\S+)").group(1)
        cluster = Cluster(url, folder)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in [*(cluster.workers if cluster else ()), master]:
            process.kill(signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Give a master and two workers."""
    with running_cluster() as running:
        yield running


def until(met: Callable[[], bool], what: str) -> None:
    """Wait for a condition, looking again and again."""
    ends = time.monotonic() + ENDS
    pause = threading.Event()
    while not met():
        assert time.monotonic() < ends, f"never: {what}"
        pause.wait(0.005)


def tasks_run(place: Any) -> tuple[int, int]:
    """Return how many tasks run now and how many are done, of the stages that run."""
    tracker = place.application.context.statusTracker()
    known = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return sum(one.numActiveTasks for one in known if one), sum(one.numCompletedTasks for one in known if one)
