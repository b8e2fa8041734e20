"""The server's log: one form, enough to follow somebody by ids, and nothing personal in it."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from server import logs
from server.protocol.bodies import BODIES
from server.settings import LogFormat, LogLevel, Settings
from tests.server.serving import (
    Guest,
    Served,
    fresh_id,
    masked,
    message,
    process,
    raw,
    registration,
    serving,
)
from tests.server.world import until

Line = dict[str, Any]
MARKERS = {
    "handle": "Zanzibar Quokka",
    "other handle": "Umbrella Wombat",
    "squad's name": "Marmalade Parliament",
    "words": "ask the baker for a purple xylophone",
    "line": "The wombat giggled at me",
    "anything": "Turbulent-Bassoon",
    "address": "203.0.113.77",
    "network": "2001:db8:77:77",
}
WORDS = MARKERS["anything"]


class Screen(io.StringIO):
    """A stream that is somebody's terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def logged(
    stream: io.StringIO | None = None, level: LogLevel = "debug", form: LogFormat = "json"
) -> Iterator[io.StringIO]:
    """What ``serve`` would write, while this lasts."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    before = root.handlers, root.level, ours.level
    stream = stream or io.StringIO()
    logs.set_up(Settings(log_level=level, log_format=form), stream)
    try:
        yield stream
    finally:
        root.handlers, level_of_root, level_of_ours = before
        root.setLevel(level_of_root)
        ours.setLevel(level_of_ours)


def lines(stream: io.StringIO, message: str | None = None) -> list[Line]:
    """The lines so far, perhaps of one message only."""
    maps: list[Line] = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in maps if message in (None, line["message"])]


# The form


def test_a_line_is_one_map_with_what_belongs_beside_it() -> None:
    """Ours and a library's alike."""
    with logged() as stream:
        logging.getLogger("server.edge").info("something %s", "happened", extra={"code": 4400})
        logging.getLogger("uvicorn.error").warning("something else")
    ours, library = lines(stream)

    assert (ours["message"], ours["level"], ours["logger"], ours["code"]) == (
        "something happened",
        "info",
        "server.edge",
        4400,
    )
    assert (library["message"], library["level"], library["logger"]) == (
        "something else",
        "warning",
        "uvicorn.error",
    )
    assert ours["timestamp"].endswith("Z")


def test_a_failure_is_one_line_with_its_traceback_and_no_variables() -> None:
    """Variables hold what people have said."""
    secret = WORDS
    with logged() as stream:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("server.edge").exception("it failed")
    (line,) = lines(stream)

    assert ("ZeroDivisionError" in line["exception"], secret in stream.getvalue()) == (True, False)


def test_on_a_terminal_a_failure_shows_no_variables_either() -> None:
    """Where the lines are for reading."""
    secret = WORDS
    with logged(Screen(), form="auto") as stream:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("server.edge").exception("it failed")

    assert ("ZeroDivisionError" in stream.getvalue(), secret in stream.getvalue()) == (True, False)


@pytest.mark.parametrize(
    ("stream", "form", "is_json"),
    [
        (io.StringIO, "auto", True),
        (Screen, "auto", False),
        (io.StringIO, "console", False),
        (Screen, "json", True),
    ],
)
def test_lines_are_for_reading_where_that_is_a_terminal(
    stream: type[io.StringIO], form: LogFormat, is_json: bool
) -> None:
    """Unless a setting says otherwise."""
    with logged(stream(), form=form) as written:
        logging.getLogger("server.edge").info("hello")

    assert written.getvalue().startswith('{"') == is_json


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("error", 1)])
def test_the_level_is_for_our_own_lines(level: LogLevel, count: int) -> None:
    """What libraries say for their developers is never there."""
    with logged(level=level) as stream:
        for name in ("debug", "info", "warning", "error"):
            getattr(logging.getLogger("server.edge"), name)("ours")
        logging.getLogger("library").info("a library's")

    assert len(lines(stream, "ours")) == len(lines(stream)) == count


