"""Example values and the given / when / then of the domain tests.

Ana, Ben, Cleo and Dan share a squad; Ana owns it and hosts its battles. Sealed text is a
stand-in: opaque bytes.
"""

import re
from collections.abc import Iterable

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain.battles.events import (
    BattleCancelled,
    BattleCountdownStarted,
    BattleFact,
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
from domain.dares.commands import IssueDare, ReportDare
from domain.dares.events import (
    AboutDare,
    DareAccepted,
    DareBailed,
    DareCorrected,
    DareDeclined,
    DareExpired,
    DareFact,
    DareIssued,
    DareReported,
    DareSettled,
    DareStarted,
    DareStartLapsed,
    DareWithdrawn,
    WithdrawReason,
)
from domain.dares.terms import Category, DareKind, Terms
from domain.facts import Fact, Recorded
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    BattleId,
    CardId,
    CommandId,
    DareId,
    Fingerprint,
    InviteKey,
    Millis,
    PlayerId,
    SquadId,
)
from domain.personal import Sealed
from domain.players import decide as player_rules
from domain.players.commands import PlayerCommand, RegisterPlayer
from domain.players.events import PlayerErased, PlayerFact, PlayerRegistered, TimezoneChanged
from domain.players.state import Player
from domain.players.state import evolve as evolve_player
from domain.refusals import Refusal, RefusalCode
from domain.room import Room, RoomCommand, RoomFact, decide, evolve
from domain.scoring import Outcome
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
from domain.weeks import DayId, WeekId, calendar_of, day_of

MONDAY: Millis = 1_795_392_000_000
"""2026-11-23T00:00Z, a Monday."""
NOW: Millis = MONDAY + 12 * HOUR_MS
THIS_WEEK = WeekId("2026-W48")
TODAY = DayId("2026-11-23")


def id_of(letter: str, number: int = 0) -> str:
    """A text in the form of an id: 26 characters."""
    return f"01{letter * 12}{number:012d}"


ANA, BEN, CLEO, DAN, EVE = (PlayerId(id_of(letter)) for letter in "ABCDE")
PEOPLE = (ANA, BEN, CLEO, DAN, EVE)
SQUAD, OTHER_SQUAD = SquadId(id_of("S")), SquadId(id_of("T"))
DARE, OTHER_DARE = DareId(id_of("X", 1)), DareId(id_of("X", 2))
BATTLE, OTHER_BATTLE = BattleId(id_of("Y", 1)), BattleId(id_of("Y", 2))
INVITE, OTHER_INVITE = InviteKey("invite-key-1"), InviteKey("invite-key-2")
CARD = CardId("coffee-discount")


def dare_id(number: int) -> DareId:
    """One of many dares."""
    return DareId(id_of("X", number))


def sealed(text: str) -> Sealed:
    """What personal text looks like in here."""
    return Sealed(b"sealed:" + text.encode())


# Terms

CARD_TERMS = Terms(
    kind=DareKind.ASK,
    difficulty=2,
    categories=(Category.MONEY,),
    fingerprint=Fingerprint(f"card:{CARD}"),
    card=CARD,
)
WORDS = "ask the baker very kindly for yesterday's bread"
OWN_TERMS = Terms(
    kind=DareKind.ASK,
    difficulty=3,
    categories=(),
    fingerprint=Fingerprint("words:bread"),
    text=sealed(WORDS),
)


# Players


def registered(
    player: PlayerId = ANA, *, at: Millis = MONDAY, tz: str = "UTC", day_start_hour: int = 0
) -> PlayerRegistered:
    """Somebody is in the game."""
    return PlayerRegistered(
        at=at,
        by=player,
        player=player,
        handle=sealed(player),
        tz=tz,
        attested_age=18,
        day_start_hour=day_start_hour,
    )


def moved(player: PlayerId = ANA, *, tz: str, at: Millis = NOW) -> TimezoneChanged:
    """Somebody lives by another zone."""
    return TimezoneChanged(at=at, by=player, player=player, tz=tz)


