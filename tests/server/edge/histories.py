"""Histories of one squad, as its people make them by commands; for the tests of the wire."""

from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import msgpack

from domain.dares.events import DareIssued
from domain.ids import PlayerId
from domain.squads.events import InviteIssued
from projections.squad_view import Seen, SquadView
from server.reactions import Reactions
from tests.server.world import HOUR_MS, Message, World

HANDLES = ("Maya", "Sam", "Kim")
KINDS = (
    "dare",
    "words",
    "self",
    "accept",
    "decline",
    "start",
    "bail",
    "withdraw",
    "report",
    "correct",
    "cheer",
    "leave",
    "join",
    "request",
    "approve",
    "kick",
    "ban",
    "unban",
    "role",
    "rename",
    "policy",
    "invite",
    "revoke",
    "hours",
    "days",
)

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 9)), max_size=25
)
PROPERTY = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


class History:
    """A squad in which things happen; what the rules refuse has not happened."""

    def __init__(
        self,
        world: World,
        squad: str,
        players: Sequence[PlayerId],
        code: str,
        handles: Sequence[str] = HANDLES,
    ) -> None:
        self.squad = squad
        self.players = players
        self._world = world
        self.handles = dict(zip(players, handles, strict=True))
        self._code = code
        self._reactions = Reactions(
            world.log, world.commands, world.keys, world.clock, self._forget
        )

    def _forget(self, player: PlayerId) -> None:
        self._world.hub.forget(player)

    async def go(self, step: Step) -> None:
        """One more thing that somebody tries."""
        kind, who, what = step
        player = self.players[who]
        match kind:
            case "hours" | "days":
                self._world.clock.pass_ms(
                    (what + 1) * (HOUR_MS if kind == "hours" else 24 * HOUR_MS)
                )
                await self._world.timers.ring_due()
            case "join" | "request":
                await self._world.do(player, f"squad.{kind}", {"code": self._code})
            case "approve" | "kick" | "ban" | "unban":
                whom = {"player": self.players[what % len(self.players)]}
                await self._world.do(player, f"squad.{kind}", whom, squad=self.squad)
            case "role" | "rename" | "policy":
                await self._change(kind, player, what)
            case "erase":
                await self._erase(player)
            case "leave" | "invite":
                await self._world.do(player, f"squad.{kind}", squad=self.squad)
            case "revoke":
                facts = [recorded.fact for recorded in self._world.facts(self.squad)]
                made = [fact.invite for fact in facts if isinstance(fact, InviteIssued)]
                closed = {"invite": made[what % len(made)]}
                await self._world.do(player, "squad.revoke", closed, squad=self.squad)
            case "dare" | "words" | "self":
                await self._issue(kind, player, what)
            case _:
                await self._about(kind, player, what)

    async def _erase(self, player: PlayerId) -> None:
        body = {"confirm": self.handles[player]}
        await self._world.do(player, "player.erase", body)
        await self._reactions.step()

    async def _change(self, kind: str, player: PlayerId, what: int) -> None:
        other = self.players[what % len(self.players)]
        command = "settings" if kind == "policy" else kind
        body: dict[str, dict[str, object]] = {
            "role": {"player": other, "role": ("CAPTAIN", "MEMBER")[what % 2]},
            "rename": {"name": f"Owls {what}"},
            "settings": {"join_policy": ("CODE", "APPROVAL")[what % 2], "size": 9},
        }
        await self._world.do(player, f"squad.{command}", body[command], squad=self.squad)

    async def _issue(self, kind: str, player: PlayerId, what: int) -> None:
        target = player if kind == "self" else self.players[what % len(self.players)]
        terms = {"card": "which-apple"}
        if kind == "words":
            terms = {"text": f"Ask for {what} apples", "kind": "ASK", "difficulty": 2}  # type: ignore[dict-item]  # as on the wire
        await self._world.do(player, "dare.issue", {"target": target, **terms}, squad=self.squad)

    async def _about(self, kind: str, player: PlayerId, what: int) -> None:
        facts = [recorded.fact for recorded in self._world.facts(self.squad)]
        dares = [fact.dare for fact in facts if isinstance(fact, DareIssued)]
        if not dares:
            return
        body: dict[str, object] = {"dare": dares[-1 - what % len(dares)]}
        if kind == "withdraw":
            body["reason"] = "SAFETY"
        if kind == "report":
            body |= {"outcome": ("REJECTED", "GRANTED")[what % 2], "line": "they smiled"}
        if kind == "correct":
            body["outcome"] = "MIXED"
        if kind == "cheer":
            body["emoji"] = "👏"
        command = kind if kind == "cheer" else f"dare.{kind}"
        await self._world.do(player, command, body, squad=self.squad)


def seen_in(event: Message) -> Seen | None:
    """An ``ev`` as a fold takes it; None for a blank."""
    if "k" not in event:
        return None
    return event["n"], event["k"], event["at"], event.get("u"), event.get("c"), event["b"]


def body_of(view: SquadView) -> object:
    """A view as a client has it from the wire."""
    return msgpack.decode(msgpack.encode(view.body()))
