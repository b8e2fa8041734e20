"""``/openapi.json``: whole, and against the server that it describes, which schemathesis asks."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count
from typing import Any

import httpx2
import msgspec
import pytest
import schemathesis
from msgspec import Struct
from schemathesis import BaseSchema, Case
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.routing import Route

from server.app import CLIENT
from server.edge.answers import MSGPACK
from server.edge.calls import CALLS
from server.edge.http import make_http
from server.edge.openapi import openapi
from tests.server.serving import Served, fresh_id, process, registration
from tests.server.world import Message

FILES = {"/openapi.json", "/{path:path}"}
"""Routes that are no calls: the document, and the pages of the client."""
PICKY = {"command", "ledger"}
"""Calls with rules that no schema can say: fields by kind, entries that there are."""
KNOWN_BODIES: dict[str, dict[str, object]] = {
    "squad.create": {"name": "Early birds", "tz": "UTC"},
    "squad.invite": {},
}
"""Commands that are a yes, at least at first."""
SCARCE = {"link", "sign_out", "sign_out_everywhere"}
"""Calls that a player, or a ticket, may make a few times only."""

_hosts = count()


def _described(**generation: object) -> BaseSchema:
    config = {
        "seed": 1,
        "generation": {
            "max-examples": 10,
            "deterministic": True,
            "database": "none",
            **generation,
        },
        # Neither examples nor links are in the document.
        "phases": {"examples": {"enabled": False}, "stateful": {"enabled": False}},
    }
    return schemathesis.openapi.from_dict(openapi(), config=schemathesis.Config.from_dict(config))


for_nobody = _described()
for_a_member = _described(**{"with-security-parameters": False})


# As it is


async def test_the_server_shows_its_description(served: Served) -> None:
    """The same that is checked here."""
    async with served.http() as http:
        answer = await http.get("/openapi.json")

    assert (200, openapi()) == (answer.status_code, answer.json())


def test_the_description_has_every_route_and_no_other() -> None:
    """Both ways; HEAD follows from GET."""
    app = make_http(lambda _app: nullcontext(), CLIENT)
    routes = [route for route in app.routes if isinstance(route, Route)]
    described = {(m.upper(), path) for path, item in openapi()["paths"].items() for m in item}

    assert described == {
        (method, route.path)
        for route in routes
        if route.path not in FILES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {route.path for route in routes} >= FILES


def test_the_description_is_openapi() -> None:
    """Raises what OpenAPI 3.1's own schema has against it."""
    for_nobody.validate()


def test_the_description_holds_together() -> None:
    """References lead somewhere, path parameters are described, ids are one of a kind."""
    document = openapi()
    operations = [op for item in document["paths"].values() for op in item.values()]
    dangling = [ref for ref in _references(document) if _look_up(document, ref) is None]
    undescribed = [
        path
        for path, item in document["paths"].items()
        for op in item.values()
        if _braced(path) != [p["name"] for p in op["parameters"] if p["in"] == "path"]
    ]

    assert ([], [], len(operations)) == (
        dangling,
        undescribed,
        len({op["operationId"] for op in operations}),
    )
    assert document["openapi"].startswith("3.1")


def test_the_description_says_which_calls_need_a_sign_in() -> None:
    """By cookie or by ticket; with an empty choice it is not needed."""
    assert {call.path: call.needs_sign_in for call in CALLS} == {
        path: {} not in op.get("security", [{}])
        for path, item in openapi()["paths"].items()
        for op in item.values()
    }


def test_the_description_leaves_no_answer_open() -> None:
    """A ``default`` would make everything true."""
    statuses = {
        status
        for item in openapi()["paths"].values()
        for op in item.values()
        for status in op["responses"]
    }

    assert [] == [status for status in statuses if not status.isdigit()]
    assert {"400", "401", "403", "404", "409", "410", "413", "429", "500", "503"} < statuses


# As it answers


@schemathesis.serializer(MSGPACK)
def _packed(_context: object, value: Any) -> bytes:  # noqa: ANN401 any body
    return msgspec.msgpack.encode(value)


@schemathesis.deserializer(MSGPACK)
def _unpacked(_context: object, response: schemathesis.Response) -> Any:  # noqa: ANN401 any body
    return msgspec.msgpack.decode(response.content)


