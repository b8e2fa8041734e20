"""A squad's battle on a world without sockets, move by move."""

from collections.abc import Iterable

from domain import deck
from domain.battles.events import AboutBattle
from domain.facts import name_of
from domain.ids import BattleId, PlayerId
from domain.room import Room, evolve
from server.commands.submission import Reply
from tests.server.world import World, done

SAFE = tuple(card.card for card in deck.DECK if card.battle_safe)
UNSAFE = tuple(card.card for card in deck.DECK if not card.battle_safe)


class Fight:
    """Maya's battle in her squad: ten minutes, unless stated, by ruleset 1."""

    def __init__(self, world: World, squad: str, players: Iterable[PlayerId]) -> None:
        self.world = world
        self.squad = squad
        self.players = list(players)
        self.battle = ""

    @property
    def host(self) -> PlayerId:
        """Who opened it."""
        return self.players[0]

    async def open(self, **body: object) -> None:
        """Maya opens it and everybody else joins."""
        settings = {"minutes": 10, "heat": True, "double_down": True, **body}
        self.battle = str(done(await self.ask(self.host, "open", **settings))["battle"])
        for player in self.players[1:]:
            done(await self.say(player, "join"))

    async def begin(self, **body: object) -> None:
        """It is live."""
        await self.open(**body)
        done(await self.say(self.host, "start"))
        await self.ring()

    async def ask(self, player: str, verb: str, **body: object) -> Reply:
        """A command of somebody in the squad."""
        return await self.world.do(player, f"battle.{verb}", body, squad=self.squad)

    async def say(self, player: str, verb: str) -> Reply:
        """A command about this battle."""
        return await self.ask(player, verb, battle=self.battle)

    async def take(self, player: str, card: str = SAFE[0]) -> str:
        """Somebody takes a card."""
        return await self.world.dare(player, player, self.squad, card, battle=self.battle)

    async def tell(self, player: str, outcome: str, card: str = SAFE[0]) -> str:
        """Somebody takes a card and tells what came of it."""
        dare = await self.take(player, card)
        done(await self.report(player, dare, outcome))
        return dare

    async def report(self, player: str, dare: str, outcome: str) -> Reply:
        """What came of a card."""
        body = {"dare": dare, "outcome": outcome}
        return await self.world.do(player, "dare.report", body, squad=self.squad)

    def due_at(self) -> int | None:
        """When the battle's timer rings."""
        due = {row.key: row.due_at for row in self.world.log.due_timers(10**15, 100)}
        return due.get(f"battle:{self.battle}")

    async def ring(self) -> None:
        """Let the time pass until the battle's timer rings."""
        due_at = self.due_at()
        assert due_at is not None, "it is over"
        self.world.clock.pass_ms(max(0, due_at - self.world.clock.now()))
        await self.world.timers.ring_due()

    async def end(self) -> None:
        """Let it come to its end by time alone."""
        while self.due_at() is not None:
            await self.ring()

    def room(self) -> Room:
        """The squad as the log has it."""
        room = Room()
        for one in self.world.facts(self.squad):
            evolve(room, one.fact)  # type: ignore[arg-type]  # a squad's stream holds RoomFacts
        return room

    def points(self) -> dict[str, int]:
        """What everybody has, by the log."""
        places = self.room().battles.by_id[BattleId(self.battle)].places()
        return {place.score.player: place.score.points for place in places}

    def told(self) -> list[tuple[str, int]]:
        """The battle's own facts after its opening and joining, and when each was stored."""
        facts = [one.fact for one in self.world.facts(self.squad)]
        names = [(name_of(type(f)), f.at) for f in facts if isinstance(f, AboutBattle)]
        return [
            (name.removeprefix("battle."), at)
            for name, at in names
            if name not in ("battle.opened", "battle.joined")
        ]


async def fight_of(world: World, *handles: str) -> Fight:
    """A squad of these people, who are about to battle; the first will be the host."""
    squad, players = await world.squad_of(*handles)
    return Fight(world, squad, players)
