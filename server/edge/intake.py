"""The one door for commands, from the socket and from HTTP: type them, limit them, submit them."""

import asyncio

from domain.ids import CommandId, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from server.bus.rates import SharedRates
from server.clock import Clock, derived_id, is_id
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.submission import GUEST, Done, Reply, Submission, refused
from server.commands.words import clean, comparable
from server.edge.rates import Buckets, SharedBuckets, per_hour
from server.metrics import EdgeMetrics
from server.protocol.bodies import PlayerRegister, body_of
from server.protocol.codec import canonical
from server.secret import Purpose, Secret
from server.settings import Settings

JOINS = ("squad.join", "squad.request")
"""What counts as a join of its address (rules §9.9)."""


class Intake:
    """Turns what clients send into submissions. What it refuses is not kept."""

    def __init__(
        self,
        commands: GroupCommit,
        tools: Tools,
        settings: Settings,
        clock: Clock,
        metrics: EdgeMetrics | None = None,
        *,
        shared: SharedRates | None = None,
    ) -> None:
        self._commands = commands
        self._secret: Secret = tools.secret
        self._clock = clock
        self._rates = Buckets(clock, settings.commands_per_s, settings.command_burst)
        self._metrics = metrics or EdgeMetrics()
        self._joins = SharedBuckets(clock, per_hour("joins", settings.joins_per_hour), shared)

    def command(  # the wire's fields, each named
        self,
        player: PlayerId,
        *,
        address: str,
        command_id: str,
        kind: str,
        squad: str | None,
        fields: dict[str, object],
        arrived_at: Millis,
        expected_n: int | None = None,
    ) -> asyncio.Future[Reply]:
        """Submit a player's command. The future never fails: every outcome is an answer."""
        since_s = self._clock.steady()
        try:
            self._limit(player, address if kind in JOINS else None)
            if not is_id(command_id):
                raise Refusal(RefusalCode.BAD_INPUT, "The id is not a ULID.", field="id")
            body = body_of(kind, fields)
            digest = self._digest([squad, kind, fields])
        except Refusal as refusal:
            return self._counted(_answered(refused(refusal)), kind, since_s)
        submission = Submission(
            actor=player,
            command_id=CommandId(command_id),
            kind=kind,
            body=body,
            digest=digest,
            arrived_at=arrived_at,
            new_id=self._clock.new_id(),
            squad=squad,
            expected_n=expected_n,
        )
        if kind in JOINS and self._joins.is_shared:
            joining = asyncio.ensure_future(self._join(address, submission))
            return self._counted(joining, kind, since_s)
        return self._counted(self._commands.submit(submission), kind, since_s)

    async def _join(self, address: str, submission: Submission) -> Reply:
        """Submit a join once all nodes together say that its address may."""
        wait_ms = await self._joins.take_shared(address)
        if wait_ms:
            return refused(_too_quick(wait_ms))
        return await self._commands.submit(submission)

    def take(self, player: PlayerId) -> int:
        """Take one off a player's command rate: 0, or how many ms to wait."""
        return self._rates.take(player)

    def _limit(self, player: PlayerId, joins_from: str | None) -> None:
        wait_ms = self.take(player)
        if not wait_ms and joins_from is not None:
            wait_ms = self._joins.take_own(joins_from)
        if wait_ms:
            raise _too_quick(wait_ms)

    def register(self, guest_id: str, body: PlayerRegister) -> asyncio.Future[Reply]:
        """Submit a guest's registration. Of ``guest_id``, a secret, only the hash goes on."""
        kind, since_s = "player.register", self._clock.steady()
        key = self.guest_key(guest_id)
        handle = comparable(clean(body.handle))
        try:
            digest = self._digest([key, handle, body.tz, body.adult, body.locale])
        except Refusal as refusal:
            return self._counted(_answered(refused(refusal)), kind, since_s)
        submission = Submission(
            actor=GUEST,
            command_id=derived_id(key, digest.hex()),
            kind=kind,
            body=body,
            digest=digest,
            arrived_at=self._clock.now(),
            new_id=self._clock.new_id(),
            guest_key=key,
        )
        return self._counted(self._commands.submit(submission), kind, since_s)

    def _counted(
        self, answer: asyncio.Future[Reply], kind: str, since_s: float
    ) -> asyncio.Future[Reply]:
        """An answer that is counted as soon as it is there."""
        by = "edge" if answer.done() else "rules"

        def count(done: asyncio.Future[Reply]) -> None:
            if done.cancelled():  # whoever waited for it has gone
                return
            reply = done.result()
            if isinstance(reply, Done):
                outcome = "repeated" if reply.is_repeat else "accepted"
            else:
                outcome = reply.code.value
                self._metrics.refused(outcome, by)
            self._metrics.command_answered(kind, outcome, self._clock.steady() - since_s)

        answer.add_done_callback(count)
        return answer

    def _digest(self, value: object) -> bytes:
        """The keyed hash of what a command says; BAD_INPUT for what has no canonical form."""
        try:
            return self._secret.keyed_hash(Purpose.COMMANDS, canonical(value))
        except (TypeError, OverflowError, ValueError, RecursionError) as error:
            raise Refusal(RefusalCode.BAD_INPUT, "This cannot be read.", field="b") from error

    def guest_key(self, guest_id: str) -> str:
        """The keyed hash under which a guest id is claimed."""
        return self._secret.keyed_hash(Purpose.CLAIMS, guest_id.encode()).hex()


def _too_quick(wait_ms: int) -> Refusal:
    return Refusal(
        RefusalCode.BUSY, "That was quick. Trying again in a moment.", retry_after_ms=wait_ms
    )


def _answered(reply: Reply) -> asyncio.Future[Reply]:
    future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    future.set_result(reply)
    return future
