"""One simulated player: a persona with a signed-in client, kept going by a task of its own."""

import asyncio
from collections.abc import Callable

from projections.squad_view import Seen, SquadView
from server.clock import Clock, Dice, draw_bytes
from server.demo.account import Account, come_in
from server.demo.cast import Persona
from server.demo.circle import Friend
from server.demo.client import AWAY, GOING_IN, HERE, Client
from server.demo.line import Ended
from server.protocol.server_messages import Ack, Body

Heard = Callable[["Player", Seen], None]


class Player:
    """Somebody of the cast, from coming in to going home."""

    def __init__(
        self, persona: Persona, account: Account, *, dice: Dice, clock: Clock, heard: Heard
    ) -> None:
        self.friend = Friend(player=account.player, persona=persona, view=SquadView())
        self.squad = ""
        self.client = Client(account, dice=dice, clock=clock, heard=self._hear)
        self._tell = heard
        self._task = asyncio.create_task(self.client.run())

    @staticmethod
    async def arrive(
        url: str, persona: Persona, *, locale: str, dice: Dice, clock: Clock, heard: Heard
    ) -> "Player":
        """Sign in as somebody new."""
        account = await come_in(
            url, guest_id=draw_bytes(16).hex(), handle=persona.handle, locale=locale
        )
        return Player(persona, account, dice=dice, clock=clock, heard=heard)

    async def do(self, kind: str, body: Body) -> Ack:
        """Have a command done, and wait until its events have come back."""
        ack = await self.client.do(kind, body, self.squad or None)
        if self.squad and ack.n is not None:
            await self.client.reached(ack.n)
        return ack

    async def sit_down(self, squad: str) -> None:
        """Follow the squad that one belongs to now."""
        self.squad = squad
        await self.client.follow(squad)

    def look(self) -> Friend:
        """This player as they are now.

        Raises:
            Exception: what ended the player's connection, unless that was the server's wish.
        """
        if self._task.done() and not isinstance(self._task.exception(), Ended):
            self._task.result()
        if self.client.known is not None:
            self.friend.view = self.client.known.view
        self.friend.table = self.client.table
        return self.friend

    async def show(self) -> None:
        """Let the squad see what one is about."""
        mine = [d for d in self.friend.view.dares.values() if d["target"] == self.friend.player]
        if any(dare["state"] == "IN_PROGRESS" for dare in mine):
            await self.client.show(GOING_IN)
        else:
            await self.client.show(AWAY if self.friend.is_resting else HERE)

    async def go(self) -> None:
        """Hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, seen: Seen) -> None:
        _, kind, at, by, _, body = seen
        battle = body.get("battle")
        if by == self.friend.player and kind == "dare.reported":
            self.friend.reported += 1
            self.friend.scored_at = self.friend.scored_at if battle is None else at
        if by == self.friend.player and kind == "dare.issued":
            # A card taken in a battle is not one of the day's dares (rules §8).
            self.friend.issued += battle is None
            self.friend.taken[str(battle)] = self.friend.taken.get(str(battle), 0) + 1
        self._tell(self, seen)