class Home(Struct, frozen=True):
    """A server, and a member of a squad there."""

    url: str
    ticket: str
    known: dict[str, str]
    """What the member could ask for, by path parameter."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A process of its own, with limits so wide that no refusal is for haste."""
    with process(tmp_path_factory.mktemp("data"), trusted_proxies=1) as running:
        ticket = str(_come_in(running.url).json()["ticket"])
        squad = _done(running.url, ticket, "squad.create", name="Night owls", tz="UTC")["squad"]
        code = _done(running.url, ticket, "squad.invite", squad)["code"]
        battle = _done(running.url, ticket, "battle.open", squad)["battle"]
        known = {"squad": squad, "code": code, "week": "current", "battle": battle}
        yield Home(running.url, ticket, known)


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["*/*", MSGPACK])
@for_nobody.parametrize()
def test_nobody_is_answered_as_described(home: Home, accept: str, case: Case[Any]) -> None:
    """Without a ticket, or with one that schemathesis made up."""
    _check(home, case, {"accept": accept})


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["*/*", MSGPACK])
@for_a_member.parametrize()
def test_a_member_is_answered_as_described(home: Home, accept: str, case: Case[Any]) -> None:
    """By ticket, or by cookie where only that will do; as somebody new where it is used up."""
    signed_in = {"Authorization": f"Bearer {home.ticket}"}
    if _operation(case) in SCARCE:
        answer = _come_in(home.url)
        signed_in = {"Authorization": f"Bearer {answer.json()['ticket']}"}
        if {"ticket": []} not in case.operation.definition.raw["security"]:
            cookie = answer.headers["set-cookie"].partition(";")[0]
            signed_in = {"Cookie": cookie, "Origin": home.url}
    _check(home, case, {"accept": accept, **signed_in})


def _check(home: Home, case: Case[Any], headers: dict[str, str]) -> None:
    """Ask, and let every check look at the answer."""
    meta = case.meta
    assert meta is not None
    operation = _operation(case)
    if meta.generation.mode.is_positive:
        _make_sense(home, case)
    if re.fullmatch("[0-9]{1,15}", str(case.query.get("after_q"))):
        # What nobody has written yet is waited for, two seconds each time.
        case.query["after_q"] = 0
    if operation == "invitation":
        # One address may look for sixty codes a minute, whatever the settings.
        headers["X-Forwarded-For"] = f"10.0.0.{next(_hosts) % 250}"
    skipped: list[CheckFunction] = [positive_data_acceptance] if operation in PICKY else []
    response = case.call_and_validate(home.url, headers=headers, excluded_checks=skipped)
    media_type = response.headers.get("content-type", [""])[0]

    # The request was whole: what is said to others is no answer to it.
    assert not media_type.startswith("text/plain") or operation == "metrics"


def _make_sense(home: Home, case: Case[Any]) -> None:
    """Put in what is there: well-formed ids, codes and names of nothing would all end alike."""
    for name in case.path_parameters:
        case.path_parameters[name] = home.known[name]
    body: Any = case.body
    if _operation(case) == "guest":
        name = f"Guest {fresh_id()[-8:]}"
        body |= registration(name, adult=body["adult"])
    elif _operation(case) == "command" and body["k"] in KNOWN_BODIES:
        squad = None if body["k"] == "squad.create" else home.known["squad"]
        fields: Message = {"id": fresh_id(), "s": squad, "b": KNOWN_BODIES[body["k"]], "x": None}
        body |= fields


def _operation(case: Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _come_in(url: str) -> httpx2.Response:
    answer = httpx2.post(f"{url}/api/guest", json=registration(f"Guest {fresh_id()[-8:]}"))
    assert answer.status_code == 201, answer.text
    return answer


def _done(url: str, ticket: str, kind: str, squad: str | None = None, **body: object) -> Message:
    """What a command gave."""
    command = {"id": fresh_id(), "k": kind, "s": squad, "b": body}
    headers = {"authorization": f"Bearer {ticket}"}
    answer = httpx2.post(f"{url}/api/cmd", json=command, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["b"])


def _references(node: Any) -> list[str]:  # noqa: ANN401 a tree of JSON
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _references(value)]
    return []


def _look_up(document: Message, reference: str) -> Any:  # noqa: ANN401 a tree of JSON
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _braced(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