def erased(player: PlayerId = ANA, *, at: Millis = NOW) -> PlayerErased:
    """Somebody is gone."""
    return PlayerErased(at=at, by=player, player=player)


REGISTER_ANA = RegisterPlayer(
    at=NOW, player=ANA, handle=sealed("Ana"), handle_length=3, tz="Europe/Berlin", is_adult=True
)


# Squads


def squad_created(
    by: PlayerId = ANA,
    *,
    at: Millis = MONDAY,
    squad: SquadId = SQUAD,
    tz: str = "UTC",
    size: int = 20,
) -> SquadCreated:
    """A squad exists, with nobody in it yet."""
    return SquadCreated(at=at, by=by, squad=squad, name=sealed("Bakers"), tz=tz, size=size)


def joined(
    player: PlayerId,
    *,
    at: Millis = MONDAY,
    role: Role = Role.MEMBER,
    seat: int = 0,
    invite: InviteKey | None = None,
    invited_by: PlayerId | None = None,
) -> MemberJoined:
    """Somebody belongs to the squad."""
    return MemberJoined(
        at=at,
        by=player,
        player=player,
        handle=sealed(player),
        role=role,
        seat=seat,
        invite=invite,
        invited_by=invited_by,
    )


def left(player: PlayerId, *, at: Millis = NOW, seat: int = 0) -> MemberLeft:
    """Somebody is out."""
    return MemberLeft(at=at, by=player, player=player, seat=seat)


def kicked(
    player: PlayerId, *, by: PlayerId = ANA, at: Millis = NOW, seat: int = 0
) -> MemberKicked:
    """Somebody was put out."""
    return MemberKicked(at=at, by=by, player=player, seat=seat)


def banned(
    player: PlayerId, *, by: PlayerId = ANA, at: Millis = NOW, seat: int | None = 0
) -> MemberBanned:
    """Somebody was put out for good."""
    return MemberBanned(at=at, by=by, player=player, seat=seat)


def unbanned(player: PlayerId, *, by: PlayerId = ANA, at: Millis = NOW) -> MemberUnbanned:
    """Somebody may try again."""
    return MemberUnbanned(at=at, by=by, player=player)


def forgotten(player: PlayerId, *, at: Millis = NOW) -> MemberForgotten:
    """Somebody who was here once was erased."""
    return MemberForgotten(at=at, by=None, player=player)


def given_role(
    player: PlayerId, role: Role, *, by: PlayerId = ANA, at: Millis = NOW
) -> RoleChanged:
    """Somebody is a captain, or one no more."""
    return RoleChanged(at=at, by=by, player=player, role=role)


def renamed(name: str, *, by: PlayerId = ANA, at: Millis = NOW) -> SquadRenamed:
    """The squad has another name."""
    return SquadRenamed(at=at, by=by, name=sealed(name))


def changed(
    *,
    by: PlayerId = ANA,
    at: Millis = NOW,
    size: int | None = None,
    join_policy: JoinPolicy | None = None,
    tz: str | None = None,
    tz_from: WeekId | None = None,
) -> SquadSettingsChanged:
    """The owner has changed something."""
    return SquadSettingsChanged(
        at=at, by=by, size=size, join_policy=join_policy, tz=tz, tz_from=tz_from
    )


def revoked(invite: InviteKey = INVITE, *, by: PlayerId = ANA, at: Millis = NOW) -> InviteRevoked:
    """A way in is closed."""
    return InviteRevoked(at=at, by=by, invite=invite)


def asked(player: PlayerId, *, at: Millis = NOW) -> JoinRequested:
    """Somebody asks to be let in."""
    return JoinRequested(at=at, by=player, player=player, handle=sealed(player))


def asked_no_more(player: PlayerId, *, at: Millis = NOW) -> JoinCancelled:
    """Somebody does not ask any more."""
    return JoinCancelled(at=at, by=player, player=player)


