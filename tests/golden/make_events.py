"""Makes the samples of stored events that are missing: ``python -m tests.golden.make_events``.

Run it after a new kind or version of a fact; a sample that is there already is never touched.
"""

from pathlib import Path
from typing import Any

import msgspec

from domain.battles.events import (
    BattleCancelled,
    BattleCountdownStarted,
    BattleFinished,
    BattleGraceStarted,
    BattleJoined,
    BattleLeft,
    BattleMode,
    BattleOpened,
    BattleWentLive,
    CancelReason,
)
from domain.cheers import CheerGiven, Emoji
from domain.dares.events import (
    DareAccepted,
    DareBailed,
    DareCorrected,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareReported,
    DareSettled,
    DareStarted,
    DareStartLapsed,
    DareWithdrawn,
    WithdrawReason,
)
from domain.dares.terms import Category, DareKind
from domain.facts import Fact
from domain.ids import BattleId, CardId, DareId, Fingerprint, InviteKey, PlayerId, SquadId
from domain.personal import Sealed
from domain.players.events import PlayerErased, PlayerRegistered, TimezoneChanged
from domain.scoring import Counts, Outcome
from domain.squads.events import (
    InviteIssued,
    InviteRevoked,
    JoinCancelled,
    JoinDeclined,
    JoinPolicy,
    JoinRequested,
    MemberBanned,
    MemberForgotten,
    MemberJoined,
    MemberKicked,
    MemberLeft,
    MemberUnbanned,
    OwnershipPassed,
    Role,
    RoleChanged,
    SquadArchived,
    SquadCreated,
    SquadRenamed,
    SquadSettingsChanged,
    WeekClosed,
)
from domain.weeks import DayId, WeekId
from server.eventlog.mapper import to_stored

SAMPLES = Path(__file__).parent / "events"

MAYA, SAM = PlayerId("01KAQ0MAYA0000000000000000"), PlayerId("01KAQ0SAM00000000000000000")
SQUAD, DARE = SquadId("01KAQ0SQVAD000000000000000"), DareId("01KAQ0DARE0000000000000000")
BATTLE = BattleId("01KAQ0BATT0000000000000000")
AT = 1_795_435_200_000
SEALED = Sealed(b"\x01" + MAYA.encode() + bytes(range(40)))

_ABOUT: dict[str, Any] = {
    "at": AT,
    "by": SAM,
    "dare": DARE,
    "issuer": MAYA,
    "target": SAM,
    "was_accepted": True,
}
_TERMS: dict[str, Any] = {
    "kind": DareKind.ASK,
    "difficulty": 3,
    "categories": (Category.MONEY, Category.FOOD_DRINK),
    "fingerprint": Fingerprint("card:coffee-discount"),
    "ruleset": 1,
}

