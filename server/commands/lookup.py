"""Look up: what a batch of commands needs from the log, asked in as few trips as can be."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from domain.refusals import Refusal
from server.commands.building import handler_of
from server.commands.handling import Found, Key, Tools
from server.commands.streams import SquadStream, Streams, player_stream
from server.commands.submission import Reply, Submission
from server.eventlog.keys import Keys
from server.eventlog.log import KeptAnswer, Log, LogUnavailable


class Waiting(Struct, eq=False):
    """A submission and whoever waits for its answer."""

    submission: Submission
    key: tuple[str, str]
    answer: asyncio.Future[Reply]
    conflicts: int = 0
    """How often another node was quicker."""


class Looked(Struct):
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


class Known(Struct):
    """What one trip to the log brought for a batch, and what its commands have done to it so far.

    ``looked`` has every submission that was not answered before. ``changed`` are the claims that
    they took or gave back, by kind and key, and by kind and person; ``behind`` the streams and
    players whose commands wait for one that was put off: what comes after it in the same order is
    decided after it.
    """

    answers: dict[tuple[str, str], KeptAnswer]
    looked: dict[tuple[str, str], Looked]
    changed: set[Key] = set()
    behind: set[str] = set()


class Lookup:
    """Asks the log; blocks. What is decided on is in ``streams`` afterwards."""

    def __init__(self, log: Log, keys: Keys, tools: Tools, streams: Streams) -> None:
        self._log = log
        self._keys = keys
        self._tools = tools
        self._streams = streams

    def look_up(self, batch: Sequence[Waiting]) -> Known:
        """Everything that the batch needs from the log."""
        answers = self._log.find_answers([waiting.key for waiting in batch])
        fresh = [waiting for waiting in batch if waiting.key not in answers]
        known = Known(answers, {waiting.key: self._ask(waiting.submission) for waiting in fresh})
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

    def _bring_up(self, fresh: Sequence[Waiting], looked: Mapping[tuple[str, str], Looked]) -> None:
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

    def _add_whom(self, submission: Submission, looked: Looked) -> None:
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

    def _ask(self, submission: Submission) -> Looked:
        try:
            handler = handler_of(submission)
            claims = handler.claims(submission, self._tools)
            return Looked(claims=claims, under=handler.under(submission))
        except Exception as error:
            return Looked(error=error)

    def _look_up_one(self, submission: Submission, looked: Looked) -> None:
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


def order_of(submission: Submission, looked: Looked) -> set[str]:
    """In what order a command stands: that of its stream, and that of the player who sent it."""
    order = {looked.stream} - {""}
    return order | {submission.actor} if submission.is_by_player else order
