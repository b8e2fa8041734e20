"""INV-D2: random commands at random times against a second, independent table of rules §3.

The reference below knows no code of ``domain.dares``: states are words, and time is arithmetic.
"""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.dares.commands import (
    AcceptDare,
    BailDare,
    DareCommand,
    DeclineDare,
    IssueDare,
    ReportDare,
    StartDare,
    WithdrawDare,
)
from domain.dares.events import AboutDare, WithdrawReason
from domain.facts import name_of
from domain.ids import DareId, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import RingTimer, Room, as_of, decide, evolve
from domain.scoring import Outcome
from tests.examples import ANA, BEN, CLEO, EVE, FRIENDS, NOW, OWN_TERMS, dare_id, room_of

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

TABLE = {
    ("OFFERED", "accept"): "ACCEPTED",
    ("OFFERED", "decline"): "DECLINED",
    ("OFFERED", "withdraw"): "WITHDRAWN",
    ("OFFERED", "withdraw for safety"): "WITHDRAWN",
    ("OFFERED", "time"): "EXPIRED",
    ("ACCEPTED", "start"): "IN_PROGRESS",
    ("ACCEPTED", "bail"): "BAILED",
    ("ACCEPTED", "report"): "REPORTED",
    ("ACCEPTED", "withdraw for safety"): "WITHDRAWN",
    ("ACCEPTED", "time"): "EXPIRED",
    ("IN_PROGRESS", "bail"): "BAILED",
    ("IN_PROGRESS", "report"): "REPORTED",
    ("IN_PROGRESS", "two hours"): "ACCEPTED",
    ("IN_PROGRESS", "time"): "EXPIRED",
    ("REPORTED", "time"): "SETTLED",
}
"""The part of rules §3 that exists so far: no counter, correction, witness, dispute or void."""

FACTS = {
    "accept": "dare.accepted",
    "decline": "dare.declined",
    "withdraw": "dare.withdrawn",
    "withdraw for safety": "dare.withdrawn",
    "start": "dare.started",
    "bail": "dare.bailed",
    "report": "dare.reported",
}
END = frozenset(f"dare.{end}" for end in ("declined", "bailed", "expired", "withdrawn", "settled"))
WAITS = (0, 1, SECOND, 14 * MINUTE, HOUR, 2 * HOUR - 1, 2 * HOUR, 12 * HOUR, 24 * HOUR, 80 * HOUR)


@dataclass
class Reference:
    """What the rulebook says of one dare."""

    issuer: PlayerId
    target: PlayerId
    state: str
    answer_by: Millis
    was_accepted: bool = False
    attempt_ends: Millis = 0
    lapses_at: Millis = 0
    settles_at: Millis = 0

    def pass_time(self, now: Millis) -> None:
        """What time alone does by now; never twice."""
        is_going_in = self.state == "IN_PROGRESS" and self.lapses_at < self.attempt_ends
        if is_going_in and now >= self.lapses_at:
            self.state = TABLE["IN_PROGRESS", "two hours"]
        limits = {
            "OFFERED": self.answer_by,
            "ACCEPTED": self.attempt_ends,
            "IN_PROGRESS": self.attempt_ends,
            "REPORTED": self.settles_at,
        }
        if self.state in limits and now >= limits[self.state]:
            self.state = TABLE[self.state, "time"]

    def answer(self, what: str, by: PlayerId) -> str | RefusalCode:
        """The state that comes of it, or the code of the refusal; ``by`` is a member."""
        if not self.was_accepted and by not in (self.issuer, self.target):
            return RefusalCode.NOT_FOUND
        if by != (self.issuer if what.startswith("withdraw") else self.target):
            return RefusalCode.FORBIDDEN
        after = TABLE.get((self.state, what))
        if after is not None:
            return after
        if what == "withdraw" and self.state == "ACCEPTED":
            return RefusalCode.BAD_INPUT
        # How it came to nothing is the target's to know (INV-D6).
        late = self.state == "EXPIRED" and by == self.target
        return RefusalCode.DEADLINE_PASSED if late else RefusalCode.WRONG_STATE

    def become(self, state: str, now: Millis) -> None:
        """Take the step."""
        self.state = state
        if state == "ACCEPTED":
            self.was_accepted = True
            self.attempt_ends = now + 72 * HOUR + 12 * HOUR
        if state == "IN_PROGRESS":
            self.lapses_at = now + 2 * HOUR
        if state == "REPORTED":
            self.settles_at = now + 12 * HOUR


def command_of(what: str, dare: DareId, by: PlayerId, at: Millis) -> DareCommand:
    """The command that a word stands for."""
    match what:
        case "accept":
            return AcceptDare(at=at, by=by, dare=dare)
        case "decline":
            return DeclineDare(at=at, by=by, dare=dare)
        case "start":
            return StartDare(at=at, by=by, dare=dare)
        case "bail":
            return BailDare(at=at, by=by, dare=dare)
        case "report":
            return ReportDare(
                at=at, by=by, dare=dare, tz="UTC", day_start_hour=0, outcome=Outcome.MIXED
            )
        case "withdraw":
            return WithdrawDare(at=at, by=by, dare=dare)
        case _:
            return WithdrawDare(at=at, by=by, dare=dare, reason=WithdrawReason.SAFETY)


