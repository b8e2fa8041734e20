"""Client to server: every message that a client may send."""

from msgspec import Struct

VERSION = 1
SUBPROTOCOL = "gutsy.v1"


class Hello(Struct, frozen=True, kw_only=True, tag_field="t", tag="hello"):
    """First of all. ``s`` maps each squad to the last n applied; 0: everything, nil: a snapshot."""

    v: int
    c: str
    a: str | None = None
    l: str | None = None  # noqa: E741 the wire's name for the log's id
    s: dict[str, int | None] = {}
    app: str | None = None


class Sub(Struct, frozen=True, kw_only=True, tag_field="t", tag="sub"):
    """Follow a squad from ``n``; without it, from a snapshot."""

    id: str
    s: str
    n: int | None = None


class Unsub(Struct, frozen=True, kw_only=True, tag_field="t", tag="unsub"):
    """Stop following a squad."""

    id: str
    s: str


class Cmd(Struct, frozen=True, kw_only=True, tag_field="t", tag="cmd"):
    """A command. ``id`` is made once and sent again until it is answered."""

    id: str
    k: str
    b: dict[str, object] = {}
    s: str | None = None
    x: int | None = None


class Auth(Struct, frozen=True, kw_only=True, tag_field="t", tag="auth"):
    """A new ticket on a live socket."""

    id: str
    a: str


class Act(Struct, frozen=True, kw_only=True, tag_field="t", tag="act"):
    """Presence in a squad: ``st`` is 1 active, 2 away, 3 going in. A lease of this connection.

    Passed over for a squad that is not followed, and for another ``st``: newer clients may know
    more of them. Whoever never said it is in no set.
    """

    s: str
    st: int


class Pong(Struct, frozen=True, kw_only=True, tag_field="t", tag="pong"):
    """The answer to ``ping``."""


ClientMessage = Hello | Sub | Unsub | Cmd | Auth | Act | Pong