def not_let_in(player: PlayerId, *, by: PlayerId = ANA, at: Millis = NOW) -> JoinDeclined:
    """Somebody was not let in."""
    return JoinDeclined(at=at, by=by, player=player)


def week_closed(week: WeekId = THIS_WEEK, *, at: Millis = MONDAY + 10 * DAY_MS) -> WeekClosed:
    """A week's board is final."""
    return WeekClosed(at=at, by=None, week=week)


def passed(previous: PlayerId, player: PlayerId, *, at: Millis = NOW) -> OwnershipPassed:
    """The squad has a new owner."""
    return OwnershipPassed(at=at, by=previous, player=player, previous=previous)


def archived(by: PlayerId = ANA, *, at: Millis = NOW) -> SquadArchived:
    """The squad has ended."""
    return SquadArchived(at=at, by=by)


def invited(
    by: PlayerId = ANA,
    *,
    at: Millis = MONDAY,
    invite: InviteKey = INVITE,
    expires_at: Millis = MONDAY + 7 * DAY_MS,
    max_uses: int = 10,
) -> InviteIssued:
    """There is a way in."""
    return InviteIssued(
        at=at, by=by, invite=invite, code=sealed(invite), expires_at=expires_at, max_uses=max_uses
    )


def squad_of(*players: PlayerId, size: int = 20, tz: str = "UTC") -> tuple[RoomFact, ...]:
    """A squad that these people are in, in this order; the first one owns it."""
    owner, *others = players
    return (
        squad_created(owner, size=size, tz=tz),
        joined(owner, role=Role.OWNER),
        *(joined(player, at=MONDAY + number) for number, player in enumerate(others, 1)),
    )


FRIENDS = squad_of(ANA, BEN, CLEO, DAN)


# Dares


def issued(
    dare: DareId = DARE,
    *,
    by: PlayerId = BEN,
    target: PlayerId = ANA,
    at: Millis = NOW,
    terms: Terms = OWN_TERMS,
    ruleset: int = 1,
    battle: BattleId | None = None,
) -> DareIssued:
    """An offer, with the rulebook's times to answer and to attempt."""
    return DareIssued(
        at=at,
        by=by,
        dare=dare,
        issuer=by,
        target=target,
        was_accepted=False,
        kind=terms.kind,
        difficulty=terms.difficulty,
        categories=terms.categories,
        fingerprint=terms.fingerprint,
        card=terms.card,
        text=terms.text,
        ruleset=ruleset,
        answer_by=at + DAY_MS,
        attempt_within_ms=3 * DAY_MS,
        policy_version=1,
        battle=battle,
    )


def accepted(
    offer: DareIssued,
    *,
    at: Millis = NOW,
    difficulty: int | None = None,
    text: Sealed | None = None,
) -> DareAccepted:
    """The target has said yes to the offer, perhaps with a word less."""
    return DareAccepted(
        at=at,
        by=offer.target,
        dare=offer.dare,
        issuer=offer.issuer,
        target=offer.target,
        was_accepted=True,
        kind=offer.kind,
        difficulty=offer.difficulty if difficulty is None else difficulty,
        categories=offer.categories,
        fingerprint=offer.fingerprint,
        card=offer.card,
        text=offer.text if text is None else text,
        ruleset=offer.ruleset,
        attempt_by=at + offer.attempt_within_ms,
        battle=offer.battle,
    )


def declined(offer: DareIssued, *, at: Millis = NOW) -> DareDeclined:
    """Not today."""
    return DareDeclined(
        at=at,
        by=offer.target,
        dare=offer.dare,
        issuer=offer.issuer,
        target=offer.target,
        was_accepted=False,
    )


def started(before: DareAccepted, *, at: Millis = NOW, doubled: bool = False) -> DareStarted:
    """The target is going in."""
    return DareStarted(
        at=at,
        by=before.target,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=True,
        lapses_at=at + 2 * HOUR_MS,
        doubled=doubled,
    )


