"""Group commit: whatever waits is decided in order and committed in one transaction.

One batch at a time: look up, decide, commit (in one go, in a thread), then answer and publish (the
loop). So nothing is speculative beyond one batch, and many commands share one fsync. Where another
node was quicker, only what hangs on that is put off, and decided again first in the next batch.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import Room
from server.commands.building import handler_of
from server.commands.consequences import claims_of, timers_of
from server.commands.handling import Case, Found, Handler, Key, Tools
from server.commands.streams import (
    AnyStream,
    PlayerStream,
    SquadStream,
    Streams,
    player_stream,
)
from server.commands.submission import (
    Done,
    Refused,
    Reply,
    RingTimerBody,
    Submission,
    decode_done,
    decode_refused,
    encode_body,
    refused,
)
from server.eventlog.keys import Keys
from server.eventlog.log import (
    Answer,
    Batch,
    Claim,
    Event,
    KeptAnswer,
    Log,
    LogConflict,
    LogError,
    LogUnavailable,
    Release,
    Timer,
)
from server.eventlog.mapper import to_stored
from server.metrics import CommitMetrics
from server.protocol.server_messages import Body

logger = logging.getLogger(__name__)

LARGEST_BATCH = 512
"""Commands in one transaction: beyond this the gain is small and the wait grows (figures)."""
TRIES = 5
"""How often a command is decided again after a conflict before it is answered BUSY."""
BUSY_WAIT_MS = 500

OnCommit = Callable[[Sequence[Recorded[Fact]]], None]


class _Undecidable(Exception):
    """Deciding on a command failed: a defect of ours, which must not hurt its neighbours."""


class _Contested(Exception):
    """A command hangs on what another of the batch does: it is decided after that one."""


class _Waiting(Struct, eq=False):
    """A submission and whoever waits for its answer."""

    submission: Submission
    key: tuple[str, str]
    answer: asyncio.Future[Reply]
    conflicts: int = 0
    """How often another node was quicker."""


class _Draft(Struct):
    """What one submission would write, and how it will be answered."""

    waiting: _Waiting
    reply: Reply
    facts: Sequence[Fact] = ()
    stream: str = ""
    first_n: int = 0
    claims: Sequence[Claim | Release] = ()
    timers: Sequence[Timer] = ()


class _Looked(Struct):
    """What is asked of the log for one submission, and what came of it.

    ``claims`` and ``under`` are the keys that its handler asks for, ``needs`` the streams that it
    is decided on; ``refusal`` and ``error`` say why there is nothing to decide on.
    """

    claims: Sequence[Key] = ()
    under: Sequence[Key] = ()
    found: Found = Found(claims={}, under={})
    stream: str = ""
    needs: Sequence[str] = ()
    refusal: Refusal | None = None
    error: Exception | None = None


class _Known(Struct):
    """What one trip to the log brought for a batch, and what its commands have done to it so far.

    ``looked`` has every submission that was not answered before. ``changed`` are the claims that
    they took or gave back, by kind and key, and by kind and person; ``behind`` the streams and
    players whose commands wait for one that was put off: what comes after it in the same order is
    decided after it.
    """

    answers: dict[tuple[str, str], KeptAnswer]
    looked: dict[tuple[str, str], _Looked]
    changed: set[Key] = set()
    behind: set[str] = set()


class GroupCommit:
    """Takes submissions and answers each once it is durable.

    Order: submissions are decided in the order in which they came. The queue is bounded; past it
    the answer is BUSY. ``run`` must be running; whoever starts it cancels it.
    """

    def __init__(
        self,
        log: Log,
        keys: Keys,
        tools: Tools,
        queue_limit: int,
        metrics: CommitMetrics | None = None,
    ) -> None:
        self._log = log
        self._keys = keys
        self._tools = tools
        self._queue_limit = queue_limit
        self._queue: deque[_Waiting] = deque()
        self._pending: dict[tuple[str, str], _Waiting] = {}
        self._wake = asyncio.Event()
        self._streams = Streams()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log-writer")
        self._listeners: list[OnCommit] = []
        self._metrics = metrics or CommitMetrics()
        self.failure: str | None = None

    @property
    def waiting_count(self) -> int:
        """How many submissions wait for a batch."""
        return len(self._queue)

    def on_commit(self, listener: OnCommit) -> None:
        """Call ``listener`` with the facts of every batch, in order, right after it committed.

        With none when nobody knows whether a batch committed: whoever follows looks into the log.
        """
        self._listeners.append(listener)

    def submit(self, submission: Submission) -> asyncio.Future[Reply]:
        """Take a command in. The future never fails: every outcome is an answer."""
        key = submission.key
        first = self._pending.get(key)
        if first is not None:
            return self._answer_of(first, submission)
        waiting = _Waiting(submission, key, asyncio.get_running_loop().create_future())
        if len(self._queue) >= self._queue_limit:
            waiting.answer.set_result(_busy())
            return waiting.answer
        self._pending[key] = waiting
        self._queue.append(waiting)
        self._wake.set()
        return waiting.answer

    async def is_failing(self) -> bool:
        """Whether the log takes commands: after a failure an empty batch finds out again."""
        if self.failure is not None:
            try:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._log.append, Batch())
            except Exception:
                logger.exception("the log still fails")
            else:
                self.failure = None
        return self.failure is not None

    async def run(self) -> None:
        """Commit whatever comes, until cancelled; a batch under way is finished first."""
        while True:
            await self._wake.wait()
            size = min(len(self._queue), LARGEST_BATCH)
            batch = [self._queue.popleft() for _ in range(size)]
            if not self._queue:
                self._wake.clear()
            commit = asyncio.create_task(self._commit(batch))
            try:
                await asyncio.shield(commit)
            except asyncio.CancelledError:
                await commit
                raise

    def close(self) -> None:
        """Let go of the thread. Whatever still waits is answered BUSY."""
        for waiting in self._queue:
            self._settle(waiting, _busy())
        self._queue.clear()
        self._thread.shutdown(wait=True)

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        self._metrics.took(len(batch))
        try:
            try:
                self._put_back(await self._attempt(batch))
            except LogConflict:
                # Over a claim, and nobody says whose.
                self._metrics.conflicted()
                for waiting in batch:
                    await self._alone(waiting)
        except Exception as error:
            # The outcome is unknown: the caller sends the same id again and gets the kept answer.
            self.failure = str(error) if isinstance(error, LogError) else type(error).__name__
            self._metrics.failed()
            logger.exception("a batch of %d commands could not be committed", len(batch))
            for waiting in batch:
                self._settle(waiting, _internal())
            self._tell(())
        self._streams.trim()

    def _put_back(self, put_off: Sequence[_Waiting]) -> None:
        """Let them be decided again, before all who came after them."""
        for waiting in reversed(put_off):
            if waiting.conflicts < TRIES:
                self._queue.appendleft(waiting)
                self._wake.set()
            else:
                self._settle(waiting, _busy())

    async def _alone(self, waiting: _Waiting) -> None:
        for _ in range(TRIES):
            try:
                if not await self._attempt([waiting]):
                    return
            except LogConflict:
                continue
        self._settle(waiting, _busy())

    async def _attempt(self, batch: Sequence[_Waiting]) -> Sequence[_Waiting]:
        """Look up, decide, commit and answer; returns those that have to be decided once more."""
        loop = asyncio.get_running_loop()

        def settle(waiting: _Waiting, reply: Reply) -> None:
            loop.call_soon_threadsafe(self._settle, waiting, reply)

        work = self._carry_out
        drafts, seqs, put_off = await loop.run_in_executor(self._thread, work, batch, settle)
        self.failure = None
        if drafts:
            self._publish(drafts, seqs)
        return put_off

    def _carry_out(
        self, batch: Sequence[_Waiting], settle: Callable[[_Waiting, Reply], None]
    ) -> tuple[Sequence[_Draft], Sequence[int], Sequence[_Waiting]]:
        """Look up, decide and commit; runs in the writer's thread.

        Returns what was committed, the ``seq`` of each of its events, and whoever has to be
        decided once more. ``settle`` answers those who do not have to wait for the commit.
        """
        known = self._look_up(batch)
        drafts: list[_Draft] = []
        put_off: set[tuple[str, str]] = set()
        try:
            for waiting in batch:
                kept = known.answers.get(waiting.key)
                if kept is not None:
                    settle(waiting, self._kept(kept, waiting.submission))
                    continue
                try:
                    drafts.append(self._draft(waiting, known))
                except _Undecidable:
                    settle(waiting, _internal())
                except _Contested:
                    put_off.add(waiting.key)
                    known.behind |= _order_of(waiting.submission, known.looked[waiting.key])
            drafts, seqs = self._append(drafts, known, put_off)
        except BaseException:
            self._streams.drop([looked.stream for looked in known.looked.values()])
            raise
        return drafts, seqs, [waiting for waiting in batch if waiting.key in put_off]

    def _append(
        self, drafts: list[_Draft], known: _Known, put_off: set[tuple[str, str]]
    ) -> tuple[list[_Draft], Sequence[int]]:
        """Commit, without what another node was quicker with; that is put off.

        Raises:
            LogConflict: over something else than the order of squads' streams.
        """
        while (written := _batch(drafts)) != Batch():  # some refusals are not kept
            since = self._tools.clock.steady()
            try:
                seqs = self._log.append(written)
            except LogConflict:
                taken = self._taken(drafts)
                if not taken:
                    raise
                self._metrics.conflicted()
                drafts = self._without(taken, drafts, known, put_off)
                continue
            self._metrics.committed(self._tools.clock.steady() - since)
            return drafts, seqs
        return drafts, ()

    def _taken(self, drafts: Sequence[_Draft]) -> set[str]:
        """The squads' streams in which another node has written what was to be written here."""
        firsts: dict[str, int] = {}
        for draft in drafts:
            if draft.facts:
                firsts.setdefault(draft.stream, draft.first_n)
        heads = self._log.heads(list(firsts))
        taken = {stream for stream, n in firsts.items() if heads[stream] >= n}
        # What a player's stream says is asked for squads, too: then all is decided again.
        return taken if all(stream.startswith("squad-") for stream in taken) else set()

    def _without(
        self,
        taken: set[str],
        drafts: Sequence[_Draft],
        known: _Known,
        put_off: set[tuple[str, str]],
    ) -> list[_Draft]:
        """The drafts that do not hang on these streams, nor come after one that does in the order
        of its stream or player; the states of the others' streams are dropped."""
        behind, kept = set(taken), list[_Draft]()
        for draft in drafts:
            waiting = draft.waiting
            order = _order_of(waiting.submission, known.looked[waiting.key])
            if behind.isdisjoint(order):
                kept.append(draft)
                continue
            behind |= order
            waiting.conflicts += draft.stream in taken
            put_off.add(waiting.key)
            self._streams.drop([draft.stream])
        return kept

    def _look_up(self, batch: Sequence[_Waiting]) -> _Known:
        """Everything that the batch needs from the log."""
        answers = self._log.find_answers([waiting.key for waiting in batch])
        fresh = [waiting for waiting in batch if waiting.key not in answers]
        known = _Known(answers, {waiting.key: self._ask(waiting.submission) for waiting in fresh})
        asked = known.looked.values()
        # Together: a statement for each command would cost more than all the rest of the look-up.
        claims = self._log.find_claims([key for one in asked for key in one.claims])
        under = self._log.find_claims_under_each([key for one in asked for key in one.under])
        for waiting in fresh:
            looked = known.looked[waiting.key]
            looked.found = Found(
                claims={key: claims[key] for key in looked.claims if key in claims},
                under={key: under[key] for key in looked.under},
            )
            try:
                self._look_up_one(waiting.submission, looked)
            except LogUnavailable:
                raise  # of the log as a whole
            except Refusal as refusal:
                looked.refusal = refusal
            except Exception as error:
                looked.error = looked.error or error
        self._bring_up(fresh, known.looked)
        return known

    def _bring_up(
        self, fresh: Sequence[_Waiting], looked: Mapping[tuple[str, str], _Looked]
    ) -> None:
        """Have in memory, as the log has it, what the batch is decided on."""
        asked = {stream for one in looked.values() for stream in one.needs}
        unread = self._streams.bring_up(self._log, asked)
        # Whom a command is aimed at only the squad tells.
        for waiting in fresh:
            self._add_whom(waiting.submission, looked[waiting.key])
        aimed_at = {stream for one in looked.values() for stream in one.needs} - asked
        unread |= self._streams.bring_up(self._log, aimed_at)
        for one in looked.values() if unread else ():
            failed = [unread[stream] for stream in one.needs if stream in unread]
            one.error = one.error or next(iter(failed), None)

    def _add_whom(self, submission: Submission, looked: _Looked) -> None:
        state = self._streams.peek(looked.stream)
        if not isinstance(state, SquadStream):
            return
        try:
            whom = handler_of(submission).whom(submission, state.room)
        except Exception as error:
            looked.error = looked.error or error
            return
        if whom is not None:
            looked.needs = (*looked.needs, player_stream(whom))

    def _ask(self, submission: Submission) -> _Looked:
        try:
            handler = handler_of(submission)
            claims = handler.claims(submission, self._tools)
            return _Looked(claims=claims, under=handler.under(submission))
        except Exception as error:
            return _Looked(error=error)

    def _look_up_one(self, submission: Submission, looked: _Looked) -> None:
        """What hangs on what was found: the stream that decides, and those that it asks.

        Raises:
            Refusal: there is no such stream.
        """
        if looked.error is not None:
            return
        handler, found = handler_of(submission), looked.found
        erased = handler.erases(submission)
        if erased is not None:
            found = looked.found = replace(found, own=self._log.find_own_claims(erased))
        stream = looked.stream = handler.stream(submission, found, self._tools)
        if handler.makes_key(submission, found, self._tools):
            self._keys.create(cast(Any, submission.new_id), submission.arrived_at)
        looked.needs = (stream,)
        if submission.is_by_player:
            looked.needs = (stream, player_stream(submission.actor))

    def _draft(self, waiting: _Waiting, known: _Known) -> _Draft:
        """Decide one submission against the states in memory, and fold its facts in.

        Raises:
            _Undecidable: it failed; nothing was folded in.
            _Contested: an earlier one of the batch takes its claim, or one of those that it
                counts, or brings in whom it is aimed at, or was itself put off; nothing was
                folded in.
        """
        submission, looked = waiting.submission, known.looked[waiting.key]
        if looked.refusal is not None:
            return _Draft(waiting, refused(looked.refusal))
        handler, name, found = handler_of(submission), looked.stream, looked.found
        if known.behind and known.behind & _order_of(submission, looked):
            raise _Contested
        if not (known.changed.isdisjoint(found.under) and known.changed.isdisjoint(found.claims)):
            raise _Contested
        try:
            if looked.error is not None:
                raise looked.error
            state = self._state(name)
            facts, claims = self._decide(submission, handler, state, found)
            answer = handler.answer(submission, facts, name)
        except Refusal as refusal:
            return _Draft(waiting, refused(refusal), stream=name)
        except _Contested:
            raise
        except Exception as error:
            logger.exception("%s could not be decided", submission.kind)
            raise _Undecidable from error
        squad = name.removeprefix("squad-") if isinstance(state, SquadStream) else None
        changes = claims if squad is None else (*claims, *claims_of(facts, squad))
        if changes:
            changed = {(change.kind, change.key) for change in changes}
            if changed & known.changed:
                raise _Contested
            known.changed |= changed | {(kind, key.partition(":")[0]) for kind, key in changed}
        first_n = state.version + 1
        state.apply(facts)
        n = state.version if facts else None
        reply = Done(squad=squad, n=n, body=answer)
        timers = _timers(submission, state, facts, name)
        return _Draft(waiting, reply, facts, name, first_n, changes, timers)

    def _state(self, name: str) -> AnyStream:
        return self._streams.squad(name) if name[0] == "s" else self._streams.player(name)

    def _decide(
        self, submission: Submission, handler: Handler, state: AnyStream, found: Found
    ) -> tuple[Sequence[Fact], Sequence[Claim | Release]]:
        player = None
        if submission.is_by_player:
            player = self._streams.player(player_stream(submission.actor)).player
            if player is None or player.is_erased:
                raise Refusal(RefusalCode.UNAUTHENTICATED, "Please sign in again.")
        room = state.room if isinstance(state, SquadStream) else Room()
        case = Case(
            submission=submission,
            found=found,
            room=room,
            player=player,
            tools=self._tools,
        )
        is_expected = submission.expected_n in (None, state.version)
        # Only members learn that something else came first: others are refused by the rules.
        if not is_expected and case.by in case.room.squad.members:
            raise Refusal(
                RefusalCode.VERSION_CONFLICT, "Something else happened first. Look again."
            )
        command = cast(Any, handler.build(case))
        facts = state.decide(command)
        # After the rules, so that a refusal tells nobody who was erased that has no business there.
        self._check_aim(handler.whom(submission, room))
        return facts, handler.takes(case)

    def _check_aim(self, whom: PlayerId | None) -> None:
        """Nobody is reached who was erased, though the squads may not know it yet (INV-P2)."""
        if whom is None:
            return
        other = self._streams.peek(player_stream(whom))
        if not isinstance(other, PlayerStream):
            raise _Contested
        if other.player is None or other.player.is_erased:
            raise Refusal(RefusalCode.TARGET_UNAVAILABLE, "They can't be reached any more.")

    def _publish(self, drafts: Sequence[_Draft], seqs: Sequence[int]) -> None:
        places = iter(seqs)
        recorded: list[Recorded[Fact]] = []
        for draft in drafts:
            command = draft.waiting.submission.shown_id
            q = None
            for n, fact in enumerate(draft.facts, draft.first_n):
                q = next(places)
                recorded.append(Recorded(q, draft.stream, n, fact, command))
            reply = draft.reply
            if isinstance(reply, Done):
                reply = Done(squad=reply.squad, n=reply.n, q=q, body=self._opened(reply.body))
            self._settle(draft.waiting, reply)
        if recorded:
            # Behind the answers, which are on their way: whoever gets both gets them in one write.
            asyncio.get_running_loop().call_soon(self._tell, recorded)

    def _tell(self, recorded: Sequence[Recorded[Fact]]) -> None:
        for listener in self._listeners:
            try:
                listener(recorded)
            except Exception:
                # What is committed is committed; the others have to hear of it all the same.
                logger.exception("a listener failed after a commit")

    def _kept(self, kept: KeptAnswer, submission: Submission) -> Reply:
        if kept.digest != submission.digest:
            return _reused()
        if kept.is_refusal:
            return decode_refused(kept.body)
        body = self._opened(decode_done(kept.body))
        return Done(squad=kept.squad, n=kept.n, q=kept.q, body=body, is_repeat=True)

    def _opened(self, body: Body | None) -> Body | None:
        """An answer's body with what is sealed in it opened, at the last moment."""
        if body is None:
            return None
        return {
            name: self._keys.open(cast(Any, value)) if isinstance(value, bytes) else value
            for name, value in body.items()
        }

    def _answer_of(self, first: _Waiting, second: Submission) -> asyncio.Future[Reply]:
        """A second copy of a pending command awaits the first one's answer."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if first.submission.digest != second.digest:
            answer.set_result(_reused())
            return answer

        def pass_on(done: asyncio.Future[Reply]) -> None:
            reply = done.result()
            if isinstance(reply, Done):
                reply = Done(
                    squad=reply.squad, n=reply.n, q=reply.q, body=reply.body, is_repeat=True
                )
            if not answer.done():
                answer.set_result(reply)

        first.answer.add_done_callback(pass_on)
        return answer

    def _settle(self, waiting: _Waiting, reply: Reply) -> None:
        self._pending.pop(waiting.key, None)
        if not waiting.answer.done():
            waiting.answer.set_result(reply)


def _order_of(submission: Submission, looked: _Looked) -> set[str]:
    """In what order a command stands: that of its stream, and that of the player who sent it."""
    order = {looked.stream} - {""}
    return order | {submission.actor} if submission.is_by_player else order


def _timers(
    submission: Submission, state: AnyStream, facts: Sequence[Fact], stream: str
) -> Sequence[Timer]:
    if isinstance(state, PlayerStream):
        return ()
    body = submission.body
    rung = body.key if isinstance(body, RingTimerBody) else None
    return timers_of(state.room, facts, rung, stream)


def _batch(drafts: Sequence[_Draft]) -> Batch:
    events: list[Event] = []
    answers: list[Answer] = []
    for draft in drafts:
        submission = draft.waiting.submission
        for version, fact in enumerate(draft.facts, draft.first_n):
            topic, state = to_stored(fact)
            events.append(
                Event(
                    draft.stream,
                    version,
                    topic,
                    state,
                    actor=submission.actor,
                    command=submission.shown_id,
                    causation=submission.cause
                    or (None if submission.is_by_player else submission.command_id),
                )
            )
        if _is_kept(draft):
            answers.append(_answer(draft, len(events) - 1 if draft.facts else None))
    # Tuples, as in every value: a batch that holds nothing equals an empty one.
    return Batch(
        events=tuple(events),
        answers=tuple(answers),
        claims=tuple(claim for draft in drafts for claim in draft.claims),
        timers=tuple(timer for draft in drafts for timer in draft.timers),
    )


def _is_kept(draft: _Draft) -> bool:
    """Whether the same command gets this answer again. "Sign in again" is no answer (protocol).

    Nor is it one when the system has asked and nothing was due: it may ask again with that id.
    """
    if isinstance(draft.reply, Done):
        return bool(draft.facts) or draft.waiting.submission.is_by_player
    is_final = draft.reply.code is not RefusalCode.UNAUTHENTICATED
    return is_final and handler_of(draft.waiting.submission).keeps_refusals


def _answer(draft: _Draft, last: int | None) -> Answer:
    submission, reply = draft.waiting.submission, draft.reply
    is_done = isinstance(reply, Done)
    return Answer(
        actor=submission.actor,
        command=submission.command_id,
        digest=submission.digest,
        body=encode_body(reply.body if isinstance(reply, Done) else reply),
        is_refusal=not is_done,
        at=submission.arrived_at,
        squad=reply.squad if isinstance(reply, Done) else None,
        n=reply.n if isinstance(reply, Done) else None,
        last=last,
    )


def _reused() -> Refused:
    return Refused(
        code=RefusalCode.COMMAND_ID_REUSED, message="This id belongs to another command."
    )


def _busy() -> Refused:
    return Refused(
        code=RefusalCode.BUSY,
        message="A lot is going on. Trying again in a moment.",
        retry_after_ms=BUSY_WAIT_MS,
    )


def _internal() -> Refused:
    return Refused(
        code=RefusalCode.INTERNAL,
        message="Something went wrong here. Trying again in a moment.",
        retry_after_ms=BUSY_WAIT_MS,
    )