@contextmanager
def noting_unexpected() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop, as ``serve`` sets it up."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(logs.note_unexpected)
    try:
        yield loop
    finally:
        loop.set_exception_handler(before)


async def test_what_the_loop_finds_without_a_failure_is_said_in_its_words() -> None:
    """And which task it is about, without what that works on."""

    async def waits(_words: str) -> None:
        await asyncio.Event().wait()

    with noting_unexpected() as loop, logged() as stream:
        task = loop.create_task(waits(WORDS))
        # As asyncio says it of a task that nobody holds.
        pending = "Task was destroyed but it is pending!"
        loop.call_exception_handler({"task": task, "message": pending})
        loop.call_exception_handler({"message": "Cancelling a future failed"})
        task.cancel()
    said = [(line["message"], line.get("task", "").split(".")[-1]) for line in lines(stream)]

    assert [(pending, "waits"), ("Cancelling a future failed", "")] == said
    assert WORDS not in stream.getvalue()


async def test_a_failure_that_nobody_awaits_is_logged_without_its_arguments() -> None:
    """The loop would show them."""
    with noting_unexpected() as loop, logged() as stream:
        loop.call_soon(int, WORDS + "?", 99)
        await until(stream.getvalue)
    (line,) = lines(stream)

    assert ("ValueError" in line["exception"], WORDS in stream.getvalue()) == (True, False)


@pytest.mark.slow
def test_serve_logs_maps_and_says_where_it_is_among_them(tmp_path: Path) -> None:
    """Where nobody reads along."""
    with process(tmp_path) as running:
        pass
    said = [json.loads(line) for line in running.output().splitlines()]

    assert f"Gutsy is at {running.url}" in [line["message"] for line in said]


# Requests


async def test_a_request_is_one_line_with_route_status_and_id(tmp_path: Path) -> None:
    """The same id is in the answer, and the player's beside it."""
    with logged() as stream:
        async with serving(tmp_path) as served, served.guest() as guest:
            answer = await guest.http.get("/api/me")
    line = lines(stream, "request")[-1]

    assert (line["call"], line["status"], line["player"], line["level"], line["request_id"]) == (
        "GET /api/me",
        200,
        guest.player,
        "debug",
        answer.headers["x-request-id"],
    )
    assert line["ms"] >= 0


async def test_changes_and_errors_are_worth_more_than_the_rest(tmp_path: Path) -> None:
    """A look at the page is for debugging only."""
    with logged() as stream:
        async with serving(tmp_path) as served, served.guest() as guest:
            await guest.squad()
            await guest.http.get("/api/deck")
            await guest.http.get("/api/nothing")
    levels = [(line["call"], line["level"]) for line in lines(stream, "request")]

    assert levels == [
        ("POST /api/guest", "info"),
        ("POST /api/cmd", "info"),
        ("GET /api/deck", "debug"),
        ("GET /{path:path}", "info"),
    ]