def lapsed(before: AboutDare, *, at: Millis) -> DareStartLapsed:
    """Nothing came of going in."""
    return DareStartLapsed(
        at=at,
        by=None,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=True,
    )


def bailed(before: AboutDare, *, at: Millis = NOW) -> DareBailed:
    """The target has stepped back."""
    return DareBailed(
        at=at,
        by=before.target,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=True,
    )


def expired(before: AboutDare, *, at: Millis) -> DareExpired:
    """Time ran out."""
    return DareExpired(
        at=at,
        by=None,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=before.was_accepted,
    )


def withdrawn(
    before: AboutDare,
    *,
    by: PlayerId | None = None,
    at: Millis = NOW,
    reason: WithdrawReason | None = None,
) -> DareWithdrawn:
    """The dare was taken back, by its issuer unless somebody else is named."""
    return DareWithdrawn(
        at=at,
        by=before.issuer if by is None else by,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=before.was_accepted,
        reason=reason,
    )


def reported(
    before: DareAccepted,
    outcome: Outcome = Outcome.REJECTED,
    *,
    at: Millis = NOW,
    tz: str = "UTC",
    battle: BattleId | None = None,
    doubled: bool = False,
) -> DareReported:
    """The world has answered; the squad and the reporter live in one zone."""
    return DareReported(
        at=at,
        by=before.target,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=True,
        kind=before.kind,
        difficulty=before.difficulty,
        categories=before.categories,
        fingerprint=before.fingerprint,
        card=before.card,
        text=before.text,
        ruleset=before.ruleset,
        outcome=outcome,
        arrived_at=at,
        week=calendar_of(tz).week_of(at),
        xp_day=day_of(at, tz, 0),
        local_day=day_of(at, tz, 0),
        tz=tz,
        settles_at=at + 12 * HOUR_MS,
        battle=battle,
        doubled=doubled,
    )


def corrected(
    report: DareReported, outcome: Outcome = Outcome.GRANTED, *, at: Millis = NOW
) -> DareCorrected:
    """It was otherwise."""
    return DareCorrected(
        at=at,
        by=report.target,
        dare=report.dare,
        issuer=report.issuer,
        target=report.target,
        was_accepted=True,
        outcome=outcome,
    )


def cheered(
    before: AboutDare, *, by: PlayerId = CLEO, emoji: Emoji = Emoji.CLAP, at: Millis = NOW
) -> CheerGiven:
    """A friend claps."""
    return CheerGiven(at=at, by=by, dare=before.dare, target=before.target, emoji=emoji)


def settled(before: AboutDare, *, at: Millis) -> DareSettled:
    """The report stands."""
    return DareSettled(
        at=at,
        by=None,
        dare=before.dare,
        issuer=before.issuer,
        target=before.target,
        was_accepted=True,
    )


def self_dare(
    number: int, by: PlayerId, *, at: Millis = NOW, terms: Terms = OWN_TERMS, ruleset: int = 1
) -> tuple[DareIssued, DareAccepted]:
    """Somebody dares themselves, and is bound by it at once."""
    offer = issued(dare_id(number), by=by, target=by, at=at, terms=terms, ruleset=ruleset)
    return offer, accepted(offer, at=at)


OFFER = issued()
"""Ben dares Ana, now, in his own words."""
AGREED = accepted(OFFER)
GOING_IN = started(AGREED)
REPORT = reported(AGREED)
NO_THANKS = declined(OFFER)
ALL_DARE_FACTS: tuple[DareFact, ...] = (
    OFFER,
    AGREED,
    NO_THANKS,
    GOING_IN,
    lapsed(AGREED, at=NOW),
    bailed(AGREED),
    expired(OFFER, at=NOW),
    withdrawn(OFFER),
    REPORT,
    corrected(REPORT),
    settled(AGREED, at=NOW),
)
"""One of every kind."""