# Every field is there with a value of its own, so that none can change unseen.
FACTS: tuple[Fact, ...] = (
    PlayerRegistered(
        at=AT,
        by=MAYA,
        player=MAYA,
        handle=SEALED,
        tz="Europe/Berlin",
        locale="de",
        attested_age=18,
        day_start_hour=4,
    ),
    SquadCreated(
        at=AT,
        by=MAYA,
        squad=SQUAD,
        name=SEALED,
        tz="Europe/Berlin",
        size=20,
        join_policy=JoinPolicy.APPROVAL,
    ),
    TimezoneChanged(at=AT, by=MAYA, player=MAYA, tz="Asia/Tokyo"),
    PlayerErased(at=AT, by=MAYA, player=MAYA),
    SquadRenamed(at=AT, by=MAYA, name=SEALED),
    SquadSettingsChanged(
        at=AT,
        by=MAYA,
        size=30,
        join_policy=JoinPolicy.APPROVAL,
        tz="Asia/Tokyo",
        tz_from=WeekId("2026-W49"),
    ),
    SquadArchived(at=AT, by=MAYA),
    MemberJoined(
        at=AT,
        by=SAM,
        player=SAM,
        handle=SEALED,
        role=Role.CAPTAIN,
        seat=7,
        invite=InviteKey("00112233445566778899aabbccddeeff"),
        invited_by=MAYA,
    ),
    MemberLeft(at=AT, by=SAM, player=SAM, seat=7),
    MemberKicked(at=AT, by=MAYA, player=SAM, seat=7),
    MemberBanned(at=AT, by=MAYA, player=SAM, seat=7),
    MemberUnbanned(at=AT, by=MAYA, player=SAM),
    MemberForgotten(at=AT, by=None, player=SAM),
    RoleChanged(at=AT, by=MAYA, player=SAM, role=Role.CAPTAIN),
    OwnershipPassed(at=AT, by=MAYA, player=SAM, previous=MAYA),
    InviteIssued(
        at=AT,
        by=MAYA,
        invite=InviteKey("00112233445566778899aabbccddeeff"),
        code=SEALED,
        expires_at=AT + 3_600_000,
        max_uses=5,
    ),
    InviteRevoked(at=AT, by=MAYA, invite=InviteKey("00112233445566778899aabbccddeeff")),
    JoinRequested(at=AT, by=SAM, player=SAM, handle=SEALED),
    JoinCancelled(at=AT, by=SAM, player=SAM),
    JoinDeclined(at=AT, by=MAYA, player=SAM),
    WeekClosed(at=AT, by=None, week=WeekId("2026-W48")),
    DareIssued(
        **_ABOUT,
        **_TERMS,
        card=CardId("coffee-discount"),
        answer_by=AT + 1,
        attempt_within_ms=2,
        policy_version=1,
        rules_hit=("warn.workplace",),
        repeat_of=DareId("01KAQ0DARE0000000000000001"),
        call="01KAQ0CALL0000000000000000",
    ),
    DareAccepted(**_ABOUT, **_TERMS, text=SEALED, attempt_by=AT + 3),
    DareDeclined(**_ABOUT),
    DareStarted(**_ABOUT, lapses_at=AT + 4),
    DareStartLapsed(**{**_ABOUT, "by": None}),
    DareBailed(**_ABOUT),
    DareExpired(**{**_ABOUT, "by": None, "was_accepted": False}),
    DareWithdrawn(**{**_ABOUT, "by": MAYA}, reason=WithdrawReason.SAFETY),
    DareReported(
        **_ABOUT,
        **_TERMS,
        card=CardId("coffee-discount"),
        outcome=Outcome.REJECTED,
        arrived_at=AT,
        week=WeekId("2026-W48"),
        xp_day=DayId("2026-11-23"),
        local_day=DayId("2026-11-22"),
        tz="Europe/Berlin",
        settles_at=AT + 5,
        counts=Counts(asked=5, no=3, yes=1, ignored=1),
        line=SEALED,
        claimed_at=AT - 6,
    ),
    DareCorrected(**_ABOUT, outcome=Outcome.MIXED, counts=Counts(asked=5, no=2, yes=2, ignored=1)),
    CheerGiven(at=AT, by=MAYA, dare=DARE, target=SAM, emoji=Emoji.FIRE),
    DareSettled(**{**_ABOUT, "by": None}),
    BattleOpened(
        at=AT,
        by=MAYA,
        battle=BATTLE,
        host=MAYA,
        mode=BattleMode.DUEL,
        duration_ms=600_000,
        heat=True,
        double_down=True,
        ruleset=1,
        cards=(CardId("borrow-a-pen"), CardId("sock-check"), CardId("air-five")),
    ),
    BattleJoined(at=AT, by=SAM, battle=BATTLE, player=SAM),
    BattleLeft(at=AT, by=MAYA, battle=BATTLE, player=SAM),
    BattleCountdownStarted(at=AT, by=MAYA, battle=BATTLE, starts_at=AT + 5_000),
    BattleWentLive(at=AT, by=None, battle=BATTLE, ends_at=AT + 600_000),
    BattleGraceStarted(at=AT, by=None, battle=BATTLE, until=AT + 60_000),
    BattleFinished(at=AT, by=None, battle=BATTLE, week=WeekId("2026-W48"), day=DayId("2026-11-23")),
    BattleCancelled(at=AT, by=MAYA, battle=BATTLE, reason=CancelReason.BY_HOST),
)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event: its topic, its bytes in hex, and what they mean."""

    topic: str
    state: str
    fact: dict[str, object]


def path_of(topic: str) -> Path:
    """Where the sample of a topic is."""
    return SAMPLES / f"{topic}.json"


def make() -> list[str]:
    """Write the samples that are missing, and name them."""
    made = []
    for fact in FACTS:
        topic, state = to_stored(fact)
        path = path_of(topic)
        if path.exists():
            continue
        sample = Sample(
            topic=topic,
            state=state.hex(),
            fact=msgspec.json.decode(msgspec.json.encode(fact), type=dict[str, object]),
        )
        encoded = msgspec.json.format(msgspec.json.encode(sample), indent=2)
        path.write_bytes(encoded + b"\n")
        made.append(topic)
    return made


if __name__ == "__main__":
    for topic in make():
        print(topic)
