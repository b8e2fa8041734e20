"""Decide: from a submission and what was looked up to what is written and answered."""

import logging
from collections.abc import Sequence
from typing import Any, cast

from msgspec import Struct

from domain.facts import Fact
from domain.ids import PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import Room
from server.commands.building import handler_of
from server.commands.consequences import claims_of, timers_of
from server.commands.handling import Case, Found, Handler, Tools
from server.commands.lookup import Known, Waiting, order_of
from server.commands.streams import AnyStream, PlayerStream, SquadStream, Streams, player_stream
from server.commands.submission import (
    Done,
    Reply,
    RingTimerBody,
    Submission,
    encode_body,
    refused,
)
from server.eventlog.log import Answer, Batch, Claim, Event, Release, Timer
from server.eventlog.mapper import to_stored

logger = logging.getLogger(__name__)


class Undecidable(Exception):
    """Deciding on a command failed: a defect of ours, which must not hurt its neighbours."""


class Contested(Exception):
    """A command hangs on what another of the batch does: it is decided after that one."""


class Draft(Struct):
    """What one submission would write, and how it will be answered."""

    waiting: Waiting
    reply: Reply
    facts: Sequence[Fact] = ()
    stream: str = ""
    first_n: int = 0
    claims: Sequence[Claim | Release] = ()
    timers: Sequence[Timer] = ()


class Drafting:
    """Decides on submissions one by one, each against what those before it have left."""

    def __init__(self, streams: Streams, tools: Tools) -> None:
        self._streams = streams
        self._tools = tools

    def draft(self, waiting: Waiting, known: Known) -> Draft:
        """Decide one submission against the states in memory, and fold its facts in.

        Raises:
            Undecidable: it failed; nothing was folded in.
            Contested: an earlier one of the batch takes its claim, or one of those that it
                counts, or brings in whom it is aimed at, or was itself put off; nothing was
                folded in.
        """
        submission, looked = waiting.submission, known.looked[waiting.key]
        if looked.refusal is not None:
            return Draft(waiting, refused(looked.refusal))
        handler, name, found = handler_of(submission), looked.stream, looked.found
        if known.behind and known.behind & order_of(submission, looked):
            raise Contested
        if not (known.changed.isdisjoint(found.under) and known.changed.isdisjoint(found.claims)):
            raise Contested
        try:
            if looked.error is not None:
                raise looked.error
            state = self._state(name)
            facts, claims = self._decide(submission, handler, state, found)
            answer = handler.answer(submission, facts, name)
        except Refusal as refusal:
            return Draft(waiting, refused(refusal), stream=name)
        except Contested:
            raise
        except Exception as error:
            logger.exception("%s could not be decided", submission.kind)
            raise Undecidable from error
        squad = name.removeprefix("squad-") if isinstance(state, SquadStream) else None
        changes = claims if squad is None else (*claims, *claims_of(facts, squad))
        if changes:
            changed = {(change.kind, change.key) for change in changes}
            if changed & known.changed:
                raise Contested
            known.changed |= changed | {(kind, key.partition(":")[0]) for kind, key in changed}
        first_n = state.version + 1
        state.apply(facts)
        n = state.version if facts else None
        reply = Done(squad=squad, n=n, body=answer)
        timers = _timers(submission, state, facts, name)
        return Draft(waiting, reply, facts, name, first_n, changes, timers)

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
            raise Contested
        if other.player is None or other.player.is_erased:
            raise Refusal(RefusalCode.TARGET_UNAVAILABLE, "They can't be reached any more.")


def _timers(
    submission: Submission, state: AnyStream, facts: Sequence[Fact], stream: str
) -> Sequence[Timer]:
    if isinstance(state, PlayerStream):
        return ()
    body = submission.body
    rung = body.key if isinstance(body, RingTimerBody) else None
    return timers_of(state.room, facts, rung, stream)


def batch_of(drafts: Sequence[Draft]) -> Batch:
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


def _is_kept(draft: Draft) -> bool:
    """Whether the same command gets this answer again. "Sign in again" is no answer (protocol).

    Nor is it one when the system has asked and nothing was due: it may ask again with that id.
    """
    if isinstance(draft.reply, Done):
        return bool(draft.facts) or draft.waiting.submission.is_by_player
    is_final = draft.reply.code is not RefusalCode.UNAUTHENTICATED
    return is_final and handler_of(draft.waiting.submission).keeps_refusals


def _answer(draft: Draft, last: int | None) -> Answer:
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
