"""Reactions: what a fact causes in other streams, as ordinary commands of the system.

They follow the log with a position of their own, like a projection. A command's id derives from
its cause, so twice is harmless; a reaction that fails is tried again, and nothing is skipped.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from eventsourcing.persistence import Notification

from domain.facts import Fact, Recorded
from domain.ids import CommandId, PlayerId
from domain.players.events import PlayerErased
from server.clock import Clock, derived_id
from server.commands.group_commit import GroupCommit
from server.commands.streams import player_stream
from server.commands.submission import SYSTEM, ForgetBody, Refused, Submission
from server.eventlog.keys import Keys
from server.eventlog.log import Batch, Log, Position
from server.eventlog.names import topic_of
from server.eventlog.players import find_player

logger = logging.getLogger(__name__)

NAME = "reactions"
CAUSES = (topic_of(PlayerErased),)
"""What is reacted to. Everything else in the log is passed over without being read."""
AT_ONCE = 256
RETRY_S = 1.0
KEPT_EVERY = 10_000
"""Events that may be looked through again after a restart: a place in the log costs a commit."""

OnErased = Callable[[PlayerId], None]


class ReactionError(Exception):
    """A command of a reaction was not carried out; it has to be tried again."""


class Reactions:
    """Reacts to what was committed. ``run`` until cancelled by whoever started it.

    Args:
        on_erased: called on the loop once a person's key is gone, before their squads hear of it.
    """

    def __init__(
        self,
        log: Log,
        commands: GroupCommit,
        keys: Keys,
        clock: Clock,
        on_erased: OnErased,
    ) -> None:
        self._log = log
        self._commands = commands
        self._keys = keys
        self._clock = clock
        self._on_erased = on_erased
        self._position = log.position(NAME)
        self._wake = asyncio.Event()
        self.is_failing = False
        """Whether the last try failed; it is tried again."""
        self._gone: set[PlayerId] = set()
        """Whose keys were destroyed here, so that trying again tells nobody of them again."""

    def notify(self, facts: Sequence[Recorded[Fact]]) -> None:
        """Look again if one of what was just committed is a cause, or if nobody knows what was."""
        if not facts or any(isinstance(fact.fact, PlayerErased) for fact in facts):
            self._wake.set()

    async def run(self) -> None:
        """React to whatever comes, and first to what came while nobody was here."""
        is_checked = False
        while True:
            self._wake.clear()
            try:
                if not is_checked:
                    await self.erase_again()
                    is_checked = True
                is_done = await self.step()
            except Exception:
                # The position has not moved: the same causes come again.
                self.is_failing = True
                logger.exception("a reaction failed")
                await asyncio.sleep(RETRY_S)
                continue
            self.is_failing = False
            if is_done:
                await self._wake.wait()

    async def erase_again(self) -> None:
        """Erase whoever has no key any more and is in the log all the same: it was restored."""
        for player in await asyncio.to_thread(self._keys.destroyed):
            if await asyncio.to_thread(find_player, self._log, player) is not None:
                command_id = derived_id("player.forget", self._log.log_id, player)
                command = self._command("player.forget", command_id, player, "keys", None)
                reason = await self._failure_of(command)
                if reason is not None:
                    raise ReactionError(reason)

    async def step(self) -> bool:
        """React to the next causes, and say whether there are no more.

        Raises:
            ReactionError: a command was not carried out; the position stays before its cause.
        """
        head = await asyncio.to_thread(self._log.last_seq)
        causes = await asyncio.to_thread(self._causes, head)
        # All keys first: nobody's words wait for a squad that cannot be reached just now.
        for player in map(_player_of, causes):
            if player not in self._gone:
                await asyncio.to_thread(self._keys.destroy, player, self._clock.now())
                self._on_erased(player)
                self._gone.add(player)
        left = [await self._leave(_player_of(c), c.originator_version) for c in causes]
        failed = [reason for reasons in left for reason in reasons]
        if failed:
            raise ReactionError("; ".join(failed))
        self._gone.clear()
        is_done = len(causes) < AT_ONCE
        position = head if is_done else causes[-1].id
        if position > self._position:
            if causes or position > self._position + KEPT_EVERY:
                kept = Batch(positions=[Position(NAME, position)])
                await asyncio.to_thread(self._log.append, kept)
            self._position = position
        return is_done

    def _causes(self, head: int) -> Sequence[Notification]:
        return self._log.select_notifications(
            self._position, AT_ONCE, head, CAUSES, inclusive_of_start=False
        )

    async def _leave(self, player: PlayerId, n: int) -> list[str]:
        """Let somebody leave every squad that knows them (INV-S5), and say where that failed."""
        squads = await asyncio.to_thread(self._log.find_claims_under, "known", player)
        cause = f"{player_stream(player)}:{n}"
        commands = [
            self._command(
                "squad.forget",
                derived_id("squad.forget", cause, squad.owner),
                player,
                cause,
                squad.owner,
            )
            for squad in squads
        ]
        failed = await asyncio.gather(*(self._failure_of(command) for command in commands))
        return [reason for reason in failed if reason is not None]

    async def _failure_of(self, command: Submission) -> str | None:
        """Carry a command out, and say why that could not be done."""
        reply = await self._commands.submit(command)
        if isinstance(reply, Refused):
            return f"{command.kind} in {command.squad}: {reply.code}"
        return None

    def _command(
        self, kind: str, command_id: CommandId, player: PlayerId, cause: str, squad: str | None
    ) -> Submission:
        return Submission(
            actor=SYSTEM,
            command_id=command_id,
            kind=kind,
            body=ForgetBody(player),
            digest=b"",
            arrived_at=self._clock.now(),
            new_id=command_id,
            squad=squad,
            cause=cause,
        )


def _player_of(cause: Notification) -> PlayerId:
    return PlayerId(str(cause.originator_id).removeprefix("player-"))
