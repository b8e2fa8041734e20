"""Metrics: what is counted, that it is documented, and who may read it."""

import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.edge.http_connection import MOST_PIPELINED
from server.eventlog.log import LogUnavailable
from server.metrics import METRICS, Metrics, Readings
from tests.server.serving import Served, fresh_id, masked, message, raw, serving
from tests.server.world import until

TOKEN = "a token that is long enough to be one"
READINGS = Readings(
    log_id="l",
    queue=lambda: 3,
    head=lambda: 10,
    positions=lambda: {"ledger@1": 7},
    stopped=lambda: ["ledger@1"],
    failing=lambda: {"log": True},
    ended=lambda: 0,
    overdue_s=lambda: 0.25,
    sockets=lambda: 5,
    players=lambda: 4,
    rooms=lambda: 2,
    bytes=lambda: {"log": 4096},
)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with wide limits; each test brings its own players."""
    async with serving(tmp_path_factory.mktemp("data")) as served:
        yield served


async def scrape(served: Served) -> str:
    """All metrics of a server."""
    async with served.http() as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return answer.text


def value(text: str, sample: str, **labels: str) -> float:
    """The value of a sample; 0 where there is none yet."""
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == sample and labels.items() <= one.labels.items():
                return one.value
    return 0


@contextmanager
def shown(metrics: Metrics, readings: Readings = READINGS) -> Iterator[str]:
    """Metrics as text."""
    metrics.read(readings)
    yield metrics.text("")[0].decode()


# What there is


def test_every_metric_of_ours_is_described_and_every_described_one_is_there() -> None:
    """Under the same name, type and meaning."""
    metrics = Metrics()
    metrics.read(READINGS)
    there = {
        (family.name + ("_total" if family.type == "counter" else ""), family.type): (
            family.documentation
        )
        for family in metrics.collect()
        if family.name.startswith("gutsy_")
    }

    assert {(m.name, m.kind): m.meaning for m in METRICS} == there


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_keep_to_prometheus_conventions(metric: object) -> None:
    """Counters end in ``_total``, times are in seconds, sizes in bytes."""
    described = msgspec.structs.asdict(metric)  # type: ignore[arg-type]  # a Struct

    assert re.fullmatch(r"gutsy_[a-z_]+", described["name"])
    assert (described["kind"] == "counter") == described["name"].endswith("_total")
    assert not re.search(r"_(ms|millis|kb|mb)(_|$)", described["name"])


def test_a_scrape_reads_what_the_parts_know() -> None:
    """A read model's lag is its distance from the head."""
    with shown(Metrics()) as text:
        found = {
            "lag": value(text, "gutsy_projection_lag_events", projection="ledger@1"),
            "stopped": value(text, "gutsy_projection_stopped", projection="ledger@1"),
            "failing": value(text, "gutsy_failing", part="log"),
            "queue": value(text, "gutsy_queue_commands"),
        }

    assert {"lag": 3, "stopped": 1, "failing": 1, "queue": 3} == found


def test_a_log_that_cannot_be_read_hides_nothing_else() -> None:
    """There is no head then, and so no lag."""
    unread = msgspec.structs.replace(READINGS, head=lambda: None)
    with shown(Metrics(), unread) as text:
        there = [name in text for name in ("log_head", "projection_lag", "queue_commands 3.0")]

    assert [False, False, True] == there


def test_when_counting_began_is_not_shown() -> None:
    """It would double the series."""
    with shown(Metrics()) as text:
        assert "_created" not in text


def test_two_servers_in_one_process_count_apart() -> None:
    """Nothing is global."""
    one, other = Metrics(), Metrics()
    one.edge.refused("BUSY")
    with shown(one) as first, shown(other) as second:
        counts = [value(text, "gutsy_refusals_total", code="BUSY") for text in (first, second)]

    assert [1, 0] == counts


# What is counted


async def test_commands_are_counted_by_kind_and_outcome(served: Served) -> None:
    """Those that are unheard of as one kind, whatever they are called."""
    before = await scrape(served)
    async with served.guest() as guest:
        squad = await guest.squad()
        body = {"id": fresh_id(), "k": "squad.rename", "b": {"name": "Owls"}, "s": squad}
        for _ in range(2):
            await guest.http.post("/api/cmd", json=body)
        for kind in ("squad.rename", "xyzzy"):
            await guest.http.post(
                "/api/cmd", json={"id": fresh_id(), "k": kind, "b": {}, "s": squad}
            )
    after = await scrape(served)

    def rise(kind: str, outcome: str) -> float:
        labels = {"kind": kind, "outcome": outcome}
        name = "gutsy_commands_total"
        return value(after, name, **labels) - value(before, name, **labels)

    assert "xyzzy" not in after
    assert (
        rise("player.register", "accepted"),
        rise("squad.rename", "accepted"),
        rise("squad.rename", "repeated"),
        rise("squad.rename", "BAD_INPUT"),
        rise("unknown", "UNKNOWN_KIND"),
    ) == (1, 1, 1, 1, 1)
    assert value(after, "gutsy_command_duration_seconds_count") - value(
        before, "gutsy_command_duration_seconds_count"
    ) == pytest.approx(6)


