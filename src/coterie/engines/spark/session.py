"""A Spark application: started for a master, with everything that answers hang on set and everything else left to the cluster."""

from __future__ import annotations

import math
import os
import re
import shutil
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from coterie.engines.spark.refusals import no_java, not_enough, not_installed, silent_master, unlike
from coterie.errors import RecipeError

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_KNOCK = 5.0
"""Seconds that a master has to take a connection."""
_PER_CORE = 3
_PARTITION = 64 * 2**20
"""Bytes of input, compressed as they lie, that one partition of a shuffle stands for."""
ANSWERS = {
    # What an answer hangs on: the same in every session, whatever the cluster's own settings are.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # Else how files are cut into partitions, and with it the numbers of lines, would change when a worker is lost.
    "spark.sql.files.minPartitionNum": "8",
    # And how it is computed.
    "spark.sql.adaptive.enabled": "true",
    # It would write the reason of a line, a case within a case, out wherever it is compared: more code than the JVM compiles.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates",
    # A longer method is one that the JVM interprets: what Spark makes of a whole stage is then slower than its parts.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
"""SQL settings of every session."""


class Application:
    """A Spark application and a session of it.

    Parameters
    ----------
    master : str, optional
        Such as ``"local[2]"`` or ``"spark://host:7077"``. By default the application that runs in this process already, as in a
        notebook on a cluster; else this machine's cores.
    memory : str, optional
        Such as ``"4GB"``: of each executor; on this machine alone, of the whole, by default half of the machine's.
    patience : float, default 60
        Seconds to wait for the first worker.
    settings : mapping of str to str, optional
        Spark's own, such as ``{"spark.executor.cores": "4"}``.

    Raises
    ------
    InputError
        If pyspark or Java is missing, nothing answers at the master, or no worker comes.
    """

    def __init__(
        self, master: str | None = None, *, memory: str | None = None, patience: float = 60.0,
        settings: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        try:
            # Nothing here uses pandas. For good, since other threads import what warns too.
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
            from pyspark import SparkContext
            from pyspark.sql import SparkSession
        except ModuleNotFoundError as error:
            raise not_installed(error.name) from None
        given = {**(settings or {}), **_memory(memory, master or "local[*]")}
        running = SparkContext._active_spark_context
        if running is not None and master not in (None, running.master):
            raise unlike(str(running.master), str(master))
        self.own = running is None
        self._folder = Path(tempfile.mkdtemp(prefix="coterie-spark-"))
        self._log: IO[bytes] | None = None
        self.master = str(running.master) if running is not None else master or "local[*]"
        try:
            self.context = self._started(given) if running is None else running
            self.session: Any = SparkSession(self.context) if self.own else SparkSession(self.context).newSession()
            self._await_workers(patience, memory)
        except BaseException:
            self.stop()
            raise
        for key, value in ANSWERS.items():
            self.session.conf.set(key, value)
        self.reads(0)

    @property
    def local(self) -> bool:
        """Whether the executors are threads of this machine."""
        return self.master.startswith("local")

    @property
    def cores(self) -> int:
        """Cores of all executors."""
        return int(self.context.defaultParallelism)

    @property
    def workers(self) -> int:
        """Executors that are there."""
        return int(self.context._jsc.sc().statusTracker().getExecutorInfos().__len__()) - 1

    @property
    def stuck(self) -> bool:
        """Whether there are jobs and nobody works at them; a cluster may well take idle executors back."""
        tracker = self.context._jsc.sc().statusTracker()
        return self.workers < 1 and len(tracker.getActiveJobIds()) > 0

    def reads(self, size: int) -> None:
        """Cut shuffles into as many parts as so many bytes of input need; small ones are put together as they come."""
        if self.context.getConf().get("spark.sql.shuffle.partitions"):
            return  # Somebody knows better.
        parts = min(max(_PER_CORE * self.cores, math.ceil(size / _PARTITION), 4), 20_000)
        self.session.conf.set("spark.sql.shuffle.partitions", str(parts))

    def said(self) -> str:
        """Return the last thing that Spark complained about."""
        if self._log is None:
            return ""
        text = (self._folder / "log").read_text("utf-8", errors="replace")
        lines = [line for line in text.splitlines() if re.search("ERROR|Exception|Error:", line)]
        return lines[-1][:300] if lines else ""

    def stop(self) -> None:
        """End every job; end the application where it was started here, and delete its folder."""
        if self.own and getattr(self, "context", None) is not None:
            from pyspark import SparkContext

            gateway = SparkContext._gateway
            with suppress(Exception):  # The JVM may be gone.
                self.context.cancelAllJobs()
            with suppress(Exception):
                self.session.stop() if hasattr(self, "session") else self.context.stop()
            _end(gateway)
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self, given: Mapping[str, str]) -> Any:
        from pyspark import SparkConf, SparkContext

        if not (shutil.which("java") or os.access(Path(os.environ.get("JAVA_HOME", "/nowhere")) / "bin" / "java", os.X_OK)):
            raise no_java()
        _knock(self.master)
        kept = {
            "spark.app.name": "coterie",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.local.dir": str(self._folder / "local"),
            "spark.sql.warehouse.dir": str(self._folder / "warehouse"),
            "spark.driver.maxResultSize": "0",  # What is fetched comes in parts.
        }
        if self.local or any(host in self.master for host in _LOOPBACK):
            kept |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        conf = SparkConf(loadDefaults=False).setMaster(self.master).setAll([*{**kept, **given}.items()])
        self._log = (self._folder / "log").open("wb")
        if SparkContext._gateway is None:
            _launch(conf, self._log)
        try:
            return SparkContext(conf=conf)
        except Exception as error:
            raise silent_master(self.master, str(error).splitlines()[0][:300]) from None

    def _await_workers(self, patience: float, memory: str | None) -> None:
        """Wait for the first executor: without one, every job would wait for ever and say so nowhere."""
        if self.local:
            return
        until, pause = time.monotonic() + patience, threading.Event()
        while self.workers < 1:
            if time.monotonic() > until or self.context._jsc.sc().isStopped():
                raise not_enough(self.master, patience, memory, self.said())
            pause.wait(0.1)


def _launch(conf: Any, log: IO[bytes]) -> None:
    """Start the JVM with what it says in a file."""
    from pyspark import SparkContext, java_gateway

    launch: Any = java_gateway.launch_gateway
    before = os.environ.get("SPARK_LOCAL_IP")
    if conf.get("spark.driver.bindAddress"):
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"  # else it looks its own name up, and says what it found
    try:
        SparkContext._gateway = launch(conf, popen_kwargs={"stdout": log, "stderr": log})
    except Exception as error:
        raise no_java(str(error).splitlines()[0][:200]) from None
    finally:
        if conf.get("spark.driver.bindAddress"):
            os.environ.pop("SPARK_LOCAL_IP") if before is None else os.environ.update(SPARK_LOCAL_IP=before)
    SparkContext._jvm = SparkContext._gateway.jvm


def _end(gateway: Any) -> None:
    """End the JVM, so that nothing holds its memory and the next application can have another size."""
    from pyspark import SparkContext

    if gateway is None:
        return
    SparkContext._gateway = SparkContext._jvm = None
    with suppress(Exception):
        gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        with suppress(Exception):
            process.stdin.close()
        process.wait()


def _knock(master: str) -> None:
    """Refuse a master that takes no connection: Spark itself would try for a minute."""
    if not master.startswith("spark://"):
        return
    reasons = []
    for one in master.removeprefix("spark://").split(","):
        host, _, port = one.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()
        except ValueError:
            reasons.append(f"{one} names no port.")
        except OSError as error:
            reasons.append(f"{one}: {error.strerror or error}.")
        else:
            return
    raise silent_master(master, " ".join(reasons))


def _memory(memory: str | None, master: str) -> dict[str, str]:
    """Return the setting of an amount of memory such as 2GB."""
    if memory is None and master.startswith("local"):
        # Spark's own default, 1 GB whatever the machine, spills half a million lines.
        memory = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2**21}MB"
    if memory is None:
        return {}
    found = re.fullmatch(r"(\d+)\s*([kmgt])(?:i?b)?", memory.strip(), re.IGNORECASE)
    if not found:
        raise RecipeError(
            f"memory_limit={memory!r} is no amount of memory.",
            found="something else than a whole number and a unit.",
            fix="--memory-limit 2GB",
            code="memory_limit",
        )
    return {f"spark.{'driver' if master.startswith('local') else 'executor'}.memory": f"{found[1]}{found[2].lower()}"}
