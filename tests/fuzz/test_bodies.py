"""HTTP: every call that takes a body, with bodies that nobody would send."""

import json

import httpx2
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.refusals import RefusalCode
from server.edge.calls import CALLS, Call, Command, Guest
from server.protocol.bodies import BODIES
from tests.fuzz import packed
from tests.fuzz.house import House
from tests.fuzz.packed import json_values, mapping, quoted, text, values
from tests.server.serving import fresh_id

MSGPACK = "application/msgpack"
NAMES = sorted({*Command.__struct_fields__, *Guest.__struct_fields__})
BODY_NAMES = sorted({name for body in BODIES.values() for name in body.__struct_fields__})

calls = st.sampled_from(CALLS)
names = st.sampled_from(NAMES)
json_bodies = st.one_of(
    json_values,
    st.lists(st.tuples(names.map(quoted), json_values), max_size=8).map(
        lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
    ),
).map(lambda body: body.encode("utf-8", "surrogatepass"))
msgpack_bodies = st.one_of(
    values, st.lists(st.tuples(names.map(text), values), max_size=8).map(mapping)
)
contents = st.one_of(
    st.tuples(st.just("application/json"), json_bodies),
    st.tuples(st.just(MSGPACK), msgpack_bodies),
    st.tuples(st.sampled_from(["", "text/plain", MSGPACK + "; x"]), st.binary(max_size=200)),
)
fields = st.lists(st.tuples(st.sampled_from(BODY_NAMES).map(text), values), max_size=6).map(mapping)
later = values.map(lambda value: mapping([(text("later"), value)]))
commands = st.one_of(
    st.tuples(st.sampled_from(sorted(BODIES)), fields),
    # All that is asked for, and something that nobody knows: it is hashed all the same.
    st.tuples(st.just("squad.leave"), later),
)


def is_refused_well(answer: httpx2.Response) -> bool:
    """Whether an answer is a refusal in the one shape, with a code from the closed list."""
    is_msgpack = MSGPACK in answer.headers.get("content-type", "")
    body = msgspec.msgpack.decode(answer.content) if is_msgpack else json.loads(answer.content)
    code = RefusalCode(body["error"]["code"])
    return code is not RefusalCode.INTERNAL and isinstance(body["error"]["message"], str)


@settings(max_examples=250)
@given(call=calls.filter(lambda call: call.method == "POST"), content=contents)
async def test_whatever_a_body_is_it_is_answered_or_refused(
    house: House, call: Call, content: tuple[str, bytes]
) -> None:
    """And what is refused has changed nothing. (Signing out takes no body.)"""
    before = await house.kept()
    kind, body = content
    headers = {"content-type": kind, "accept": kind}
    answer = await house.witness.http.request(call.method, call.path, content=body, headers=headers)

    assert answer.status_code == call.status or is_refused_well(answer), answer.content
    if answer.status_code != call.status:
        assert await house.kept() == before
    assert house.take_failures() == []


@settings(max_examples=150)
@given(command=commands)
async def test_whatever_a_command_holds_it_is_answered_or_refused(
    house: House, command: tuple[str, bytes]
) -> None:
    """By its kind, with fields of any type."""
    before = await house.kept()
    kind, fields = command
    body = packed.message({"id": text(fresh_id()), "k": text(kind), "b": fields})
    headers = {"content-type": MSGPACK}
    answer = await house.witness.http.post("/api/cmd", content=body, headers=headers)

    assert answer.status_code == 200 or is_refused_well(answer), answer.content
    if answer.status_code != 200:
        assert await house.kept() == before
    assert house.take_failures() == []
