"""What is counted, for Prometheus: every metric, and the few objects that the parts count with.

``app`` makes one ``Metrics`` with a registry of its own and hands each part its object; a part that
is given none counts for nobody. What a part knows anyway is asked for at a scrape (``Readings``).
No label holds anything of a person: labels are from closed lists, everything else is "other".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version

from msgspec import Struct
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from server.protocol.bodies import BODIES
from server.protocol.errors import CloseCode

KINDS = frozenset({*BODIES, "player.register"})
CLOSE_CODES = frozenset({*map(int, CloseCode), 1005, 1006})
"""Ours, and what a connection that ended without a code counts as (RFC 6455, 7.1.5)."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Up to the largest batch."""


class Described(Struct, frozen=True):
    """One metric as it is documented; ``kind`` is Prometheus' type."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...] = ()


def _counter(name: str, meaning: str, *labels: str) -> Described:
    return Described(name, "counter", meaning, labels)


def _histogram(name: str, meaning: str, *labels: str) -> Described:
    return Described(name, "histogram", meaning, labels)


def _gauge(name: str, meaning: str, *labels: str) -> Described:
    return Described(name, "gauge", meaning, labels)


COMMANDS = _counter(
    "gutsy_commands_total",
    "Players' commands by kind and outcome: accepted, repeated, or the code of the refusal.",
    "kind",
    "outcome",
)
COMMAND_SECONDS = _histogram(
    "gutsy_command_duration_seconds", "From a command's arrival to its answer."
)
REFUSALS = _counter(
    "gutsy_refusals_total",
    "Refusals by code; by the edge (before anything was decided) or by the rules.",
    "code",
    "by",
)
BATCHES = _histogram("gutsy_commit_batch_commands", "Commands that were decided as one batch.")
COMMIT_SECONDS = _histogram(
    "gutsy_commit_duration_seconds", "One transaction of the log, on the disk."
)
CONFLICTS = _counter(
    "gutsy_commit_conflicts_total", "Batches that met another writer and were decided again."
)
COMMIT_FAILURES = _counter(
    "gutsy_commit_failures_total", "Batches that could not be committed: the log failed."
)
EVENTS = _counter("gutsy_events_published_total", "Events shown to the squads that are followed.")
FRAMES = _counter(
    "gutsy_frames_written_total",
    "Frames written to sockets: live events, catch-ups, snapshots, views.",
    "kind",
)
CLOSES = _counter(
    "gutsy_sockets_closed_total",
    "Sockets that ended, by the code of whoever closed first; 1006 is without a word.",
    "code",
)
HANDSHAKES = _counter(
    "gutsy_handshakes_refused_total",
    "Upgrades that led to no socket: path, protocol, origin, rate, draining.",
    "reason",
)
UNHEARD = _counter(
    "gutsy_http_requests_refused_total",
    "Connections that were closed before a request was whole, by status: 400 no HTTP, 408 too slow"
    " or silent, 413 and 431 too large, 429 too many at once, 503 given up for a newer one.",
    "status",
)
REQUESTS = _counter(
    "gutsy_http_requests_total", "HTTP requests by route and status.", "call", "status"
)
REQUEST_SECONDS = _histogram(
    "gutsy_http_request_duration_seconds", "From a request's head to its answer's end.", "call"
)
HINTS = _counter(
    "gutsy_bus_hints_total",
    "Hints to other nodes and from them (sent, received); 0 without GUTSY_REDIS_URL.",
    "way",
)
PROBES_LOST = _counter(
    "gutsy_bus_probes_lost_total",
    "Lines to Redis that were laid anew because what was sent did not come back.",
)
PROBLEMS = _counter(
    "gutsy_problems_logged_total",
    "Lines of the server's log at warning and error: an error is a defect or a failing disk.",
    "level",
)
BUILD = _gauge(
    "gutsy_build_info", "1; the version, and the log's id, new after a restore.", "version", "log"
)
QUEUE = _gauge("gutsy_queue_commands", "Commands that wait for a batch.")
HEAD = _gauge("gutsy_log_head_events", "Events in the log; missing while it cannot be read.")
POSITION = _gauge(
    "gutsy_projection_position_events", "The event up to which a read model is.", "projection"
)
LAG = _gauge("gutsy_projection_lag_events", "How many events a read model is behind.", "projection")
STOPPED = _gauge(
    "gutsy_projection_stopped", "1: an event could not be folded, or not read.", "projection"
)
FAILING = _gauge("gutsy_failing", "1: this part failed last time; it tries again.", "part")
ENDED = _gauge("gutsy_tasks_ended", "Background tasks that have ended by themselves: restart.")
OVERDUE = _gauge("gutsy_timers_overdue_seconds", "How late the oldest timer was at the last look.")
SOCKETS = _gauge("gutsy_sockets_open", "Sockets that are open.")
PLAYERS = _gauge("gutsy_players_connected", "Players with a welcomed socket.")
ROOMS = _gauge("gutsy_rooms", "Squads kept in memory.")
BYTES = _gauge(
    "gutsy_database_bytes", "Size of a database with what SQLite keeps beside it.", "file"
)

METRICS = (
    COMMANDS,
    COMMAND_SECONDS,
    REFUSALS,
    BATCHES,
    COMMIT_SECONDS,
    CONFLICTS,
    COMMIT_FAILURES,
    EVENTS,
    FRAMES,
    CLOSES,
    HANDSHAKES,
    UNHEARD,
    REQUESTS,
    REQUEST_SECONDS,
    HINTS,
    PROBES_LOST,
    PROBLEMS,
    BUILD,
    QUEUE,
    HEAD,
    POSITION,
    LAG,
    STOPPED,
    FAILING,
    ENDED,
    OVERDUE,
    SOCKETS,
    PLAYERS,
    ROOMS,
    BYTES,
)
"""Every metric of our own; beside them stand the process's."""