# Battles, of ruleset 1


def battle_opened(
    by: PlayerId = ANA,
    *,
    battle: BattleId = BATTLE,
    at: Millis = NOW,
    mode: BattleMode = BattleMode.NO_RACE,
    duration_ms: Millis = HOUR_MS,
    heat: bool = True,
    double_down: bool = True,
    cards: tuple[CardId, ...] = (),
) -> BattleOpened:
    """A lobby, with nobody in it yet."""
    return BattleOpened(
        at=at,
        by=by,
        battle=battle,
        host=by,
        mode=mode,
        duration_ms=duration_ms,
        heat=heat,
        double_down=double_down,
        ruleset=1,
        cards=cards,
    )


def battle_joined(player: PlayerId, *, battle: BattleId = BATTLE, at: Millis = NOW) -> BattleJoined:
    """Somebody takes part."""
    return BattleJoined(at=at, by=player, battle=battle, player=player)


def battle_left(
    player: PlayerId, *, by: PlayerId | None = None, battle: BattleId = BATTLE, at: Millis = NOW
) -> BattleLeft:
    """Somebody takes part no longer, of their own will unless somebody else is named."""
    return BattleLeft(at=at, by=player if by is None else by, battle=battle, player=player)


def countdown_started(*, battle: BattleId = BATTLE, at: Millis = NOW) -> BattleCountdownStarted:
    """Ana has started it."""
    return BattleCountdownStarted(at=at, by=ANA, battle=battle, starts_at=at + 5 * SECOND_MS)


def went_live(
    *, battle: BattleId = BATTLE, at: Millis = NOW, duration_ms: Millis = HOUR_MS
) -> BattleWentLive:
    """It is on."""
    return BattleWentLive(at=at, by=None, battle=battle, ends_at=at + duration_ms)


def grace_started(*, battle: BattleId = BATTLE, at: Millis = NOW) -> BattleGraceStarted:
    """Time is up."""
    return BattleGraceStarted(at=at, by=None, battle=battle, until=at + MINUTE_MS)


def battle_finished(*, battle: BattleId = BATTLE, at: Millis = NOW) -> BattleFinished:
    """The score stands, in a squad that lives by UTC."""
    return BattleFinished(
        at=at,
        by=None,
        battle=battle,
        week=calendar_of("UTC").week_of(at),
        day=day_of(at, "UTC", 0),
    )


def battle_cancelled(
    reason: CancelReason = CancelReason.BY_HOST,
    *,
    by: PlayerId | None = ANA,
    battle: BattleId = BATTLE,
    at: Millis = NOW,
) -> BattleCancelled:
    """It came to nothing."""
    return BattleCancelled(at=at, by=by, battle=battle, reason=reason)


ALL_BATTLE_FACTS: tuple[BattleFact, ...] = (
    battle_opened(),
    battle_joined(ANA),
    battle_left(BEN),
    countdown_started(),
    went_live(),
    grace_started(),
    battle_finished(),
    battle_cancelled(),
)
"""One of every kind."""
ALL_SQUAD_FACTS: tuple[RoomFact, ...] = (
    squad_created(),
    archived(),
    joined(BEN, invite=INVITE, invited_by=ANA),
    left(BEN),
    kicked(BEN),
    banned(BEN),
    unbanned(BEN),
    forgotten(BEN),
    given_role(BEN, Role.CAPTAIN),
    passed(ANA, BEN),
    renamed("Millers"),
    changed(size=9, join_policy=JoinPolicy.APPROVAL),
    invited(),
    revoked(),
    asked(EVE),
    asked_no_more(EVE),
    not_let_in(EVE),
    week_closed(),
)
"""One of every kind."""


