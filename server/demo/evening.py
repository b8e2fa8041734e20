"""An evening: who comes, what happens next, at what pace. The one place that wires the demo."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from projections.squad_view import Seen
from server.clock import Clock, Dice
from server.demo.account import CallError, deck_of
from server.demo.battle import battle_wishes
from server.demo.behaviour import Wish, has_had_enough, wishes
from server.demo.cast import CREW, persona
from server.demo.circle import Circle, Friend, Moment, circle_of
from server.demo.client import Refused
from server.demo.deeds import Table, body_of
from server.demo.line import Ended
from server.demo.lines import LINES
from server.demo.player import Player
from server.demo.story import sentence, standing
from server.protocol.views import BattleTable

BEAT_S = (3.5, 6.0)
"""Between two things that everybody sees."""
QUICK_S = (0.8, 1.8)
"""After what few see, and while a visitor waits."""
CHEER_S = (2.0, 3.5)
"""After a cheer: it changes one number on the screen."""
LOOK_S = 0.4
"""When nobody wants anything yet."""
UNSEEN = ("dare.issue", "dare.decline", "dare.bail")
BETWEEN_FRIENDS_MS = 8_000
"""At least between two friends who come in."""
SPARE_SEATS = 4
"""Kept free for visitors."""
HISTORY = 3
"""Reports before somebody is asked to look; and then somebody is just going in."""
HURRY = 25.0
"""How much faster the time before that goes."""
PATIENCE_MS = 60_000
"""How long one does not try again what was refused."""
MOST_OPENING_BEATS = 400
BATTLE_MIN, SHORTEST_MIN, USUAL_MIN = 3.0, 20 / 60, 10.0
"""A battle as it should be, at a quick pace, and on a server that has no short ones (rules §8)."""


class Counts(Struct):
    """What was done so far, by kind; and what was refused, with its code."""

    done: dict[str, int] = {}
    refused: list[tuple[str, str]] = []


class Evening:
    """A squad of simulated players in the game at ``url``."""

    def __init__(
        self,
        url: str,
        *,
        dice: Dice,
        clock: Clock,
        tell: Callable[[str], None],
        locale: str = "en",
        speed: float = 1.0,
    ) -> None:
        self.url = url.rstrip("/")
        self.players: list[Player] = []
        self.counts = Counts()
        self.code = ""
        self._friends_code = ""
        self._dice = dice
        self._clock = clock
        self._tell = tell
        self._locale = locale
        self._speed = speed
        self._table = Table((), LINES[locale], max(BATTLE_MIN / speed, SHORTEST_MIN))
        self._came = 0
        self._last_came = 0
        self._dared: dict[str, int] = {}
        self._vain: dict[tuple[str, str, str], int] = {}
        self._told: set[int] = set()
        self._battled = 0
        self._standing: BattleTable | None = None
        self._news = asyncio.Event()

    async def open(self, code: str | None = None) -> str:
        """Found a squad, or join the one behind ``code``; the invite link for visitors.

        Raises:
            CallError, OSError, Refused: the game cannot be joined.
        """
        self._table = replace(self._table, cards=await deck_of(self.url, self._locale))
        host = await self._arrive()
        if code is None:
            name = self._table.lines.squad
            created = await host.do("squad.create", {"name": name, "tz": "UTC"})
            await host.sit_down(str((created.b or {})["squad"]))
            host.friend.is_host = True
            self.code = await self._invite()
            await self._history()
        else:
            self.code = self._friends_code = code
            joined = await host.do("squad.join", {"code": code})
            await host.sit_down(str((joined.b or {})["squad"]))
        return f"{self.url}/j/{self.code}"

    async def play(self) -> None:
        """Go on for ever; returns when nobody of the cast is left."""
        while self.players:
            await self._pause(await self.beat())

    async def close(self) -> None:
        """Everybody hangs up."""
        await asyncio.gather(*(player.go() for player in self.players))
        self.players = []

    async def beat(self) -> tuple[float, float]:
        """One thing happens; how long to wait after it, in seconds from and to."""
        friends = self._look()
        if not self.players:
            return QUICK_S
        for player in self.players:
            if not player.friend.is_resting and has_had_enough(player.friend):
                player.friend.is_resting = True
            await player.show()
        self._tell_standing()
        moment = self._moment()
        present = self.players[0].client.present
        circle = circle_of(friends, self._dared, present, moment, self._battled)
        if len(circle.awake) < CREW and moment.since(self._last_came) > BETWEEN_FRIENDS_MS:
            await self._friend_comes()
            return BEAT_S
        wish = self._choose(friends, circle, moment)
        if wish is None:
            return LOOK_S, LOOK_S
        await self._carry_out(wish)
        if wish.is_for_visitor or wish.kind in UNSEEN:
            return QUICK_S
        return CHEER_S if wish.kind == "cheer" else BEAT_S

    def _look(self) -> list[Friend]:
        friends = [player.look() for player in self.players]
        self.players = [player for player in self.players if not player.client.has_ended]
        cast = {player.friend.player for player in self.players}
        return [friend for friend in friends if friend.player in cast]

    def _choose(self, friends: list[Friend], circle: Circle, moment: Moment) -> Wish | None:
        found = [
            wish
            for friend in friends
            for wish in (*wishes(friend, circle, moment), *battle_wishes(friend, circle, moment))
            if moment.since(self._vain.get(_key(wish), 0)) > PATIENCE_MS
        ]
        return self._dice.pick(found, [wish.weight for wish in found]) if found else None

    async def _carry_out(self, wish: Wish) -> None:
        player = next(p for p in self.players if p.friend.player == wish.by)
        target = next((p.friend for p in self.players if p.friend.player == wish.target), None)
        body = body_of(wish, player.friend, target, self._table, self._dice)
        if wish.kind == "dare.issue" and wish.is_for_visitor:
            self._dared[wish.target] = self._now()
        try:
            await player.do(wish.kind, body)
        except Refused as refused:
            self.counts.refused.append((wish.kind, refused.code))
            is_short = self._table.minutes < USUAL_MIN
            if (wish.kind, refused.code) == ("battle.open", "BAD_INPUT") and is_short:
                # This server has none that short: the next one asks for what every server has.
                self._table = replace(self._table, minutes=USUAL_MIN)
            else:
                # A visitor was quicker, or a limit is reached: somebody else, something else.
                self._vain[_key(wish)] = self._now()
        except Ended:
            return
        else:
            self.counts.done[wish.kind] = self.counts.done.get(wish.kind, 0) + 1
            if wish.kind == "battle.open":
                self._dared[wish.target] = self._now()
            await player.show()

    async def _friend_comes(self) -> None:
        """One more, if there is a seat; whoever has rested longest may have to go home first.

        Nobody, if the game lets nobody in right now.
        """
        self._last_came = self._now()
        view = self.players[0].friend.view
        seats = view.size - sum(not row.get("left") for row in view.roster.values())
        resting = [p for p in self.players if p.friend.is_resting and not p.friend.is_host]
        with suppress(Ended, CallError, OSError):
            if seats <= SPARE_SEATS and resting:
                await self._goes_home(resting[0])
            elif seats > 0:
                await self._joins(await self._arrive())

    async def _joins(self, player: Player) -> None:
        try:
            joined = await self._by_code(player)
        except Refused as refused:
            self.counts.refused.append(("squad.join", refused.code))
            self.players.remove(player)
            await player.go()
            return
        await player.sit_down(joined)

    async def _by_code(self, player: Player) -> str:
        """Into the squad; the host makes another code for friends when one is used up."""
        host = next((p for p in self.players if p.friend.is_host), None)
        if host is not None and not self._friends_code:
            self._friends_code = await self._invite()
        try:
            ack = await player.do("squad.join", {"code": self._friends_code})
        except Refused:
            if host is None:
                raise
            self._friends_code = await self._invite()
            ack = await player.do("squad.join", {"code": self._friends_code})
        return str((ack.b or {})["squad"])

    async def _goes_home(self, player: Player) -> None:
        with suppress(Ended):  # the news that one is out may come before the answer
            await player.client.do("squad.leave", {}, player.squad)
        self.players.remove(player)
        await player.go()

    async def _invite(self) -> str:
        ack = await self.players[0].do("squad.invite", {})
        return str((ack.b or {})["code"])

    async def _arrive(self) -> Player:
        one = persona(self._came)
        self._came += 1
        player = await Player.arrive(
            self.url,
            one,
            locale=self._locale,
            dice=self._dice,
            clock=self._clock,
            heard=self._hear,
        )
        self.players.append(player)
        return player

    async def _history(self) -> None:
        """A little past, in a hurry, so that whoever looks in finds people."""
        usual, self._speed = self._speed, self._speed * HURRY
        for _ in range(MOST_OPENING_BEATS):
            if self.counts.done.get("dare.report", 0) >= HISTORY and self._is_somebody_out():
                break
            await self._pause(await self.beat())
        self._speed = usual

    def _is_somebody_out(self) -> bool:
        dares = (dare for friend in self._look() for dare in friend.view.dares.values())
        return any(dare["state"] == "IN_PROGRESS" for dare in dares)

    async def _pause(self, span_s: tuple[float, float]) -> None:
        """Wait, but not long when somebody real has done something."""
        short_s, long_s = QUICK_S[0], self._dice.between(*span_s)
        await asyncio.sleep(min(short_s, long_s) / self._speed)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, long_s - short_s) / self._speed):
                await self._news.wait()
        # Only now: what came in during the beat before is news as well.
        self._news.clear()

    def _hear(self, player: Player, seen: Seen) -> None:
        n, kind, at, by, _, _ = seen
        if kind.startswith("battle."):
            self._battled = max(self._battled, at)
        cast = {one.friend.player for one in self.players}
        if by is not None and by not in cast:
            self._news.set()
        if n in self._told or player.client.known is None:
            return
        self._told.add(n)
        cards = {card.card: card for card in self._table.cards}
        words = sentence(seen, player.client.known.view, cards)
        if words is not None:
            self._tell(words)

    def _tell_standing(self) -> None:
        """Who leads in a battle, when that is another than before."""
        table, view = self.players[0].client.table, self.players[0].friend.view
        words = None if table is None else standing(self._standing, table, view)
        self._standing = table
        if words is not None:
            self._tell(words)

    def _moment(self) -> Moment:
        return Moment(self._now(), self._speed)

    def _now(self) -> int:
        """The server's time: events are dated by it."""
        return self._clock.now() + self.players[0].client.server_ahead_ms


def _key(wish: Wish) -> tuple[str, str, str]:
    return (wish.by, wish.kind, wish.dare or wish.target)
