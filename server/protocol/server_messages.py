"""Server to client: every message that the server sends. Absent is the same as nil."""

from msgspec import Raw, Struct

Body = dict[str, object]


class Welcome(Struct, frozen=True, kw_only=True, tag_field="t", tag="welcome", omit_defaults=True):
    """You are ``u``; ``s`` holds the head of each squad of yours, -1 where you are no member."""

    v: int
    u: str
    l: str  # noqa: E741 the wire's name for the log's id
    now: int
    exp: int
    ping: int
    max: int
    s: dict[str, int]


class Ev(Struct, frozen=True, kw_only=True, tag_field="t", tag="ev", omit_defaults=True):
    """One event; without ``k`` a blank, which only counts."""

    s: str
    n: int
    k: str | None = None
    at: int | None = None
    u: str | None = None
    c: str | None = None
    b: Body | None = None


Row = tuple[str, int, str | None, str | None, Body]
"""One event in a batch: k, at, u, c, b."""


class Evs(Struct, frozen=True, kw_only=True, tag_field="t", tag="evs"):
    """Catch-up: events with consecutive numbers from ``n``; nil is a blank."""

    s: str
    n: int
    b: list[Row | None]


class Snap(Struct, frozen=True, kw_only=True, tag_field="t", tag="snap", omit_defaults=True):
    """This viewer's state as of ``n``; it replaces what the client has. ``p``: part i of n."""

    s: str
    n: int
    b: Raw
    p: tuple[int, int] | None = None


class Live(Struct, frozen=True, kw_only=True, tag_field="t", tag="live"):
    """You are at the head."""

    s: str
    n: int


class View(Struct, frozen=True, kw_only=True, tag_field="t", tag="view", omit_defaults=True):
    """A read model, whole, folded up to seq ``r``; only the newest matters."""

    k: str
    r: int
    b: Raw
    s: str | None = None


class Pres(Struct, frozen=True, kw_only=True, tag_field="t", tag="pres"):
    """Who is around in a squad, whole: player to 1 active, 2 away, 3 going in. Never in the log."""

    s: str
    b: dict[str, int]


class Ack(Struct, frozen=True, kw_only=True, tag_field="t", tag="ack", omit_defaults=True):
    """Committed. ``n``, ``q``: the last event's number in its squad, and in the log."""

    id: str
    s: str | None = None
    n: int | None = None
    q: int | None = None
    b: Body | None = None
    dup: bool = False


class Err(Struct, frozen=True, kw_only=True, tag_field="t", tag="err", omit_defaults=True):
    """Not committed: code, message, field, and how many ms to wait."""

    c: str
    m: str
    id: str | None = None
    f: str | None = None
    w: int | None = None


class Ping(Struct, frozen=True, kw_only=True, tag_field="t", tag="ping"):
    """Are you there? ``h`` are the heads as read from the log: behind them means behind."""

    now: int
    h: dict[str, int]


class Exp(Struct, frozen=True, kw_only=True, tag_field="t", tag="exp", rename={"in_ms": "in"}):
    """The session ends in so many ms: send ``auth``."""

    in_ms: int


class Drain(Struct, frozen=True, kw_only=True, tag_field="t", tag="drain"):
    """This node closes within ``by`` ms: open the next socket after rand(lo, hi)."""

    by: int
    lo: int
    hi: int


class Out(Struct, frozen=True, kw_only=True, tag_field="t", tag="out"):
    """You are no longer a member: forget the squad."""

    s: str
    why: str


ServerMessage = (
    Welcome | Ev | Evs | Snap | Live | View | Pres | Ack | Err | Ping | Exp | Drain | Out
)
