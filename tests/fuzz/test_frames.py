"""Any bytes on the socket: frames of any kind, and bytes that are none."""

from hypothesis import given, settings
from hypothesis import strategies as st

from server.protocol.errors import CloseCode
from tests.fuzz.house import House, close_code
from tests.server.serving import message, raw

payloads = st.one_of(
    st.binary(max_size=130),
    st.sampled_from([b"", b"\x00" * 16_385, b"\x81\xa1t\xa4pong", b"\x03\xe8"]),
)
usual = st.sampled_from([0x82, 0x82, 0x02, 0x00, 0x80, 0x81, 0x88, 0x89, 0x8A])
"""First bytes of frames that are none by accident: whole and in pieces, text, close, ping, pong."""


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """One frame: every bit of its head is drawn, and its length may be a lie."""
    first, payload = draw(st.one_of(usual, usual, st.integers(0, 255))), draw(payloads)
    is_masked = draw(st.sampled_from([True, True, True, False]))
    said = len(payload) + draw(st.sampled_from([0, 0, 0, 0, 1, -1, 2**40]))
    form = draw(st.sampled_from([0, 0, 0, 2, 8]))
    if form == 0:
        form = 0 if said < 126 else 2 if said < 2**16 else 8
    bit = 0x80 if is_masked else 0
    head = bytes([first, bit | {0: max(0, said) % 126, 2: 126, 8: 127}[form]])
    size = (max(0, said) % 2 ** (8 * form)).to_bytes(form) if form else b""
    return head + size + (b"\0\0\0\0" if is_masked else b"") + payload


streams = st.lists(st.one_of(frames(), frames(), st.binary(max_size=40)), min_size=1, max_size=6)
cuts = st.lists(st.integers(0, 4_000), max_size=4).map(sorted)


@settings(max_examples=150)
@given(sent=streams, cut_at=cuts, has_said_hello=st.booleans())
async def test_no_bytes_on_a_socket_are_a_failure_of_ours(
    house: House, sent: list[bytes], cut_at: list[int], has_said_hello: bool
) -> None:
    """It lives, or ends by a code that says what was wrong; and nothing has changed."""
    before = await house.kept()
    async with raw(house.served) as wire:
        assert await wire.handshake() == 101
        if has_said_hello:
            wire.send(message("hello", v=1, c="fuzz", a=house.witness.ticket))
            await wire.message("welcome")
        data = b"".join(sent)
        for start, end in zip([0, *cut_at], [*cut_at, len(data)], strict=True):
            wire.send(data[start:end])
            await wire.writer.drain()
        wire.writer.write_eof()
        heard = await wire.rest()

    assert await house.kept() == before
    assert house.take_failures() == []
    assert close_code(heard) != CloseCode.SERVER_ERROR
