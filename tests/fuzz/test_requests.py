"""HTTP: requests that nobody would send, as bytes: targets, queries, headers, bodies."""

import asyncio
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from server.edge.calls import CALLS
from tests.fuzz import packed
from tests.fuzz.house import House
from tests.server.serving import Served, raw
from tests.server.world import until

paths = st.sampled_from(sorted({call.path for call in CALLS} | {"/", "/openapi.json", "/assets/x"}))
part = st.one_of(
    st.text(max_size=30).map(quote),
    st.sampled_from(["current", "2026-W48", "2026-W60", "0" * 26, "..", ".", "%", "%2e%2e%2f"]),
    st.sampled_from(["%ff", "%00", "%ud800", "//", ";x", "%2F"]),
)
query = st.lists(
    st.tuples(
        st.sampled_from(["after", "before", "limit", "after_q", "difficulty", "category", "x"]),
        st.one_of(part, packed.integers.filter(lambda number: number <= 0).map(str)),
    ),
    max_size=4,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
NAMES = [
    *(b"Host", b"Cookie", b"Authorization", b"Origin", b"Accept", b"Accept-Encoding"),
    *(b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Connection"),
    *(b"Upgrade", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Sec-WebSocket-Protocol"),
    *(b"X-Forwarded-For", b"Range", b"If-None-Match", b"Te", b"Trailer"),
]
VALUES = [
    *(b"[", b"]:80", b"x:y", b"\xff\xfe", b"a@b/c?d#e", b"gutsy_session=x", b"Bearer \xff"),
    *(b"chunked", b"100-continue", b"Upgrade", b"websocket", b"h2c", b"close", b"13", b"gutsy.v1"),
    *(b"dGhlIHNhbXBsZSBub25jZQ==", b"0", b"5", b"-1", b"1e3", b"application/msgpack", b"http://["),
]
printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
values = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from(VALUES),
    printable.map(lambda value: value.encode("latin-1")),
)
good_headers = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=5)
any_headers = st.lists(
    st.tuples(st.binary(min_size=1, max_size=10), st.binary(max_size=30)), max_size=4
)
headers = st.one_of(good_headers, good_headers, any_headers).map(
    lambda pairs: b"".join(name + b": " + value + b"\r\n" for name, value in pairs)
)
methods = st.sampled_from(
    [
        *[b"GET"] * 5,
        b"POST",
        b"HEAD",
        b"OPTIONS",
        b"TRACE",
        b"CONNECT",
        b"PUT",
        b"DELETE",
        b"PATCH",
        b"X",
    ]
)
good_targets = st.tuples(paths, part, part, query).map(
    lambda it: (
        it[0].format(squad=it[1], week=it[2], battle=it[2], code=it[1]) + "?" + it[3]
    ).encode()
)
STRANGE = [b"*", b"x:80", b"http://x", b"http://x/api/me", b"//x/y", b"?", b"/?\xff", b"/ws"]
targets = st.one_of(
    good_targets, good_targets, st.sampled_from(STRANGE), st.binary(min_size=1, max_size=20)
)
TURNS = 10
"""Of the loop, until the server has read what was sent."""

versions = st.sampled_from([b"HTTP/1.1"] * 12 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"x"])


async def said(served: Served, request: bytes) -> bytes:
    """Everything that is answered to these bytes, after which the client says no more."""
    async with raw(served) as wire:
        wire.send(request)
        rest = asyncio.create_task(wire.rest())
        # An end that comes with the request would cut its answer off: not before it is handled.
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await until(lambda: rest.done() or not served.state.tasks)
        wire.writer.write_eof()
        return await rest


def is_fine(answer: bytes) -> bool:
    """Whether it is no failure: nothing, a refusal, or "please wait"."""
    if not answer:
        return True
    status = answer.split(b" ", 2)[1]
    return status[:1] != b"5" or (status == b"503" and b"BUSY" in answer) or b"make web" in answer


@settings(max_examples=250)
@given(
    line=st.tuples(methods, targets, versions).map(b" ".join),
    lines=headers,
    body=st.binary(max_size=60),
)
async def test_whatever_is_asked_it_is_answered_or_refused(
    house: House, line: bytes, lines: bytes, body: bytes
) -> None:
    """And since nobody has signed in, nothing has changed."""
    before = await house.kept()
    head = line + b"\r\n" + lines + b"Connection: close\r\n\r\n"
    answer = await said(house.served, head + body)

    assert is_fine(answer), answer
    assert await house.kept() == before
    assert house.take_failures() == []


@settings(max_examples=200)
@given(path=paths, one=part, other=part, asked=query)
async def test_whatever_a_member_looks_for_nothing_changes(
    house: House, path: str, one: str, other: str, asked: str
) -> None:
    """With a sign-in, so that what is looked for is read."""
    before = await house.kept()
    target = path.format(squad=one, week=other, battle=other, code=one) + "?" + asked
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.witness.ticket}"
    answer = await said(house.served, head.encode() + b"\r\nConnection: close\r\n\r\n")

    assert is_fine(answer), answer
    assert await house.kept() == before
    assert house.take_failures() == []


@settings(max_examples=150)
@given(request=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
async def test_no_bytes_at_the_door_are_a_failure_of_ours(house: House, request: bytes) -> None:
    """Whatever protocol they are of."""
    answer = await said(house.served, request)

    assert is_fine(answer), answer
    assert house.take_failures() == []
