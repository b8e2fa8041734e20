"""Who is calling: signed session cookies for browsers, short-lived tickets for everybody else."""

from itsdangerous import BadData, URLSafeSerializer
from msgspec import Struct
from starlette.requests import cookie_parser

from domain.ids import Millis, PlayerId
from server.clock import Clock, draw_bytes
from server.secret import Purpose, Secret

COOKIE = "gutsy_session"
SESSION_LASTS_MS = 180 * 24 * 3_600_000
TICKET_LASTS_MS = 15 * 60_000


class SignIn(Struct, frozen=True):
    """Somebody who has shown who they are; until ``expires_at``."""

    player: PlayerId
    expires_at: Millis
    is_cookie: bool


class Auth:
    """Signs and checks cookies and tickets; holds nothing."""

    def __init__(self, secret: Secret, clock: Clock) -> None:
        key = secret.key(Purpose.TICKETS)
        self._cookies = URLSafeSerializer(key, salt="session")
        self._tickets = URLSafeSerializer(key, salt="ticket")
        self._clock = clock

    def cookie(self, player: PlayerId) -> tuple[str, Millis]:
        """A new session's cookie value, and when it ends."""
        expires_at = self._clock.now() + SESSION_LASTS_MS
        value = self._cookies.dumps([player, expires_at, draw_bytes(8).hex()])
        return value, expires_at

    def ticket(self, player: PlayerId) -> tuple[str, Millis]:
        """A new ticket, and when it ends."""
        expires_at = self._clock.now() + TICKET_LASTS_MS
        return self._tickets.dumps([player, expires_at]), expires_at

    def by_cookie(self, header: str | None) -> SignIn | None:
        """Whom a ``Cookie`` header names; None if it is not ours, or over."""
        # Starlette's reader: a cookie of another app that it does not like hides none of ours.
        value = cookie_parser(header or "").get(COOKIE)
        return None if value is None else self._read(self._cookies, value, is_cookie=True)

    def by_ticket(self, ticket: str) -> SignIn | None:
        """Whom a ticket names; None if it is not ours, or over."""
        return self._read(self._tickets, ticket, is_cookie=False)

    def _read(self, serializer: URLSafeSerializer, value: str, *, is_cookie: bool) -> SignIn | None:
        try:
            player, expires_at, *_ = serializer.loads(value)
        except (BadData, ValueError, TypeError):
            return None
        if self._clock.now() >= expires_at:
            return None
        return SignIn(PlayerId(player), expires_at, is_cookie)