@pytest.mark.parametrize(
    ("proxies", "given", "is_kept"),
    [
        (1, "0123456789abcdef", True),
        (1, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", True),
        (1, "short", False),
        (1, "somebodys-own-words", False),
        (1, '"quoted": 0123456789', False),
        (1, "0" * 65, False),
        (0, "0123456789abcdef", False),
    ],
)
async def test_an_id_is_believed_from_a_trusted_proxy_and_in_a_safe_form(
    tmp_path: Path, proxies: int, given: str, is_kept: bool
) -> None:
    """Else a new one is made."""
    async with serving(tmp_path, trusted_proxies=proxies) as served, served.http() as http:
        answer = await http.get("/healthz", headers={"x-request-id": given})

    assert (answer.headers["x-request-id"] == given) == is_kept


async def test_a_failure_of_ours_is_logged_with_the_reference_that_the_player_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with the traceback, one of the request."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with logged() as stream:
        async with serving(tmp_path) as served, served.guest() as guest:
            monkeypatch.setattr(served.services.models, "me", fail)
            answer = await guest.http.get("/api/me")
    reference = answer.json()["error"]["message"].partition("(")[2].rstrip(").")
    about = [line for line in lines(stream) if line.get("request_id") == reference]

    assert [(line["message"], line["level"]) for line in about] == [
        ("GET /api/me failed", "error"),
        ("request", "info"),
    ]
    assert "ZeroDivisionError" in about[0]["exception"]


# Connections


async def test_the_end_of_a_connection_is_one_line(tmp_path: Path) -> None:
    """With its player, its code and how long it was open."""
    with logged() as stream:
        async with serving(tmp_path) as served, served.guest() as guest:
            async with guest.socket() as socket:
                await socket.say("nonsense", id="1")
                await socket.hear("err")
            await until(lambda: len(served.services.sessions) == 0)
    (line,) = lines(stream, "connection ended")

    assert (line["player"], line["code"], line["level"]) == (guest.player, 1000, "info")
    assert (len(line["connection"]), line["seconds"] >= 0) == (12, True)


async def test_a_defect_is_logged_once_with_its_connection_and_ends_that_one_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1011, and the same id stands beside its end."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with logged() as stream:
        async with serving(tmp_path) as served, served.guest() as guest:
            async with raw(served) as wire, guest.socket() as other:
                await wire.handshake()
                wire.send(message("hello", v=1, c="test", a=guest.ticket))
                await wire.message("welcome")
                monkeypatch.setattr(served.services.intake, "command", fail)
                wire.send(message("cmd", id=fresh_id(), k="squad.leave"))
                code = await wire.close_code()
                await wire.rest()
                monkeypatch.undo()
                await other.say("unsub", id="2", s=fresh_id())
                await other.hear("ack", id="2")
            await until(lambda: len(served.services.sessions) == 0)
    (failure,) = [line for line in lines(stream) if line["level"] == "error"]
    ends = {line["connection"]: line["code"] for line in lines(stream, "connection ended")}

    assert (code, failure["message"], ends[failure["connection"]]) == (
        1011,
        "a connection failed",
        1011,
    )
    assert sorted(ends.values()) == [1000, 1011]


# Nothing personal


async def test_no_word_code_ticket_cookie_or_address_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its most talkative, whatever was said and whatever went wrong."""
    with logged() as stream:
        secrets = await _say_everything(tmp_path, monkeypatch)
    text = stream.getvalue().casefold()
    kinds = {line["message"] for line in lines(stream)}

    assert {"request", "connection ended", "handshake refused", "a connection failed"} <= kinds
    assert [name for name, secret in secrets.items() if secret.casefold() in text] == []


async def _say_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every kind of command and of failure; returns what must not be logged."""
    headers = {"x-forwarded-for": MARKERS["address"], "x-request-id": WORDS, "user-agent": WORDS}
    async with (
        serving(folder, trusted_proxies=1) as served,
        served.http(headers=headers) as http,
        served.http(headers={"x-forwarded-for": MARKERS["network"] + "::1"}) as more,
    ):
        guest_id = registration(MARKERS["handle"])
        maya = await _come_in(served, http, guest_id)
        sam = await _come_in(served, more, registration(MARKERS["other handle"]))
        code = await _play(maya, sam)
        await http.post("/api/guest", json=registration(MARKERS["handle"]))  # taken
        await http.post("/api/guest", content=WORDS)
        await http.post("/api/guest", content=b"x" * 20_000)
        await _ask_in_vain(http, code)
        await _say_nonsense(served, maya)
        await _break(served, maya, monkeypatch)
        await maya.do("player.erase", confirm=MARKERS["handle"])
        cookie = http.cookies["gutsy_session"]
    return {
        **MARKERS,
        "code": code,
        "ticket": maya.ticket,
        "cookie": cookie,
        "guest id": str(guest_id["id"]),
    }


async def _come_in(served: Served, http: httpx2.AsyncClient, fields: dict[str, object]) -> Guest:
    answer = await http.post("/api/guest", json=fields)
    assert answer.status_code == 201, answer.text
    return Guest(served, http, answer.json())


async def _play(maya: Guest, sam: Guest) -> str:
    """All that goes well; returns an invite's code."""
    squad = await maya.squad(MARKERS["squad's name"])
    code: str = (await maya.do("squad.invite", squad))["b"]["code"]
    await sam.do("squad.join", code=code)
    words = {"text": MARKERS["words"], "kind": "ASK", "difficulty": 2}
    dare = (await maya.do("dare.issue", squad, target=sam.player, **words))["b"]["dare"]
    await sam.do("dare.accept", squad, dare=dare, text=MARKERS["words"])
    await sam.do("dare.report", squad, dare=dare, outcome="REJECTED", line=MARKERS["line"])
    async with sam.socket({squad: None}) as socket:
        await socket.hear("live")
        for kind, body in BODIES.items():
            fields = _full_of_markers(body)
            for b in ({}, fields, {**fields, "code": code, "dare": dare, WORDS: WORDS}):
                await socket.say("cmd", id=fresh_id(), s=squad, k=kind, b=b)
                await maya.http.post(
                    "/api/cmd", json={"id": fresh_id(), "k": kind, "b": b, "s": squad}
                )
        await socket.say("cmd", id=WORDS, s=WORDS, k=WORDS, b={WORDS: WORDS})
        await socket.hear("err", id=WORDS)
    return code


def _full_of_markers(body: type[msgspec.Struct]) -> dict[str, object]:
    return {field.encode_name: WORDS for field in msgspec.structs.fields(body)}


async def _ask_in_vain(http: httpx2.AsyncClient, code: str) -> None:
    for path in (
        f"/api/invites/{code}",
        f"/api/invites/{WORDS}",
        f"/api/squads/{WORDS}/events?after={WORDS}",
        f"/api/{WORDS}",
        f"/join/{code}",
        f"/{WORDS}.txt?{WORDS}={WORDS}",
        "/metrics",
        "/readyz",
    ):
        await http.get(path)
    await http.get("/api/me", headers={"authorization": f"Bearer {WORDS}"})
    await http.post("/api/cmd", json={"id": WORDS, "k": WORDS, "b": {}, "s": WORDS})
    await http.post("/api/ticket", headers={"origin": f"https://{WORDS}.example"})
    await http.request(WORDS, "/api/me")


async def _say_nonsense(served: Served, maya: Guest) -> None:
    """What no well-made client sends, each on a connection of its own."""
    async with raw(served) as wire:
        await wire.handshake(f"/{WORDS}")
    async with raw(served) as wire:
        await wire.handshake(Origin=f"https://{WORDS}.example")
    for frame in (
        masked(1, WORDS.encode()),
        masked(2, WORDS.encode()),
        masked(2, msgspec.msgpack.encode({"t": WORDS, "id": WORDS})),
        message("hello", v=1, c=WORDS, a=WORDS),
        message("hello", v=1, c=WORDS, a=maya.ticket + WORDS),
        message("hello", v=WORDS, c=WORDS, a=maya.ticket),
        masked(8, (3000).to_bytes(2) + WORDS.encode()),
        b"\xff" + WORDS.encode(),
    ):
        async with raw(served) as wire:
            await wire.handshake(X_Forwarded_For=MARKERS["address"], Cookie=WORDS)
            wire.send(frame)
            wire.writer.write_eof()
            await wire.rest()


async def _break(served: Served, maya: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defects of ours, on a call and on a connection, while they work on somebody's words."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    async with maya.socket() as socket:
        monkeypatch.setattr(served.services.intake, "command", fail)
        answer = await maya.http.post(
            "/api/cmd", json={"id": fresh_id(), "k": "squad.rename", "b": {"name": WORDS}}
        )
        await socket.say("cmd", id=fresh_id(), k="squad.rename", b={"name": WORDS})
        await socket.connection.wait_closed()
        monkeypatch.undo()
    assert answer.status_code == 500
