"""INV-D1 to D3: random commands at random times against a second, independent table of rules §3.

The reference below knows no code of ``domain.dares``: states are words, and time is arithmetic.
"""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.dares.commands import (
    AcceptDare,
    BailDare,
    CorrectDare,
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
from domain.room import RingTimer, Room, RoomCommand, as_of, decide, evolve
from domain.scoring import Outcome
from domain.squads.commands import ArchiveSquad, BanMember, JoinSquad, KickMember, LeaveSquad
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    EVE,
    FRIENDS,
    INVITE,
    NOW,
    OWN_TERMS,
    dare_id,
    invited,
    room_of,
    sealed,
)

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

TABLE = {
    ("OFFERED", "accept"): "ACCEPTED",
    ("OFFERED", "decline"): "DECLINED",
    ("OFFERED", "withdraw"): "WITHDRAWN",
    ("OFFERED", "withdraw for safety"): "WITHDRAWN",
    ("OFFERED", "time"): "EXPIRED",
    ("OFFERED", "is out"): "WITHDRAWN",
    ("ACCEPTED", "start"): "IN_PROGRESS",
    ("ACCEPTED", "bail"): "BAILED",
    ("ACCEPTED", "report"): "REPORTED",
    ("ACCEPTED", "withdraw for safety"): "WITHDRAWN",
    ("ACCEPTED", "time"): "EXPIRED",
    ("ACCEPTED", "is out"): "WITHDRAWN",
    ("IN_PROGRESS", "bail"): "BAILED",
    ("IN_PROGRESS", "report"): "REPORTED",
    ("IN_PROGRESS", "two hours"): "ACCEPTED",
    ("IN_PROGRESS", "time"): "EXPIRED",
    ("IN_PROGRESS", "is out"): "WITHDRAWN",
    ("REPORTED", "correct"): "REPORTED",
    ("REPORTED", "time"): "SETTLED",
}
"""The part of rules §3 that exists so far: no counter, witness, dispute or void.

"is out": one of the two left, was kicked or banned, or the squad was archived.
"""

FACTS = {
    "accept": "dare.accepted",
    "decline": "dare.declined",
    "withdraw": "dare.withdrawn",
    "withdraw for safety": "dare.withdrawn",
    "start": "dare.started",
    "bail": "dare.bailed",
    "report": "dare.reported",
    "correct": "dare.corrected",
    "correct to the same": "dare.corrected",
}
OUT = {"leave": "member.left", "kick": "member.kicked", "ban": "member.banned"}
END = frozenset(f"dare.{end}" for end in ("declined", "bailed", "expired", "withdrawn", "settled"))
WAITS = (
    0,
    1,
    SECOND,
    10 * MINUTE - 1,
    10 * MINUTE,
    14 * MINUTE,
    HOUR,
    2 * HOUR - 1,
    2 * HOUR,
    12 * HOUR,
    24 * HOUR,
    80 * HOUR,
)


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
    reported_at: Millis | None = None
    outcome: str | None = None
    was_corrected: bool = False

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

    def answer(self, what: str, by: PlayerId, now: Millis) -> str | RefusalCode:
        """The state that comes of it, or the code of the refusal; ``by`` is a member."""
        if not self.was_accepted and by not in (self.issuer, self.target):
            return RefusalCode.NOT_FOUND
        if by != (self.issuer if what.startswith("withdraw") else self.target):
            return RefusalCode.FORBIDDEN
        if what.startswith("correct"):
            return self.answer_to_correction(what, now)
        after = TABLE.get((self.state, what))
        if after is not None:
            return after
        if what == "withdraw" and self.state == "ACCEPTED":
            return RefusalCode.BAD_INPUT
        # How it came to nothing is the target's to know (INV-D6).
        late = self.state == "EXPIRED" and by == self.target
        return RefusalCode.DEADLINE_PASSED if late else RefusalCode.WRONG_STATE

    def answer_to_correction(self, what: str, now: Millis) -> str | RefusalCode:
        """Once, within ten minutes of the report, and to another outcome."""
        if self.reported_at is None:
            return RefusalCode.WRONG_STATE
        if now >= self.reported_at + 10 * MINUTE:
            return RefusalCode.DEADLINE_PASSED
        if self.was_corrected:
            return RefusalCode.WRONG_STATE
        if what == "correct to the same":
            return RefusalCode.BAD_INPUT
        return TABLE[self.state, what]

    def become(self, state: str, now: Millis) -> None:
        """Take the step."""
        if self.state == state == "REPORTED":
            self.outcome, self.was_corrected = "REJECTED", True
            return
        self.state = state
        if state == "ACCEPTED":
            self.was_accepted = True
            self.attempt_ends = now + 72 * HOUR + 12 * HOUR
        if state == "IN_PROGRESS":
            self.lapses_at = now + 2 * HOUR
        if state == "REPORTED":
            self.settles_at, self.reported_at = now + 12 * HOUR, now
            self.outcome = "MIXED"


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
        case "correct":
            return CorrectDare(at=at, by=by, dare=dare, outcome=Outcome.REJECTED)
        case "correct to the same":
            return CorrectDare(at=at, by=by, dare=dare, outcome=Outcome.MIXED)
        case "withdraw":
            return WithdrawDare(at=at, by=by, dare=dare)
        case _:
            return WithdrawDare(at=at, by=by, dare=dare, reason=WithdrawReason.SAFETY)


