"""What is counted, for Prometheus: requests by route, how long they took, and which run answers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from coterie.web.library import State

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds."""
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class Metrics:
    """The figures of one application."""

    @cached_property
    def _figures(self) -> _Figures:
        # Made when the first answer is counted, which is after it was sent.
        return _Figures()

    @property
    def registry(self) -> CollectorRegistry:
        """Where they are kept."""
        return self._figures.registry

    def watch(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer, by the route's pattern: an address may hold an id."""
        method = method if method in _METHODS else "other"
        self._figures.requests.labels(method, route, str(status)).inc()
        self._figures.seconds.labels(method, route).observe(seconds)

    def text(self, state: State) -> bytes:
        """Return everything, as Prometheus reads it."""
        from prometheus_client import generate_latest

        self._figures.run.set(int(state.run or 0))
        self._figures.degraded.set(state.degraded)
        return generate_latest(self.registry)


class _Figures:
    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry: CollectorRegistry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        by = ["method", "route"]
        self.requests = Counter("coterie_requests", "Requests answered.", [*by, "status"], registry=self.registry)
        self.seconds = Histogram("coterie_request_seconds", "Time to the answer.", by, buckets=BUCKETS, registry=self.registry)
        self.run = Gauge("coterie_run", "Number of the run that answers; 0 for none.", registry=self.registry)
        self.degraded = Gauge("coterie_degraded", "1 where that is not the newest, or not whole on disk.", registry=self.registry)