class Counts:
    """A counter whose labels are looked up once for each combination."""

    def __init__(self, about: Described, registry: CollectorRegistry | None) -> None:
        self._counter = Counter(about.name, about.meaning, about.labels, registry=registry)
        self._bound: dict[tuple[str, ...], Counter] = {}

    def add(self, *labels: str, count: int = 1) -> None:
        """Count; as many labels as the metric has."""
        bound = self._bound.get(labels)
        if bound is None:
            bound = self._bound[labels] = self._counter.labels(*labels)
        bound.inc(count)


class CommitMetrics:
    """Counts batches and measures commits."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._batches = Histogram(BATCHES.name, BATCHES.meaning, registry=registry, buckets=SIZES)
        self._seconds = Histogram(
            COMMIT_SECONDS.name, COMMIT_SECONDS.meaning, registry=registry, buckets=SECONDS
        )
        conflicts = Counter(CONFLICTS.name, CONFLICTS.meaning, registry=registry)
        failures = Counter(COMMIT_FAILURES.name, COMMIT_FAILURES.meaning, registry=registry)
        self.took: Callable[[int], None] = self._batches.observe
        self.committed: Callable[[float], None] = self._seconds.observe
        self.conflicted: Callable[[], None] = conflicts.inc
        self.failed: Callable[[], None] = failures.inc


class LiveMetrics:
    """Counts what is shown."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._events = Counter(EVENTS.name, EVENTS.meaning, registry=registry)
        frames = Counter(FRAMES.name, FRAMES.meaning, FRAMES.labels, registry=registry)
        self._live = frames.labels("event")
        self.caught_up: Callable[[int], None] = frames.labels("catch_up").inc
        self.sent_snapshot: Callable[[], None] = frames.labels("snapshot").inc
        self.pushed: Callable[[int], None] = frames.labels("view").inc

    def published(self, events: int, frames: int) -> None:
        """So many events were written, as so many frames; once for a batch."""
        self._events.inc(events)
        self._live.inc(frames)


