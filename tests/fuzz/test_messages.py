"""Messages of any kind, with values of any type: only what is malformed ends the socket."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from server.protocol.bodies import BODIES
from server.protocol.client_messages import Act, Auth, Cmd, Pong, Sub, Unsub
from server.protocol.errors import CloseCode
from tests.fuzz import packed
from tests.fuzz.house import House
from tests.fuzz.packed import mapping, number, text, values
from tests.server.serving import fresh_id, masked, message, raw

BINARY = 2
FIELDS = {
    "hello": ("v", "c", "a", "l", "s", "app"),
    "sub": Sub.__struct_fields__,
    "unsub": Unsub.__struct_fields__,
    "cmd": Cmd.__struct_fields__,
    "auth": Auth.__struct_fields__,
    "act": Act.__struct_fields__,
    "pong": Pong.__struct_fields__,
    "dance": ("id",),
}

kinds = st.sampled_from(sorted(FIELDS))
extra = st.lists(st.tuples(packed.strings.map(text), values), max_size=2)
names = st.sampled_from(
    sorted({name for body in BODIES.values() for name in body.__struct_fields__})
)
ids = st.sampled_from(["0" * 26, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "8" * 26, "", "squad", "x" * 2_000])
valid_text = st.one_of(st.text(max_size=40), ids).map(text)


def is_readable(body: bytes) -> bool:
    """Whether it can be taken apart at all: no text that is none, not too deep, not cut short."""
    try:
        msgspec.msgpack.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return True


bodies = st.lists(st.tuples(names.map(text), values), max_size=5).map(mapping).filter(is_readable)


@st.composite
def well_typed(draw: st.DrawFn) -> bytes:
    """A message whose fields have their types, with whatever values; no hello."""
    kind = draw(kinds.filter(lambda kind: kind not in ("hello", "auth")))
    fields = {"t": text(kind)}
    for name in FIELDS[kind]:
        match name:
            case "b":
                fields[name] = draw(st.one_of(bodies, st.just(mapping([]))))
            case "k":
                fields[name] = text(draw(st.one_of(st.sampled_from(sorted(BODIES)), st.text())))
            case "st":
                fields[name] = number(draw(st.integers(-9, 9)))
            case "x" | "n":
                number_or_nil = st.one_of(st.just(b"\xc0"), packed.integers.map(number))
                fields[name] = draw(number_or_nil)
            case _:
                fields[name] = draw(valid_text)
    return packed.message(fields, (text("later"), draw(valid_text)))


@st.composite
def any_typed(draw: st.DrawFn) -> bytes:
    """A message, some of whose fields are missing, doubled or of another type."""
    kind = draw(kinds)
    chosen = draw(st.lists(st.sampled_from(("t", *FIELDS[kind])), max_size=8))
    fields = [(text(name), draw(st.one_of(values, valid_text))) for name in chosen]
    return mapping([(text("t"), text(kind)), *fields, *draw(extra)])


async def outcome(house: House, sent: bytes) -> int | None:
    """The code that one message closes a welcomed socket with; None where it goes on."""
    async with raw(house.served) as wire:
        await wire.handshake()
        wire.send(message("hello", v=1, c="fuzz", a=house.witness.ticket))
        await wire.message("welcome")
        probe = fresh_id().encode()
        wire.send(masked(BINARY, sent), message("dance", id=probe.decode()))
        while True:
            opcode, data = await wire.receive()
            if opcode != BINARY:
                return int.from_bytes(data[:2])
            if probe in data:
                return None


@settings(max_examples=150)
@given(sent=well_typed().filter(lambda sent: len(sent) <= 16_384))
async def test_a_message_of_the_right_types_never_ends_a_session(house: House, sent: bytes) -> None:
    """Whatever is in it: a refusal is an answer. And none of these is allowed."""
    before = await house.kept()

    assert await outcome(house, sent) is None
    assert await house.kept() == before
    assert house.take_failures() == []


@settings(max_examples=200)
@given(sent=st.one_of(any_typed(), values).filter(lambda sent: len(sent) <= 16_384))
async def test_whatever_a_message_is_it_is_answered_or_malformed(house: House, sent: bytes) -> None:
    """4400, or the session goes on; nothing has changed either way."""
    before = await house.kept()

    assert await outcome(house, sent) in {None, CloseCode.MALFORMED, CloseCode.VERSION}
    assert await house.kept() == before
    assert house.take_failures() == []