class DareTable(RuleBasedStateMachine):
    """INV-D2: every reachable path is in the table, with timers rung now, later or never."""

    def __init__(self) -> None:
        super().__init__()
        self.room: Room = room_of([*FRIENDS, invited(expires_at=NOW + 9_999 * HOUR, max_uses=20)])
        self.inside = {ANA, BEN, CLEO}
        self.banned: set[PlayerId] = set()
        self.is_archived = False
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
        if issuer not in self.inside:
            return RefusalCode.FORBIDDEN
        if self.is_archived:
            return RefusalCode.WRONG_STATE
        if target not in self.inside:
            return RefusalCode.TARGET_UNAVAILABLE
        for reference in self.dares.values():
            reference.pass_time(self.now)
        waiting = ("OFFERED", "ACCEPTED", "IN_PROGRESS")
        open_ones = [d for d in self.dares.values() if d.target == target and d.state in waiting]
        of_pair = sum(d.issuer == issuer for d in open_ones)
        return RefusalCode.QUOTA if of_pair >= 3 or len(open_ones) >= 10 else None

    @rule(
        what=st.sampled_from([*FACTS, "accept", "start", "report", "correct"]),
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
        expected = reference.answer(what, by, self.now)
        if by not in self.inside:
            expected = RefusalCode.FORBIDDEN
        elif self.is_archived:
            expected = RefusalCode.WRONG_STATE
        names = [FACTS[what]]

        answer = self.do(command_of(what, dare, by, self.now))
        if isinstance(expected, RefusalCode):
            assert answer == expected
        else:
            assert answer == names
            reference.become(expected, self.now)

    @rule(who=st.sampled_from([BEN, CLEO]), how=st.sampled_from([*OUT]))
    def go_out(self, who: PlayerId, how: str) -> None:
        """Somebody leaves, or is put out by Ana, who owns the squad."""
        if who not in self.inside or (self.is_archived and how != "leave"):
            return
        command: dict[str, RoomCommand] = {
            "leave": LeaveSquad(at=self.now, by=who),
            "kick": KickMember(at=self.now, by=ANA, player=who),
            "ban": BanMember(at=self.now, by=ANA, player=who),
        }
        ended = self.end(who)

        assert self.do(command[how]) == [*ended * ["dare.withdrawn"], OUT[how]]
        self.inside.remove(who)
        if how == "ban":
            self.banned.add(who)

    @rule(who=st.sampled_from([BEN, CLEO]))
    def come_back(self, who: PlayerId) -> None:
        """By the code that everybody knows, unless they are banned."""
        expected: list[str] | RefusalCode = ["member.joined"]
        if who in self.inside:
            expected = []
        elif who in self.banned:
            expected = RefusalCode.BANNED
        elif self.is_archived:
            expected = RefusalCode.INVITE_INVALID
        join = JoinSquad(at=self.now, by=who, invite=INVITE, handle=sealed(who), seat=0)

        assert self.do(join) == expected
        if expected == ["member.joined"]:
            self.inside.add(who)

    @rule(chance=st.integers(0, 9))
    def archive(self, chance: int) -> None:
        """Seldom: little comes after it."""
        if chance or self.is_archived:
            return
        ended = self.end(None)

        assert self.do(ArchiveSquad(at=self.now, by=ANA)) == [
            *ended * ["dare.withdrawn"],
            "squad.archived",
        ]
        self.is_archived = True

    def end(self, who: PlayerId | None) -> int:
        """What somebody's leave ends, or everybody's; how many they are."""
        ended = 0
        for reference in self.dares.values():
            reference.pass_time(self.now)
            is_theirs = who in (None, reference.issuer, reference.target)
            after = TABLE.get((reference.state, "is out"))
            if is_theirs and after is not None:
                reference.become(after, self.now)
                ended += 1
        return ended

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
        """INV-D2 and INV-D3, as a decision would see it now (INV-D7)."""
        seen = as_of(self.room, self.now)
        for dare, reference in self.dares.items():
            reference.pass_time(self.now)

            found = seen.dares.by_id[dare]
            outcome = None if found.answer is None else found.answer.outcome

            assert (found.state, outcome) == (reference.state, reference.outcome)

    @invariant()
    def no_dare_ends_twice(self) -> None:
        """INV-D1."""
        assert all(count == 1 for count in self.ends.values())

    def do(self, command: RoomCommand) -> list[str] | RefusalCode:
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
        if not isinstance(fact, AboutDare):
            return
        assert fact.dare not in self.ends, "a fact after the end"
        if name_of(type(fact)) in END:
            self.ends[fact.dare] = self.ends.get(fact.dare, 0) + 1


DareTable.TestCase.settings = settings(max_examples=70, stateful_step_count=50)
TestInvD2TheDareTable = DareTable.TestCase