class EdgeMetrics:
    """Counts what comes in: commands, requests, sockets, and what was refused of them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._commands = Counts(COMMANDS, registry)
        self._command_seconds = Histogram(
            COMMAND_SECONDS.name, COMMAND_SECONDS.meaning, registry=registry, buckets=SECONDS
        )
        self._refusals = Counts(REFUSALS, registry)
        self._closes = Counts(CLOSES, registry)
        self._handshakes = Counts(HANDSHAKES, registry)
        self._unheard = Counts(UNHEARD, registry)
        self._requests = Counts(REQUESTS, registry)
        self._request_seconds = Histogram(
            REQUEST_SECONDS.name,
            REQUEST_SECONDS.meaning,
            REQUEST_SECONDS.labels,
            registry=registry,
            buckets=SECONDS,
        )

    def command_answered(self, kind: str, outcome: str, seconds: float) -> None:
        """A command has its answer."""
        self._commands.add(kind if kind in KINDS else "unknown", outcome)
        self._command_seconds.observe(seconds)

    def refused(self, code: str, by: str = "edge") -> None:
        """Somebody was told no."""
        self._refusals.add(code, by)

    def closed(self, code: int) -> None:
        """A socket has ended. A client may send any code from 3000 on."""
        self._closes.add(str(code) if code in CLOSE_CODES else "other")

    def refused_handshake(self, reason: str) -> None:
        """An upgrade led to no socket."""
        self._handshakes.add(reason)

    def refused_request(self, status: int) -> None:
        """A connection was closed before a request was whole."""
        self._unheard.add(str(status))

    def request_answered(self, call: str, status: int, seconds: float) -> None:
        """A request has its answer. ``call`` is a route of ours, never a path."""
        self._requests.add(call, str(status))
        self._request_seconds.labels(call).observe(seconds)


class BusMetrics:
    """Counts what comes and goes between nodes."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        hints = Counter(HINTS.name, HINTS.meaning, HINTS.labels, registry=registry)
        lost = Counter(PROBES_LOST.name, PROBES_LOST.meaning, registry=registry)
        self.sent: Callable[[], None] = hints.labels("sent").inc
        self.received: Callable[[], None] = hints.labels("received").inc
        self.lost: Callable[[], None] = lost.inc


class Readings(Struct, frozen=True, kw_only=True):
    """What the parts know anyway, asked for when somebody scrapes; from another thread."""

    log_id: str
    queue: Callable[[], int]
    head: Callable[[], int | None]
    positions: Callable[[], Mapping[str, int]]
    stopped: Callable[[], Iterable[str]]
    failing: Callable[[], Mapping[str, bool]]
    ended: Callable[[], int]
    overdue_s: Callable[[], float]
    sockets: Callable[[], int]
    players: Callable[[], int]
    rooms: Callable[[], int]
    bytes: Callable[[], Mapping[str, int]]


class _Reader(Collector):
    """Makes gauges of readings."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        readings = self._readings
        yield _family(BUILD, {(version("gutsy"), readings.log_id): 1})
        head, positions = readings.head(), readings.positions()
        stopped = set(readings.stopped())
        if head is not None:
            yield _family(HEAD, {(): head})
            yield _family(LAG, {(name,): max(0, head - at) for name, at in positions.items()})
        yield _family(POSITION, {(name,): at for name, at in positions.items()})
        yield _family(STOPPED, {(name,): name in stopped for name in positions})
        yield _family(FAILING, {(part,): is_so for part, is_so in readings.failing().items()})
        yield _family(BYTES, {(file,): size for file, size in readings.bytes().items()})
        for about, value in (
            (QUEUE, readings.queue()),
            (ENDED, readings.ended()),
            (OVERDUE, readings.overdue_s()),
            (SOCKETS, readings.sockets()),
            (PLAYERS, readings.players()),
            (ROOMS, readings.rooms()),
        ):
            yield _family(about, {(): value})


class Metrics(Collector):
    """All that one server counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.commits = CommitMetrics(self._registry)
        self.live = LiveMetrics(self._registry)
        self.edge = EdgeMetrics(self._registry)
        self.bus = BusMetrics(self._registry)
        self.problems = Counts(PROBLEMS, self._registry)
        for level in ("warning", "error"):
            self.problems.add(level, count=0)  # an alert sees the first one as a rise from 0
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def read(self, readings: Readings) -> None:
        """Show these, too, from now on."""
        self._registry.register(_Reader(readings))

    def collect(self) -> Iterator[Metric]:
        """All of it, without the times at which counting began: they double the series."""
        for metric in self._registry.collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric

    def text(self, accept: str) -> tuple[bytes, str]:
        """All of it as text, and that text's media type. Asks the log: not for the loop."""
        encode, media_type = choose_encoder(accept)
        return encode(self), media_type


def _family(about: Described, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(about.name, about.meaning, labels=about.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
