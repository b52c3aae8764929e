"""/metrics for Prometheus: what this process did, and how much open work stands in the database.

Numbers of the whole installation (`tenure_jobs`, lags, incidents, ...) are the same from every node: take
their maximum, not their sum. They are asked anew every few seconds at most, whoever asks. While the database
is away they are left out, `tenure_ready` is 0, and what the process knows by itself is answered.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from ipaddress import ip_address
from itertools import accumulate

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from engine import COMMAND_TIME_BOUNDS, CommandTimes, Unavailable, Workload

from .context import Tenure, tenure
from .health import trouble

KEEP_SECONDS = 5.0

blueprint = Blueprint("metrics", __name__)


REGISTRY = "tenure_metrics"


def init_app(app: Flask, node: Tenure) -> None:
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    ProcessCollector(registry=registry)
    app.extensions[REGISTRY] = registry
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    token = tenure().settings.metrics_token
    if token and not _has(token):
        return Response(
            "Send the metrics token.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"
        )
    if not token and not _from_this_machine():
        text = "Metrics are for this machine only; TENURE_METRICS_TOKEN opens them to others.\n"
        return Response(text, 403, mimetype="text/plain")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(current_app.extensions[REGISTRY]), content_type=content_type)


class NodeCollector(Collector):
    """Collects anew at each request; nothing is counted here."""

    def __init__(self, node: Tenure) -> None:
        self._node = node
        self._workload = _Kept(node.engine.workload)

    def collect(self) -> Iterable[Metric]:
        yield from self._of_this_process()
        ready = not trouble(self._node)
        if ready:
            try:
                yield from _of_the_installation(self._workload())
            except Unavailable:
                ready = False
        yield _gauge("tenure_ready", "1 when this node can work.", int(ready))

    def _of_this_process(self) -> Iterator[Metric]:
        node = self._node
        about = {"node": node.settings.node, "version": version("tenure")}
        yield InfoMetricFamily("tenure_node", "This process.", about)
        yield from _commands(node.engine.command_times())
        pools = node.engine.database.pools()
        in_use = {name: pool.in_use for name, pool in pools.items()}
        yield _gauges("tenure_pool_in_use", "Database connections in use.", "pool", in_use)
        most = {name: pool.most for name, pool in pools.items()}
        yield _gauges("tenure_pool_most", "Database connections at most.", "pool", most)
        if node.executor is not None:
            text = "Work that threads are at."
            yield _gauges("tenure_handlers_in_flight", text, "kind", node.executor.in_flight())
            yield _gauge("tenure_handler_threads", "In flight at most.", node.executor.threads)


def _commands(times: Mapping[str, CommandTimes]) -> Iterator[Metric]:
    seconds = HistogramMetricFamily(
        "tenure_command_seconds", "From the call of a command to its commit.", labels=["command"]
    )
    collisions = CounterMetricFamily(
        "tenure_command_collisions", "Transactions that collided and were run again.", labels=["command"]
    )
    failures = CounterMetricFamily(
        "tenure_command_failures", "Commands that did not commit.", labels=["command", "reason"]
    )
    bounds = [*map(str, COMMAND_TIME_BOUNDS), "+Inf"]
    for command, one in sorted(times.items()):
        counts = accumulate(one.counts)
        seconds.add_metric([command], list(zip(bounds, counts, strict=True)), one.seconds)
        collisions.add_metric([command], one.collisions)
        for reason, number in one.failures.items():
            failures.add_metric([command, reason], number)
    return iter((seconds, collisions, failures))


def _of_the_installation(work: Workload) -> Iterator[Metric]:
    yield _gauges("tenure_instances", "Open process instances.", "state", work.instances)
    yield _gauge("tenure_user_tasks", "Open user tasks.", work.user_tasks)
    jobs = GaugeMetricFamily("tenure_jobs", "Open jobs.", labels=["type", "state"])
    for (job_type, state), number in sorted(work.jobs.items()):
        jobs.add_metric([job_type, state], number)
    yield jobs
    yield _gauge(
        "tenure_job_lag_seconds", "How long the oldest free job waits.", work.job_lag.total_seconds()
    )
    yield _gauges("tenure_incidents", "Open incidents.", "type", work.incidents)
    yield _gauge("tenure_timers", "Open timers.", work.timers)
    yield _gauge("tenure_timers_due", "Timers whose time has come.", work.timers_due)
    lag = work.timer_lag.total_seconds()
    yield _gauge("tenure_timer_lag_seconds", "How long the oldest due timer waits.", lag)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _has(token: str) -> bool:
    """Whether the request carries it: `Authorization: Bearer TOKEN`."""
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())


def _from_this_machine() -> bool:
    """The peer itself, and whoever it speaks for: a proxy on this machine speaks for others."""
    before_proxies = request.environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR")
    if before_proxies is None and "X-Forwarded-For" in request.headers:
        return False
    return all(_is_loopback(one) for one in (request.remote_addr, before_proxies or request.remote_addr))


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


class _Kept:
    """The answer of a function, kept for a while; asked by one at a time."""

    def __init__(self, ask: Callable[[], Workload]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answer: Workload | None = None
        self._until = 0.0

    def __call__(self) -> Workload:
        with self._lock:
            if self._answer is None or time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + KEEP_SECONDS
            return self._answer