class DareTable(RuleBasedStateMachine):
    """INV-D2: every reachable path is in the table, with timers rung now, later or never."""

    def __init__(self) -> None:
        super().__init__()
        self.room: Room = room_of(FRIENDS)
        self.dares: dict[DareId, Reference] = {}
        self.ends: dict[DareId, int] = {}
        self.now: Millis = NOW

    @initialize(pairs=st.lists(st.sampled_from([(BEN, ANA), (ANA, ANA), (CLEO, BEN)]), max_size=3))
    def start_with(self, pairs: list[tuple[PlayerId, PlayerId]]) -> None:
        """Some dares are there from the beginning."""
        for issuer, target in pairs:
            self.issue(issuer=issuer, whom=target)

    @rule(issuer=st.sampled_from([ANA, BEN, CLEO]), whom=st.sampled_from([ANA, BEN, EVE]))
    def issue(self, issuer: PlayerId, whom: PlayerId) -> None:
        """Somebody dares somebody."""
        if sum(d.issuer == issuer for d in self.dares.values()) >= 20:
            return  # the daily limit has tests of its own
        dare = dare_id(len(self.dares) + 1)
        command = IssueDare(
            at=self.now,
            by=issuer,
            dare=dare,
            target=whom,
            terms=OWN_TERMS,
            text_length=9,
            ruleset=1,
        )
        names = ["dare.issued", "dare.accepted"] if issuer == whom else ["dare.issued"]
        refusal = self.refusal_of_issue(issuer, whom)

        assert self.do(command) == (names if refusal is None else refusal)
        if refusal is None:
            self.dares[dare] = Reference(issuer, whom, "OFFERED", self.now + 24 * HOUR)
        if refusal is None and issuer == whom:
            self.dares[dare].become("ACCEPTED", self.now)

    def refusal_of_issue(self, issuer: PlayerId, target: PlayerId) -> RefusalCode | None:
        """Why somebody may not be dared now."""
        if target == EVE:
            return RefusalCode.TARGET_UNAVAILABLE
        for reference in self.dares.values():
            reference.pass_time(self.now)
        waiting = ("OFFERED", "ACCEPTED", "IN_PROGRESS")
        open_ones = [d for d in self.dares.values() if d.target == target and d.state in waiting]
        of_pair = sum(d.issuer == issuer for d in open_ones)
        return RefusalCode.QUOTA if of_pair >= 3 or len(open_ones) >= 10 else None

    @rule(
        what=st.sampled_from([*FACTS, "accept", "start", "report"]),
        which=st.integers(0, 3),
        who=st.sampled_from(["issuer", "target", "target", "other"]),
    )
    def ask(self, what: str, which: int, who: str) -> None:
        """Somebody tries something about one of the latest dares."""
        if not self.dares:
            return
        dare, reference = list(self.dares.items())[-1 - which % len(self.dares)]
        by = {"issuer": reference.issuer, "target": reference.target}.get(who, CLEO)
        reference.pass_time(self.now)
        self.try_out(what, dare, by)

    @rule(which=st.integers(0, 3), step=st.integers(0, 4), ms=st.sampled_from([0, 1, MINUTE]))
    def go_on(self, which: int, step: int, ms: Millis) -> None:
        """Whoever may takes a step that is in the table."""
        self.now += ms
        for reference in self.dares.values():
            reference.pass_time(self.now)
        open_ones = {d: r for d, r in self.dares.items() if (r.state, "time") in TABLE}
        if not open_ones:
            return
        dare, reference = list(open_ones.items())[-1 - which % len(open_ones)]
        steps = [what for state, what in TABLE if state == reference.state and what in FACTS]
        if steps:
            what = steps[step % len(steps)]
            is_issuers = what.startswith("withdraw")
            self.try_out(what, dare, reference.issuer if is_issuers else reference.target)

    def try_out(self, what: str, dare: DareId, by: PlayerId) -> None:
        """The room and the reference answer alike."""
        reference = self.dares[dare]
        expected = reference.answer(what, by)
        names = [FACTS[what]]

        answer = self.do(command_of(what, dare, by, self.now))
        if isinstance(expected, RefusalCode):
            assert answer == expected
        else:
            assert answer == names
            reference.become(expected, self.now)

    @rule(ms=st.sampled_from(WAITS))
    def wait(self, ms: Millis) -> None:
        """Time passes, and no timer rings."""
        self.now += ms

    @rule(which=st.integers(0, 5))
    def ring(self, which: int) -> None:
        """A timer rings: due or not, late or again."""
        if self.dares:
            dare = list(self.dares)[-1 - which % len(self.dares)]
            for fact in decide(self.room, RingTimer(at=self.now, dare=dare)):
                self.count(fact)
                evolve(self.room, fact)

    @invariant()
    def every_state_is_the_references(self) -> None:
        """INV-D2, as a decision would see it now (INV-D7)."""
        seen = as_of(self.room, self.now)
        for dare, reference in self.dares.items():
            reference.pass_time(self.now)

            assert seen.dares.by_id[dare].state == reference.state

    @invariant()
    def no_dare_ends_twice(self) -> None:
        """INV-D1."""
        assert all(count == 1 for count in self.ends.values())

    def do(self, command: DareCommand) -> list[str] | RefusalCode:
        """Decide and take in; the names of the facts, or the code."""
        try:
            facts = decide(self.room, command)
        except Refusal as refusal:
            return refusal.code
        for fact in facts:
            self.count(fact)
            evolve(self.room, fact)
        return [name_of(type(fact)) for fact in facts]

    def count(self, fact: object) -> None:
        """Remember the ends, and that nothing follows them."""
        assert isinstance(fact, AboutDare)
        assert fact.dare not in self.ends, "a fact after the end"
        if name_of(type(fact)) in END:
            self.ends[fact.dare] = self.ends.get(fact.dare, 0) + 1


DareTable.TestCase.settings = settings(max_examples=100, stateful_step_count=50)
TestInvD2TheDareTable = DareTable.TestCase
