"""What group commit writes when people dare each other: whole batches of ``dare.issue``, for ever.

The log's contestants write these: an event, the answer that is kept, the offer's two claims, and
its timer. Everything in them is as long as it is in a game.
"""

from collections.abc import Iterator, Sequence
from itertools import count, islice

from domain.dares.decide import ANSWER_MS, ATTEMPT_MS, POLICY_VERSION
from domain.dares.events import DareIssued
from domain.deck import DECK
from domain.ids import DareId, Fingerprint, Millis, PlayerId
from domain.room import CLOSING_DELAY_MS
from server.clock import Clock, draw_bytes
from server.commands.consequences import claims_of
from server.commands.streams import squad_stream
from server.commands.submission import encode_body
from server.eventlog.log import HASH_BYTES, Answer, Batch, Claim, Event, Release, Timer
from server.eventlog.mapper import to_stored

SQUADS = 1_000
MEMBERS = 10


def offers(size: int) -> Iterator[Batch]:
    """Batches of ``size`` commands; the squads take turns."""
    clock = Clock()
    squads = [clock.new_id() for _ in range(SQUADS)]
    players = [PlayerId(clock.new_id()) for _ in range(SQUADS * MEMBERS)]
    numbers = count()
    while True:
        events: list[Event] = []
        answers: list[Answer] = []
        claims: list[Claim | Release] = []
        timers: list[Timer] = []
        for place, number in enumerate(islice(numbers, size)):
            turn, squad = number // SQUADS, number % SQUADS
            members = players[squad * MEMBERS : (squad + 1) * MEMBERS]
            fact = _issued(members, turn, DareId(clock.new_id()), clock.now())
            stream, command = squad_stream(squads[squad]), clock.new_id()
            topic, state = to_stored(fact)
            events.append(Event(stream, turn + 1, topic, state, actor=fact.issuer, command=command))
            answers.append(
                Answer(
                    actor=fact.issuer,
                    command=command,
                    digest=draw_bytes(HASH_BYTES),
                    body=encode_body({"dare": fact.dare}),
                    is_refusal=False,
                    at=fact.at,
                    squad=squads[squad],
                    n=turn + 1,
                    last=place,
                )
            )
            claims += claims_of([fact], squads[squad])
            timers.append(Timer(stream, f"dare:{fact.dare}", fact.answer_by + CLOSING_DELAY_MS))
        yield Batch(events=events, answers=answers, claims=claims, timers=timers)


def _issued(members: Sequence[PlayerId], turn: int, dare: DareId, at: Millis) -> DareIssued:
    issuer, target = members[turn % MEMBERS], members[(turn + 1) % MEMBERS]
    card = DECK[turn % len(DECK)]
    return DareIssued(
        at=at,
        by=issuer,
        dare=dare,
        issuer=issuer,
        target=target,
        was_accepted=False,
        kind=card.kind,
        difficulty=card.difficulty,
        categories=card.categories,
        fingerprint=Fingerprint(f"card:{card.card}"),
        ruleset=1,
        card=card.card,
        answer_by=at + ANSWER_MS,
        attempt_within_ms=ATTEMPT_MS,
        policy_version=POLICY_VERSION,
    )
