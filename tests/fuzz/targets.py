"""What atheris sends bytes to, one function each: ``python -m tests.fuzz.targets NAME FOLDER``.

A target returns for whatever is refused as it should be; anything else that it raises is a find.
Run by ``test_targets`` for some seconds and by ``make fuzz`` for as long as one likes, each in a
process of its own: atheris rewrites what is imported here. The folder keeps what was found to lead
somewhere new; libFuzzer's own options come after it.
"""

import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(
    include=["domain", "projections", "server", "websockets", "uvicorn"]
):
    import msgspec
    from starlette.requests import Request

    from domain.refusals import Refusal
    from server.edge.answers import MSGPACK, TooLarge, read_body
    from server.edge.calls import CALLS
    from server.eventlog.log import LogTooNew
    from server.eventlog.mapper import to_fact, to_stored
    from server.protocol.bodies import BODIES, body_of
    from server.protocol.client_messages import Cmd
    from server.protocol.codec import canonical, decode_client, encode
    from server.protocol.errors import ProtocolError, UnknownMessage
    from server.settings import Settings
    from tests.fuzz.seeds import plant
    from tests.fuzz.wires import Wires

SETTINGS = Settings()
BODY_TYPES = [call.body for call in CALLS if call.body is not None]


def message(data: bytes) -> None:
    """A message of a client: typed or refused, and what is typed can be written and read again."""
    try:
        typed = decode_client(data)
    except (ProtocolError, UnknownMessage):
        return
    if isinstance(typed, Cmd):
        for kind in (typed.k, *BODIES):
            with suppress(Refusal):
                body_of(kind, typed.b)
        try:
            canonical([typed.s, typed.k, typed.b])
        except (TypeError, OverflowError, ValueError, RecursionError):
            return  # the intake refuses it
    assert encode(decode_client(encode(typed))) == encode(typed)


def body(data: bytes) -> None:
    """A body over HTTP, as JSON or as msgpack, for each call that takes one."""
    is_msgpack = data[:1] == b"m"
    content_type = MSGPACK.encode() if is_msgpack else b"application/json"

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": data[1:], "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}
    for wanted in BODY_TYPES:
        try:
            value = _at_once(read_body(Request(scope, receive), wanted, SETTINGS))
        except (Refusal, TooLarge):
            continue
        assert isinstance(value, wanted)


def stored(data: bytes) -> None:
    """A stored event, its topic and a NUL before its state: a fact, or a reason why it is none."""
    topic, _, state = data.partition(b"\0")
    try:
        fact = to_fact(topic.decode("latin-1"), state)
    except (LogTooNew, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    assert to_fact(*to_stored(fact)) == fact


def socket(data: bytes) -> None:
    """Bytes on a socket, after the handshake; the first byte says how they are sent."""
    wires().socket(data)


def request(data: bytes) -> None:
    """Bytes on a connection that has just been opened."""
    wires().request(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function for function in (message, body, stored, socket, request)
}


def wires() -> Wires:
    """One server in memory for all runs."""
    global _wires  # noqa: PLW0603 libFuzzer hands over nothing but bytes
    if _wires is None:
        _wires = Wires()
    return _wires


_wires: Wires | None = None


def _at_once(work: Coroutine[Any, Any, object]) -> object:
    """The result of a coroutine that has nothing to wait for: no loop is needed."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


def main() -> None:
    """Run one target, from what is in its folder on; libFuzzer ends the process."""
    name, folder, *options = sys.argv[1:]
    plant(name, Path(folder))
    # What C code does to a seed is no coverage: libFuzzer would take them all for the same.
    atheris.Setup([name, folder, "-keep_seed=1", *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