async def test_refusals_are_counted_by_who_refuses(served: Served) -> None:
    """The edge before anything was decided, or the rules."""
    before = await scrape(served)
    async with served.guest() as guest, guest.socket() as socket:
        await guest.http.post(
            "/api/cmd", json={"id": fresh_id(), "k": "squad.leave", "b": {}, "s": fresh_id()}
        )
        await socket.say("sub", id="1", s=fresh_id())
        await socket.hear("err")
        await guest.http.get(f"/api/squads/{fresh_id()}/events")
    after = await scrape(served)
    rises = {
        (code, by): value(after, "gutsy_refusals_total", code=code, by=by)
        - value(before, "gutsy_refusals_total", code=code, by=by)
        for code, by in (("FORBIDDEN", "edge"), ("FORBIDDEN", "rules"))
    }

    assert {("FORBIDDEN", "edge"): 2, ("FORBIDDEN", "rules"): 1} == rises


async def test_an_event_is_counted_once_and_its_frames_for_each_follower(tmp_path: Path) -> None:
    """With the snapshots and views that came before it."""
    async with serving(tmp_path) as served, served.guest() as guest:
        squad = await guest.squad()
        async with guest.socket({squad: None}) as one, guest.socket({squad: 0}) as other:
            for socket in (one, other):
                await socket.hear("live")
            before = await scrape(served)
            await guest.do("squad.rename", squad, name="Owls")
            for socket in (one, other):
                await socket.hear("ev", k="squad.renamed")
            after = await scrape(served)

    def rise(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert (
        rise("gutsy_events_published_total"),
        rise("gutsy_frames_written_total", kind="event"),
        value(after, "gutsy_frames_written_total", kind="snapshot"),
        value(after, "gutsy_frames_written_total", kind="catch_up"),
        value(after, "gutsy_frames_written_total", kind="view") > 0,
        value(after, "gutsy_sockets_open"),
        value(after, "gutsy_players_connected"),
    ) == (1, 2, 1, 1, True, 2, 1)


async def test_batches_and_commits_are_measured(tmp_path: Path) -> None:
    """Each command of one guest waits for the one before."""
    async with serving(tmp_path) as served, served.guest() as guest:
        await guest.squad()
        text = await scrape(served)

    assert (
        value(text, "gutsy_commit_batch_commands_sum"),
        value(text, "gutsy_commit_batch_commands_bucket", le="1.0"),
        value(text, "gutsy_commit_duration_seconds_count"),
        value(text, "gutsy_log_head_events") > 0,
        value(text, "gutsy_database_bytes", file="log") > 0,
    ) == (2, 2, 2, True, True)


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (masked(8, (1000).to_bytes(2)), "1000"),
        (masked(8, (3999).to_bytes(2)), "other"),
        (masked(1, b"hello"), "1003"),
        (message("pong"), "4400"),
        (b"", "1006"),
    ],
)
async def test_a_socket_is_counted_by_the_code_of_whoever_closed_first(
    served: Served, says: bytes, code: str
) -> None:
    """A code that a client made up is one of many."""
    before = await scrape(served)
    async with raw(served) as wire:
        await wire.handshake()
        wire.send(says)
        wire.writer.write_eof()
        await wire.rest()
    await until(lambda: len(served.services.sessions) == 0)
    after = await scrape(served)
    name = "gutsy_sockets_closed_total"

    assert value(after, name, code=code) - value(before, name, code=code) == 1


async def test_a_handshake_that_leads_to_no_socket_is_counted_with_its_reason(
    tmp_path: Path,
) -> None:
    """As is one of too many, or too late."""
    async with serving(tmp_path, sockets_per_ip=1) as served:
        for path, headers in (
            ("/elsewhere", {}),
            ("/ws", {"Sec_WebSocket_Version": "12"}),
            ("/ws", {"Origin": "https://evil.example"}),
        ):
            async with raw(served) as wire:
                await wire.handshake(path, **headers)
        async with raw(served) as first, raw(served) as second:
            await first.handshake()
            await second.handshake()
            await second.close_code()
        served.services.sessions.drain(0)
        async with raw(served) as late:
            await late.handshake()
            await late.close_code()
        text = await scrape(served)
    reasons = ("path", "protocol", "origin", "rate", "draining")

    assert dict.fromkeys(reasons, 1) == {
        reason: value(text, "gutsy_handshakes_refused_total", reason=reason) for reason in reasons
    }