def issue(
    dare: DareId = DARE,
    *,
    by: PlayerId = BEN,
    target: PlayerId = ANA,
    at: Millis = NOW,
    terms: Terms = OWN_TERMS,
) -> IssueDare:
    """The command that leads to ``issued`` with the same arguments."""
    return IssueDare(
        at=at,
        by=by,
        dare=dare,
        target=target,
        terms=terms,
        text_length=None if terms.text is None else len(WORDS),
        ruleset=1,
    )


def report(
    outcome: Outcome | None = Outcome.REJECTED,
    *,
    by: PlayerId = ANA,
    dare: DareId = DARE,
    at: Millis = NOW,
) -> ReportDare:
    """The command that leads to ``reported`` with the same arguments."""
    return ReportDare(at=at, by=by, dare=dare, tz="UTC", day_start_hour=0, outcome=outcome)


# Given, when, then

SENTENCE = re.compile(r"(?=.*[a-z])[A-Z].*[.?]")


def is_sentence(text: str) -> bool:
    """Whether a text begins and ends as a sentence that is said, not shouted."""
    return SENTENCE.fullmatch(text) is not None


class When(Struct, frozen=True):
    """A squad's stream, and what is asked of it."""

    room: Room
    command: RoomCommand

    def then(self, *facts: RoomFact) -> None:
        """These facts and no others come of it."""
        assert facts == decide(self.room, self.command)

    def refused(self, code: RefusalCode, *, field: str | None = None) -> Refusal:
        """It is refused in words, with this code and field, and nothing has changed (INV-C2)."""
        before = self.room.copy()
        with pytest.raises(Refusal, match=re.escape(f"{code}: ")) as refusal:
            decide(self.room, self.command)

        assert (code, field) == (refusal.value.code, refusal.value.field)
        assert is_sentence(refusal.value.message)
        assert before == self.room
        return refusal.value


class Given(Struct, frozen=True):
    """What has happened in a squad."""

    room: Room

    def when(self, command: RoomCommand) -> When:
        """Ask for something."""
        return When(self.room, command)


def given(*facts: RoomFact) -> Given:
    """A squad in which this has happened."""
    return Given(room_of(facts))


def room_of(facts: Iterable[RoomFact]) -> Room:
    """The fold of a squad's facts."""
    room = Room()
    for fact in facts:
        evolve(room, fact)
    return room


class WhenPlayer(Struct, frozen=True):
    """A player's stream, and what is asked of it."""

    player: Player | None
    command: PlayerCommand

    def then(self, *facts: PlayerFact) -> None:
        """These facts and no others come of it."""
        assert facts == player_rules.decide(self.player, self.command)

    def refused(self, code: RefusalCode, *, field: str | None = None) -> Refusal:
        """It is refused in words, with this code and field."""
        with pytest.raises(Refusal) as refusal:
            player_rules.decide(self.player, self.command)

        assert (code, field) == (refusal.value.code, refusal.value.field)
        assert is_sentence(refusal.value.message)
        return refusal.value


class GivenPlayer(Struct, frozen=True):
    """What has happened to a player."""

    player: Player | None

    def when(self, command: PlayerCommand) -> WhenPlayer:
        """Ask for something."""
        return WhenPlayer(self.player, command)


def given_player(*facts: PlayerFact) -> GivenPlayer:
    """A player to whom this has happened."""
    player = None
    for fact in facts:
        player = evolve_player(player, fact)
    return GivenPlayer(player)


def log_of(
    *facts: Fact, squad: SquadId = SQUAD, seq: int = 0, n: int = 0
) -> tuple[Recorded[Fact], ...]:
    """Facts of one squad as the log gives them, after the places ``seq`` and ``n``."""
    return tuple(
        Recorded(
            seq=seq + place,
            stream=f"squad-{squad}",
            n=n + place,
            fact=fact,
            command=None if fact.by is None else CommandId(id_of("C", seq + place)),
        )
        for place, fact in enumerate(facts, 1)
    )


def with_at(fact: RoomFact, at: Millis) -> RoomFact:
    """The same fact at another instant."""
    return replace(fact, at=at)
