"""Group commit: whatever waits is decided in order and committed in one transaction.

One batch at a time: look up, decide, commit (in one go, in a thread), then answer and publish (the
loop). So nothing is speculative beyond one batch, and many commands share one fsync. Where another
node was quicker, only what hangs on that is put off, and decided again first in the next batch.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from domain.facts import Fact, Recorded
from domain.refusals import RefusalCode
from server.commands.drafting import Contested, Draft, Drafting, Undecidable, batch_of
from server.commands.handling import Tools
from server.commands.lookup import Known, Lookup, Waiting, order_of
from server.commands.streams import Streams
from server.commands.submission import (
    Done,
    Refused,
    Reply,
    Submission,
    decode_done,
    decode_refused,
)
from server.eventlog.keys import Keys
from server.eventlog.log import Batch, KeptAnswer, Log, LogConflict, LogError
from server.metrics import CommitMetrics
from server.protocol.server_messages import Body

logger = logging.getLogger(__name__)

LARGEST_BATCH = 512
"""Commands in one transaction: beyond this the gain is small and the wait grows (figures)."""
TRIES = 5
"""How often a command is decided again after a conflict before it is answered BUSY."""
BUSY_WAIT_MS = 500

OnCommit = Callable[[Sequence[Recorded[Fact]]], None]


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
        self._queue: deque[Waiting] = deque()
        self._pending: dict[tuple[str, str], Waiting] = {}
        self._wake = asyncio.Event()
        self._streams = Streams()
        self._lookup = Lookup(log, keys, tools, self._streams)
        self._drafting = Drafting(self._streams, tools)
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
        waiting = Waiting(submission, key, asyncio.get_running_loop().create_future())
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

    async def _commit(self, batch: Sequence[Waiting]) -> None:
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

    def _put_back(self, put_off: Sequence[Waiting]) -> None:
        """Let them be decided again, before all who came after them."""
        for waiting in reversed(put_off):
            if waiting.conflicts < TRIES:
                self._queue.appendleft(waiting)
                self._wake.set()
            else:
                self._settle(waiting, _busy())

    async def _alone(self, waiting: Waiting) -> None:
        for _ in range(TRIES):
            try:
                if not await self._attempt([waiting]):
                    return
            except LogConflict:
                continue
        self._settle(waiting, _busy())

    async def _attempt(self, batch: Sequence[Waiting]) -> Sequence[Waiting]:
        """Look up, decide, commit and answer; returns those that have to be decided once more."""
        loop = asyncio.get_running_loop()

        def settle(waiting: Waiting, reply: Reply) -> None:
            loop.call_soon_threadsafe(self._settle, waiting, reply)

        work = self._carry_out
        drafts, seqs, put_off = await loop.run_in_executor(self._thread, work, batch, settle)
        self.failure = None
        if drafts:
            self._publish(drafts, seqs)
        return put_off

    def _carry_out(
        self, batch: Sequence[Waiting], settle: Callable[[Waiting, Reply], None]
    ) -> tuple[Sequence[Draft], Sequence[int], Sequence[Waiting]]:
        """Look up, decide and commit; runs in the writer's thread.

        Returns what was committed, the ``seq`` of each of its events, and whoever has to be
        decided once more. ``settle`` answers those who do not have to wait for the commit.
        """
        known = self._lookup.look_up(batch)
        drafts: list[Draft] = []
        put_off: set[tuple[str, str]] = set()
        try:
            for waiting in batch:
                kept = known.answers.get(waiting.key)
                if kept is not None:
                    settle(waiting, self._kept(kept, waiting.submission))
                    continue
                try:
                    drafts.append(self._drafting.draft(waiting, known))
                except Undecidable:
                    settle(waiting, _internal())
                except Contested:
                    put_off.add(waiting.key)
                    known.behind |= order_of(waiting.submission, known.looked[waiting.key])
            drafts, seqs = self._append(drafts, known, put_off)
        except BaseException:
            self._streams.drop([looked.stream for looked in known.looked.values()])
            raise
        return drafts, seqs, [waiting for waiting in batch if waiting.key in put_off]

    def _append(
        self, drafts: list[Draft], known: Known, put_off: set[tuple[str, str]]
    ) -> tuple[list[Draft], Sequence[int]]:
        """Commit, without what another node was quicker with; that is put off.

        Raises:
            LogConflict: over something else than the order of squads' streams.
        """
        while (written := batch_of(drafts)) != Batch():  # some refusals are not kept
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

    def _taken(self, drafts: Sequence[Draft]) -> set[str]:
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
        drafts: Sequence[Draft],
        known: Known,
        put_off: set[tuple[str, str]],
    ) -> list[Draft]:
        """The drafts that do not hang on these streams, nor come after one that does in the order
        of its stream or player; the states of the others' streams are dropped."""
        behind, kept = set(taken), list[Draft]()
        for draft in drafts:
            waiting = draft.waiting
            order = order_of(waiting.submission, known.looked[waiting.key])
            if behind.isdisjoint(order):
                kept.append(draft)
                continue
            behind |= order
            waiting.conflicts += draft.stream in taken
            put_off.add(waiting.key)
            self._streams.drop([draft.stream])
        return kept

    def _publish(self, drafts: Sequence[Draft], seqs: Sequence[int]) -> None:
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

    def _answer_of(self, first: Waiting, second: Submission) -> asyncio.Future[Reply]:
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

    def _settle(self, waiting: Waiting, reply: Reply) -> None:
        self._pending.pop(waiting.key, None)
        if not waiting.answer.done():
            waiting.answer.set_result(reply)


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
