"""Coming in again, on one more device by a code, and signing out. The HTTP calls come here.

What is decided here is in the log's database before anybody is told, and holds from then on.
"""

import asyncio
from collections.abc import Callable

from domain.ids import Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from server.bus.rates import SharedRates
from server.clock import Clock, draw_code
from server.commands.for_players import GUEST_ID_LASTS_MS
from server.commands.for_squads import CODE_LENGTH, read_code
from server.commands.handling import Tools
from server.edge.auth import SESSION_LASTS_MS, Auth, SignIn
from server.edge.endings import Endings
from server.edge.rates import SharedBuckets, per_min
from server.edge.sessions import Sessions
from server.eventlog.log import Log
from server.eventlog.players import find_player
from server.eventlog.sign_ins import EVERYWHERE, Ending, LinkCode
from server.settings import Settings

LINK_LASTS_MS = 10 * 60_000
LOOKED_OVER_MS = 10 * 60_000
"""How far back it is looked for what other nodes have ended: farther than their clocks differ."""

OnEnd = Callable[[], None]


class SignIns:
    """One change at a time, so that no code and no cookie slips past a signing out."""

    def __init__(
        self,
        log: Log,
        tools: Tools,
        settings: Settings,
        *,
        auth: Auth,
        endings: Endings,
        sessions: Sessions,
        shared: SharedRates | None = None,
    ) -> None:
        self._log = log
        self._tools = tools
        self._auth = auth
        self._endings = endings
        self._sessions = sessions
        self._clock: Clock = tools.clock
        guesses = per_min("guesses", settings.sign_ins_per_min)
        self._guesses = SharedBuckets(tools.clock, guesses, shared)
        # A code lets in once and a sign-in ends once: this bounds the endings as well.
        of_player = per_min("sign-ins", settings.player_sign_ins_per_min)
        self._of_player = SharedBuckets(tools.clock, of_player, shared)
        self._turn = asyncio.Lock()
        self._looked_at = self._clock.now()
        self._on_end: list[OnEnd] = []

    def on_end(self, listener: OnEnd) -> None:
        """Call ``listener`` whenever a sign-in was ended here."""
        self._on_end.append(listener)

    async def by_guest_id(self, guest_id: str) -> SignIn | None:
        """A new sign-in of whoever came in by this guest id a moment ago; None if nobody did.

        Raises:
            Refusal: BUSY; BAD_INPUT for an id that is too old, that its player has signed out
                everywhere since, or whose player is erased.
        """
        key = ("guest", self._tools.claim_key(guest_id))
        async with self._turn:
            claim = (await asyncio.to_thread(self._log.find_claims, [key])).get(key)
            if claim is None:
                return None
            player = PlayerId(claim.owner)
            await _take(self._of_player, player)
            is_old = self._clock.now() - claim.at > GUEST_ID_LASTS_MS or (
                self._auth.was_ended_since(player, claim.at)
            )
            if is_old or await asyncio.to_thread(find_player, self._log, player) is None:
                raise old_guest_id()
            return self._auth.begin(player)

    async def link(self, sign_in: SignIn) -> tuple[str, Millis]:
        """A new code for the player's next device, and until when it works.

        Raises:
            Refusal: BUSY, or UNAUTHENTICATED for what was signed out a moment ago.
        """
        await _take(self._of_player, sign_in.player)
        async with self._turn:
            self._check(sign_in)
            code = draw_code(CODE_LENGTH)
            expires_at = self._clock.now() + LINK_LASTS_MS
            kept = LinkCode(
                key=self._key(code),
                player=sign_in.player,
                sign_in=sign_in.id,
                expires_at=expires_at,
            )
            await asyncio.to_thread(self._log.sign_ins.keep_link, kept)
        return code, expires_at

    async def redeem(self, typed: str, address: str) -> SignIn:
        """A new sign-in of whoever made the code, which is used up.

        Raises:
            Refusal: BUSY; INVITE_INVALID for a code that was never made, or is used up, replaced,
                signed out or its player erased: one word for all. INVITE_EXPIRED after its time.
        """
        await _take(self._guesses, address)
        async with self._turn:
            key = self._key(read_code(typed))
            link = await asyncio.to_thread(self._log.sign_ins.take_link, key)
            if link is None:
                raise invalid_code()
            if self._clock.now() >= link.expires_at:
                raise Refusal(
                    RefusalCode.INVITE_EXPIRED,
                    "This code has run out. Make a new one.",
                    field="code",
                )
            player = PlayerId(link.player)
            if await asyncio.to_thread(find_player, self._log, player) is None:
                raise invalid_code()
            return self._auth.begin(player)

    async def end(self, sign_in: SignIn) -> None:
        """This sign-in is over, in every tab of its device; a code made on it still works.

        Raises:
            Refusal: UNAUTHENTICATED for what was signed out a moment ago.
        """
        async with self._turn:
            self._check(sign_in)
            now = self._clock.now()
            await self._end(
                Ending(player=sign_in.player, sign_in=sign_in.id, at=now, until=sign_in.ends_at)
            )

    async def end_everywhere(self, sign_in: SignIn) -> None:
        """All sign-ins of the player are over; only a code made on this very one still works.

        Whoever shuts out a lost phone, and has nothing but a code to come back by, must be able
        to; a code made on the lost phone must not let anybody in.

        Raises:
            Refusal: UNAUTHENTICATED for what was signed out a moment ago: the lost phone, too, may
                have asked for this.
        """
        player = sign_in.player
        async with self._turn:
            self._check(sign_in)
            await asyncio.to_thread(self._log.sign_ins.drop_links, player, sign_in.id)
            # Not before the one that asks, also on a clock that was set back.
            at = max(self._clock.now(), sign_in.since, self._endings.everywhere_at(player) + 1)
            await self._end(
                Ending(player=player, sign_in=EVERYWHERE, at=at, until=at + SESSION_LASTS_MS)
            )

    async def look(self) -> None:
        """Take in what was ended on other nodes."""
        now = self._clock.now()
        since = self._looked_at - LOOKED_OVER_MS
        for ending in await asyncio.to_thread(self._log.sign_ins.endings_since, since):
            self._take_in(ending)
        self._looked_at = now

    async def forget(self) -> None:
        """Drop codes that have run out, and endings that tell nothing more."""
        now = self._clock.now()
        await asyncio.to_thread(self._log.sign_ins.forget, now)
        self._endings.forget(now)

    def _check(self, sign_in: SignIn) -> None:
        """What was good when it came may have been ended while it waited for its turn."""
        if self._auth.is_over(sign_in):
            raise Refusal(RefusalCode.UNAUTHENTICATED, "You have signed out.")

    async def _end(self, ending: Ending) -> None:
        await asyncio.to_thread(self._log.sign_ins.end, ending)
        # Nothing is awaited from here on: no call and no hello comes between.
        self._take_in(ending)
        for listener in self._on_end:
            listener()

    def _take_in(self, ending: Ending) -> None:
        if self._endings.note(ending):
            self._sessions.sign_out(ending)

    def _key(self, code: str) -> str:
        # Not the hash of an invite with the same letters: neither opens the other's door.
        return self._tools.claim_key(f"link {code}")


async def _take(buckets: SharedBuckets, key: str) -> None:
    wait_ms = await buckets.take(key)
    if wait_ms:
        raise Refusal(RefusalCode.BUSY, "Too many tries.", retry_after_ms=wait_ms)


def invalid_code() -> Refusal:
    """What is said of every code that lets nobody in, whatever the reason."""
    return Refusal(RefusalCode.INVITE_INVALID, "This code does not work.", field="code")


def old_guest_id() -> Refusal:
    """What is said of every guest id that lets nobody in any more, whatever the reason."""
    return Refusal(RefusalCode.BAD_INPUT, "This guest id is too old.", field="id")
