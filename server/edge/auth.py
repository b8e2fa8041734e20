"""Who is calling: signed session cookies for browsers, short-lived tickets for everybody else."""

from enum import Enum

from itsdangerous import BadData, URLSafeSerializer
from msgspec import Struct
from starlette.requests import cookie_parser

from domain.ids import Millis, PlayerId
from server.clock import Clock
from server.edge.endings import Endings
from server.secret import Purpose, Secret

COOKIE = "gutsy_session"
SESSION_LASTS_MS = 180 * 24 * 3_600_000
TICKET_LASTS_MS = 15 * 60_000


class SignIn(Struct, frozen=True, kw_only=True):
    """One device's way in: its cookie, and every ticket that came of it, carry ``id``.

    ``since`` is when it began; what is shown now is good until ``expires_at``.
    """

    player: PlayerId
    id: str
    since: Millis
    expires_at: Millis
    is_cookie: bool

    @property
    def ends_at(self) -> Millis:
        """When cookie and tickets are over, whatever happens."""
        return self.since + SESSION_LASTS_MS


class Denied(Enum):
    """Why somebody is not signed in; the value is the reason with which a socket closes.

    SIGNED_OUT is said only of what is ours and was ended by its player: the client may forget all.
    """

    UNKNOWN = "sign in first"
    SIGNED_OUT = "signed out"


class Auth:
    """Signs and checks cookies and tickets; keeps nothing, and asks which were ended."""

    def __init__(self, secret: Secret, clock: Clock, endings: Endings) -> None:
        key = secret.key(Purpose.TICKETS)
        self._cookies = URLSafeSerializer(key, salt="session")
        self._tickets = URLSafeSerializer(key, salt="ticket")
        self._clock = clock
        self._endings = endings

    def begin(self, player: PlayerId) -> SignIn:
        """A new sign-in of whoever has just shown who they are."""
        # After the last ending everywhere, also within its ms and on a clock that was set back.
        since = max(self._clock.now(), self._endings.everywhere_at(player) + 1)
        return SignIn(
            player=player,
            id=self._clock.new_id(),
            since=since,
            expires_at=since + SESSION_LASTS_MS,
            is_cookie=True,
        )

    def cookie(self, sign_in: SignIn) -> str:
        """The cookie's value, good for as long as the sign-in is."""
        return self._signed(self._cookies, sign_in, sign_in.ends_at)

    def ticket(self, sign_in: SignIn) -> tuple[str, Millis]:
        """A new ticket, and when it is over: never later than the sign-in that it comes of."""
        expires_at = min(self._clock.now() + TICKET_LASTS_MS, sign_in.ends_at)
        return self._signed(self._tickets, sign_in, expires_at), expires_at

    def by_cookie(self, header: str | None) -> SignIn | Denied:
        """Whom a ``Cookie`` header names, or why nobody."""
        # Starlette's reader: a cookie of another app that it does not like hides none of ours.
        value = cookie_parser(header or "").get(COOKIE)
        return Denied.UNKNOWN if value is None else self._read(self._cookies, value, is_cookie=True)

    def by_ticket(self, ticket: str) -> SignIn | Denied:
        """Whom a ticket names, or why nobody."""
        return self._read(self._tickets, ticket, is_cookie=False)

    def is_over(self, sign_in: SignIn) -> bool:
        """Whether a sign-in was ended since it was shown."""
        return self._endings.is_over(sign_in.player, sign_in.id, sign_in.since)

    def was_ended_since(self, player: PlayerId, at: Millis) -> bool:
        """Whether a player has signed out everywhere since: older ways in are over, too."""
        return at <= self._endings.everywhere_at(player)

    def _signed(self, serializer: URLSafeSerializer, sign_in: SignIn, expires_at: Millis) -> str:
        value: str = serializer.dumps([sign_in.player, sign_in.id, sign_in.since, expires_at])
        return value

    def _read(
        self, serializer: URLSafeSerializer, value: str, *, is_cookie: bool
    ) -> SignIn | Denied:
        try:
            player, sign_in_id, since, expires_at = serializer.loads(value)
        except (BadData, ValueError, TypeError):
            return Denied.UNKNOWN
        sign_in = SignIn(
            player=PlayerId(player),
            id=sign_in_id,
            since=since,
            expires_at=expires_at,
            is_cookie=is_cookie,
        )
        if self.is_over(sign_in):
            return Denied.SIGNED_OUT
        return Denied.UNKNOWN if self._clock.now() >= expires_at else sign_in
