"""What fuzzing begins with: well-formed bytes for each target, and every find that was ever made.

The decoders are written in C, where no coverage leads; from nothing, nobody gets past them.
"""

from pathlib import Path

import msgspec

from server.protocol.bodies import BODIES
from tests.fuzz.packed import EDGES
from tests.golden.make_events import SAMPLES, Sample
from tests.server.serving import masked

FINDS = Path(__file__).parent / "finds"
"""Bytes that once broke a target, in a folder of its name; replayed by every run."""
SQUAD = "0" * 26
MESSAGES: list[dict[str, object]] = [
    {"t": "hello", "v": 1, "c": "x", "a": "x.y", "l": "x", "s": {SQUAD: 3, "x": None}, "app": "1"},
    {"t": "sub", "id": "1", "s": SQUAD, "n": 5},
    {"t": "unsub", "id": "2", "s": SQUAD},
    {"t": "auth", "id": "3", "a": "x.y"},
    {"t": "act", "s": SQUAD, "st": 1},
    {"t": "pong"},
    {"t": "dance", "id": "4", "n": EDGES, "f": 0.5, "b": b"\0", "no": [None, True]},
]
FIELDS: dict[str, object] = {
    "name": "Owls",
    "tz": "UTC",
    "dare": SQUAD,
    "player": SQUAD,
    "target": SQUAD,
    "code": "0000000000",
    "outcome": "REJECTED",
    "counts": {"asked": 3, "no": 2, "yes": 1, "ignored": 0},
    "emoji": "🔥",
    "role": "CAPTAIN",
    "difficulty": 2,
    "categories": ["performance"],
    "text": "Ask",
    "card": "which-apple",
    "invite": "x",
    "confirm": "x",
}
GUEST = {"id": "0" * 32, "handle": "Ann", "tz": "UTC", "adult": True}
_pack = msgspec.msgpack.encode


def plant(name: str, folder: Path) -> None:
    """Put the seeds of a target and its finds into its folder, beside what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    finds = [path.read_bytes() for path in sorted((FINDS / name).glob("*"))]
    for number, seed in enumerate([*SEEDS[name](), *finds]):
        (folder / f"seed-{number:03}").write_bytes(seed)


def _commands() -> list[dict[str, object]]:
    """One of each kind, with those of its fields that have an example."""
    wanted = {kind: body.__struct_fields__ for kind, body in BODIES.items()}
    bodies = {kind: {n: FIELDS[n] for n in names if n in FIELDS} for kind, names in wanted.items()}
    return [
        {"id": SQUAD, "k": kind, "s": SQUAD, "b": body, "x": 4} for kind, body in bodies.items()
    ]


def _messages() -> list[bytes]:
    return [_pack(one) for one in [*MESSAGES, *({"t": "cmd", **one} for one in _commands())]]


def _bodies() -> list[bytes]:
    bodies = [GUEST, *_commands()]
    return [b"m" + _pack(one) for one in bodies] + [
        b"j" + msgspec.json.encode(one) for one in bodies
    ]


def _stored() -> list[bytes]:
    samples = [
        msgspec.json.decode(path.read_bytes(), type=Sample) for path in SAMPLES.glob("*.json")
    ]
    return [one.topic.encode() + b"\0" + bytes.fromhex(one.state) for one in samples]


def _sockets() -> list[bytes]:
    frames = [
        masked(1, b"x"),
        masked(2, _pack({"t": "pong"})),
        masked(2, b"a", fin=False) + masked(9, b"p") + masked(0, b"b"),
        masked(8, b"\x03\xe8bye"),
        b"\x82\xfe\x40\x01",
        b"\x82\xff" + b"\xff" * 8,
    ]
    return [b"\3" + one for one in _messages()] + [
        bytes([i % 8]) + one for i, one in enumerate(frames)
    ]


def _requests() -> list[bytes]:
    heads = [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/me?after_q=1 HTTP/1.1\r\nHost: x\r\nCookie: gutsy_session=x.y\r\n\r\n",
        "GET /api/deck?difficulty=2 HTTP/1.0\r\nAccept: application/msgpack\r\n\r\n",
        "GET /api/invites/0000000000 HTTP/1.1\r\nX-Forwarded-For: ::1\r\n\r\n",
        f"GET /api/squads/{SQUAD}/events?before=9 HTTP/1.1\r\nAuthorization: Bearer x.y\r\n\r\n",
        "POST /api/guest HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /api/cmd HTTP/1.1\r\nContent-Length: 2\r\nOrigin: http://x\r\n\r\n{}",
        "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: gutsy.v1\r\n\r\n",
    ]
    return [head.encode() for head in heads]


SEEDS = {
    "message": _messages,
    "body": _bodies,
    "stored": _stored,
    "socket": _sockets,
    "request": _requests,
}
