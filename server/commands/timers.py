"""Timers: deadlines that the log remembers, rung as ordinary commands of the system.

Twice or late is harmless: the command's id derives from the timer, and the domain looks only at
the facts and the time. The transaction that answers a ring takes its row away or sets the next.
"""

import asyncio
import logging

from server.clock import Clock, derived_id
from server.commands.group_commit import GroupCommit
from server.commands.submission import SYSTEM, Refused, RingTimerBody, Submission
from server.eventlog.log import DueTimer, Log

logger = logging.getLogger(__name__)

LONGEST_NAP_S = 0.5
"""How late a timer may be noticed that is set and due within one nap; deadlines never move."""
AT_ONCE = 256


class Timers:
    """Rings what is due. ``run`` until cancelled by whoever started it."""

    def __init__(self, log: Log, commands: GroupCommit, clock: Clock) -> None:
        self._log = log
        self._commands = commands
        self._clock = clock
        self._failed = 0
        self._nap_s = LONGEST_NAP_S
        self.overdue_ms = 0
        """How late the oldest timer was when it was rung."""

    async def run(self) -> None:
        """Look for due timers, ring them, sleep."""
        while True:
            try:
                rung = await self.ring_due()
            except Exception:
                # No deadline may hang on one failure: the rows are still there.
                logger.exception("due timers could not be rung")
                rung = 0
            if rung < AT_ONCE:
                await asyncio.sleep(self._nap_s)

    async def ring_due(self) -> int:
        """Ring what is due now, and say how many timers could be rung.

        Those that failed last time are tried again and count for nothing: however many there are,
        others have their turn.
        """
        # Should the log fail now, a short nap from before is not taken again and again.
        self._nap_s = LONGEST_NAP_S
        limit = AT_ONCE + self._failed
        now = self._clock.now()
        soon = await asyncio.to_thread(self._log.due_timers, now + _ms(LONGEST_NAP_S), limit)
        due = [timer for timer in soon if timer.due_at <= now]
        self.overdue_ms = now - min((timer.due_at for timer in due), default=now)
        replies = await asyncio.gather(*(self._commands.submit(self._ring(t)) for t in due))
        next_at = min((timer.due_at for timer in soon[len(due) :]), default=None)
        if next_at is not None:
            # Measured now: ringing took its time, and the clock may have been set back meanwhile.
            self._nap_s = min(LONGEST_NAP_S, max(0.0, (next_at - self._clock.now()) / 1000))
        self._failed = 0
        for timer, reply in zip(due, replies, strict=True):
            if isinstance(reply, Refused):
                self._failed += 1
                logger.warning("timer %s of %s: %s", timer.key, timer.stream, reply.code)
        return len(due) - self._failed

    def _ring(self, timer: DueTimer) -> Submission:
        command_id = derived_id("timer", timer.stream, timer.key, str(timer.due_at))
        return Submission(
            actor=SYSTEM,
            command_id=command_id,
            kind="timer.ring",
            body=RingTimerBody(timer.key),
            digest=b"",
            # Never before its own time, should the clock have been set back since it was due.
            arrived_at=max(self._clock.now(), timer.due_at),
            new_id=command_id,
            squad=timer.stream.removeprefix("squad-"),
            cause=f"timer:{timer.key}",
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
