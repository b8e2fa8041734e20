"""The runner: follows the log and drives the projections' folds.

One batch, one transaction per projection: rows and position together, so each effect is exactly
once. A fold that fails stops its projection, and an event that cannot be read stops them all,
loudly; nothing is ever skipped. Of several nodes with one store, one folds a projection, and the
others read the news of it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from domain.facts import Fact, Recorded
from projections.registry import PROJECTIONS, Projection
from projections.rows import Changed, Place, Rows
from projections.stores.store import Store, StoreError
from server.eventlog.log import Log, LogError, LogTooNew, StoredEvent
from server.eventlog.mapper import recorded

logger = logging.getLogger(__name__)

BATCH = 1_000
"""Also the events read at once: of forty times as many, each takes half as long again."""
BATCH_BEHIND = 40_000
"""While catching up nobody waits for a batch, and what it costs to commit one is shared."""
INBOX = 10_000
"""Facts handed over and not folded yet; past this they are read from the log again."""
RETRY_S = 1.0
LOOK_BACK = 10_000
"""Events before the last one whose news are read again after a failure. A database that crashed may
have lost the commits of its last second (they do not wait for the disk), and they are made anew."""
PACE_S = 0.05
"""Time between two batches while all is well: nobody sees a board 50 ms sooner. What comes after a
rest is folded at once."""


OnChange = Callable[[Changed], None]


class Runner:
    """Keeps every projection up with the log. ``run`` until cancelled by whoever started it.

    Args:
        poll_s: how often to look for what other nodes have written; None: there are none.
    """

    def __init__(self, log: Log, store: Store, poll_s: float | None = None) -> None:
        self._poll_s = poll_s
        self._log = log
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="runner")
        self._inbox: list[Recorded[Fact]] = []
        self._wake = asyncio.Event()
        self._moved = asyncio.Condition()
        self._listeners: list[OnChange] = []
        self._untold: set[Place] = set()
        self._looks_back = False
        self.stopped: dict[str, str] = {}
        self.trouble: str | None = None
        """Why the last batch could not be read or written; it is being tried again."""
        for projection in PROJECTIONS:
            store.prepare(projection)
        self._positions = {p.id: store.position(p) for p in PROJECTIONS}
        # Asked last: meanwhile another node may write, and fold it.
        end = log.last_seq()
        for projection in PROJECTIONS:
            if self._positions[projection.id] > end:
                # Rows of another log, which somebody put here by hand: not to be folded upon.
                store.clear(projection)
                self._positions[projection.id] = 0

    @property
    def position(self) -> int:
        """The ``seq`` that every running projection has folded; of all, when none is running."""
        running = [seq for name, seq in self._positions.items() if name not in self.stopped]
        return min(running or self._positions.values(), default=0)

    @property
    def positions(self) -> Mapping[str, int]:
        """The ``seq`` that each projection has folded, those that have stopped among them."""
        return self._positions

    def on_change(self, listener: OnChange) -> None:
        """Call ``listener`` on the loop whenever rows have been written."""
        self._listeners.append(listener)

    def notify(self, facts: Sequence[Recorded[Fact]]) -> None:
        """Hand over what was just committed. A hint: whatever is missing is read from the log."""
        if len(self._inbox) < INBOX:
            self._inbox += facts
        self._wake.set()

    async def wait_for(self, seq: int, timeout_s: float) -> int:
        """Wait until ``seq`` is folded, or for as long as allowed; returns the position."""
        async with self._moved:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._moved.wait_for(lambda: self.position >= seq)
            except TimeoutError:
                pass
        return self.position

    async def run(self) -> None:
        """Fold whatever comes."""
        while True:
            inbox, self._inbox = self._inbox, []
            self._wake.clear()
            try:
                changed = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._step, inbox
                )
            except Exception as error:
                # The log or the store cannot be read: nothing was skipped, try again.
                if isinstance(error, (LogError, StoreError)):
                    # No defect: a database that is away, or another node that folds from now on.
                    self.trouble = str(error)
                    logger.warning("projections cannot move on: %s", error)
                else:
                    self.trouble = type(error).__name__
                    logger.exception("projections cannot move on")
                self._looks_back = True
                await asyncio.sleep(RETRY_S)
                continue
            self.trouble = None
            if changed is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._wake.wait()
                continue
            async with self._moved:
                self._moved.notify_all()
            for listener in self._listeners:
                listener(changed)
            # Whatever comes meanwhile shares one commit of each projection, and one view.
            await asyncio.sleep(PACE_S)

    def catch_up(self, progress: Callable[[int, int], None] = lambda _at, _of: None) -> None:
        """Fold all there is, at start-up. Blocks; ``progress`` gets the position and the goal."""
        goal = self._log.last_seq()
        while True:
            if self._step([], BATCH_BEHIND) is not None:
                progress(self.position, goal)
            elif self._poll_s is None or self.position >= goal or not self._running:
                return
            else:
                time.sleep(self._poll_s)  # another node is at it

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=True)

    @property
    def _running(self) -> list[Projection]:
        return [p for p in PROJECTIONS if p.id not in self.stopped]

    def _step(self, inbox: Sequence[Recorded[Fact]], limit: int = BATCH) -> Changed | None:
        """Fold one batch into every projection that is ours to fold, and hear of the others; None
        when there is nothing left."""
        mine: list[Projection] = []
        has_moved = False
        for projection in self._running:
            position = self._store.take(projection)
            if position != self._positions[projection.id]:
                # Another node is at it; or was until now, or a commit of ours was thought to have
                # failed: what came of that is still to be told of.
                has_moved |= self._follow(projection)
            if position is not None:
                self._positions[projection.id] = position
                mine.append(projection)
        self._looks_back = False
        fresh = self._next(mine, inbox, limit) if mine else ()
        for projection in mine if fresh else ():
            # Kept until all have folded: when one fails, the others' rows are still to be told of.
            self._untold |= self._fold(projection, fresh)
        if not (fresh or has_moved or self._untold):
            return None
        rows, self._untold = self._untold, set()
        return Changed(frozenset(rows), self.position)

    def _follow(self, projection: Projection) -> bool:
        """Take in what another node has folded, and say whether there was anything."""
        before = self._positions[projection.id]
        after = max(0, before - LOOK_BACK) if self._looks_back else before
        news = self._store.news(projection, after)
        self._untold |= news.rows
        self._positions[projection.id] = news.seq
        return news.seq != before

    def _next(
        self, mine: Sequence[Projection], inbox: Sequence[Recorded[Fact]], limit: int
    ) -> Sequence[Recorded[Fact]]:
        """The facts that come next for whichever is least far."""
        after = min(self._positions[projection.id] for projection in mine)
        fresh = [fact for fact in inbox if fact.seq > after]
        # Between two of ours there may be another node's.
        if not fresh or fresh[-1].seq != after + len(fresh):
            fresh = self._read(after, limit)
        return fresh

    def _read(self, after: int, limit: int) -> list[Recorded[Fact]]:
        """The facts that come next, up to the first event that cannot be read."""
        facts: list[Recorded[Fact]] = []
        while stored := self._log.read_all(after, min(BATCH, limit - len(facts))):
            try:
                facts += recorded(stored)
            except Exception:
                return facts or self._readable(stored)
            after = stored[-1].seq
        return facts

    def _readable(self, stored: Sequence[StoredEvent]) -> list[Recorded[Fact]]:
        """The facts before the event that cannot be read; nobody goes past that one."""
        facts: list[Recorded[Fact]] = []
        for event in stored:
            try:
                facts += recorded([event])
            except Exception as error:
                if not facts:
                    self._stop_all(event.seq, error)
                break
        return facts

    def _stop_all(self, seq: int, error: Exception) -> None:
        reason = str(error) if isinstance(error, LogTooNew) else type(error).__name__
        self.stopped = {p.id: f"seq {seq}: {reason}" for p in PROJECTIONS} | self.stopped
        logger.error("every projection stopped at seq %d: %s", seq, reason)

    def _fold(self, projection: Projection, facts: Sequence[Recorded[Fact]]) -> set[Place]:
        working = Rows(self._store)
        position = self._positions[projection.id]
        if facts[-1].seq <= position:
            return set()  # ahead of the others: they stopped, or a kill came between two commits
        try:
            for fact in facts:
                if fact.seq > position:
                    projection.fold(working, fact)
        except StoreError:
            raise  # rows that cannot be read just now: it is no fault of the fold's
        except Exception as error:
            self.stopped[projection.id] = f"seq {fact.seq}: {type(error).__name__}"
            logger.exception("projection %s stopped at seq %d", projection.id, fact.seq)
            return set()
        changes = working.take()
        self._store.commit(projection, changes, facts[-1].seq)
        self._positions[projection.id] = facts[-1].seq
        return {place for place, _ in changes.places()}