async def test_what_is_refused_before_it_is_a_request_is_counted_by_its_status(
    tmp_path: Path,
) -> None:
    """Each guard once; no route hears of it."""
    limits = {"max_head_bytes": 4096, "max_message_bytes": 1024, "body_ms": 200}
    async with serving(tmp_path, unfinished_requests_per_ip=2, **limits) as served:
        post = "POST /api/guest HTTP/1.1\r\nHost: x\r\n"
        for said in (
            "nonsense\r\n\r\n",
            post + "Content-Length: 9\r\n\r\n",
            post + "Transfer-Encoding: chunked\r\n\r\n1;" + "a" * 6_000,
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n" * (MOST_PIPELINED + 2),
            "GET /" + "a" * 5_000,
        ):
            async with raw(served) as wire:
                wire.send(said.encode())
                await wire.rest()
        async with raw(served) as first, raw(served), raw(served):
            await first.rest()
        await until(lambda: len(served.services.unfinished) == 0)
        text = await scrape(served)
    statuses = ("400", "408", "413", "429", "431", "503")

    assert dict.fromkeys(statuses, 1) == {
        status: value(text, "gutsy_http_requests_refused_total", status=status)
        for status in statuses
    }


async def test_requests_are_counted_by_route_and_never_by_path(served: Served) -> None:
    """An invite's code stands in a path."""
    async with served.http() as http:
        await http.get("/api/invites/SECRETCODE")
        await http.get("/no-such-page.txt")
        await http.put("/api/me")
    text = await scrape(served)
    name = "gutsy_http_requests_total"

    assert (
        value(text, name, call="GET /api/invites/{code}", status="404") > 0,
        value(text, name, call="GET /{path:path}", status="404") > 0,
        value(text, name, call="GET /api/me", status="405") > 0,
        "SECRETCODE" in text,
        "no-such" in text,
    ) == (True, True, True, False, False)


async def test_a_failure_that_is_over_is_over_at_the_next_scrape(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nobody writes, and nobody asks for ``/readyz``."""

    def fail(*_: object) -> None:
        raise LogUnavailable("the disk is full")

    commands, keys = served.services.commands, served.services.tools.keys
    without_table = sqlite3.connect(":memory:", check_same_thread=False)
    with monkeypatch.context() as full, closing(without_table):
        full.setattr(served.services.log, "append", fail)
        full.setattr(keys._table, "_file", without_table)
        commands.failure = keys.failure = "the disk is full"
        during = await scrape(served)
    after = await scrape(served)

    assert [
        [value(text, "gutsy_failing", part=part) for part in ("commands", "keys")]
        for text in (during, after)
    ] == [[1, 1], [0, 0]]


async def test_a_line_of_trouble_in_the_log_is_counted(tmp_path: Path) -> None:
    """While the server runs; only what it says itself."""
    async with serving(tmp_path) as served:
        logging.getLogger("server.edge").error("something")
        logging.getLogger("server.edge").warning("something")
        logging.getLogger("library").error("something")
        text = await scrape(served)
    logging.getLogger("server.edge").error("something")

    name = "gutsy_problems_logged_total"
    after = served.services.metrics.text("")[0].decode()

    assert (value(text, name, level="error"), value(text, name, level="warning")) == (1, 1)
    assert value(after, name, level="error") == 1


# Who may read them


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "gutsy.example"}, 403),
        ({"host": "[::1"}, 403),
        ({"x-forwarded-for": "203.0.113.7"}, 403),
        ({"forwarded": "for=203.0.113.7"}, 403),
        ({"via": "1.1 proxy"}, 403),
    ],
)
async def test_without_a_token_only_this_machine_reads_them_and_no_proxy(
    served: Served, headers: dict[str, str], status: int
) -> None:
    """A proxy on this machine comes from it, too."""
    async with served.http() as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("Bearer x", 401),
        (TOKEN, 401),
        ("", 401),
    ],
)
async def test_with_a_token_whoever_has_it_reads_them(
    tmp_path: Path, authorization: str, status: int
) -> None:
    """From anywhere, through any proxy; nobody else does."""
    headers = {"authorization": authorization, "x-forwarded-for": "203.0.113.7"}
    async with serving(tmp_path, metrics_token=TOKEN) as served, served.http() as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == status


async def test_the_text_is_of_the_form_that_is_asked_for(served: Served) -> None:
    """Prometheus itself prefers OpenMetrics."""
    async with served.http() as http:
        plain = await http.get("/metrics")
        open_metrics = await http.get(
            "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
        )

    assert [
        answer.headers["content-type"].partition(";")[0] for answer in (plain, open_metrics)
    ] == ["text/plain", "application/openmetrics-text"]
    assert open_metrics.text.endswith("# EOF\n")
