"""The table of a battle (rules §8): who may do what and when, and every refusal."""

import pytest
from msgspec.structs import replace

from domain.battles.commands import (
    BattleCommand,
    CancelBattle,
    JoinBattle,
    LeaveBattle,
    OpenBattle,
    StartBattle,
)
from domain.battles.events import BattleFact, BattleMode, CancelReason
from domain.battles.points import MOST_CARDS, CountedReport
from domain.battles.state import Battle, BattleState
from domain.dares.commands import BailDare, CorrectDare, IssueDare, ReportDare, StartDare
from domain.dares.events import DareIssued, DareReported, WithdrawReason
from domain.dares.terms import Terms
from domain.ids import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    BattleId,
    CardId,
    DareId,
    Fingerprint,
    Millis,
    PlayerId,
)
from domain.refusals import Refusal, RefusalCode
from domain.room import (
    CLOSING_DELAY_MS,
    BattleAlarm,
    RingBattle,
    Room,
    RoomCommand,
    RoomFact,
    as_of,
    battle_alarms,
    battles_in,
    decide,
    evolve,
    weeks_in,
)
from domain.scoring import Outcome
from domain.squads.commands import (
    ArchiveSquad,
    BanMember,
    CloseWeek,
    ForgetMember,
    KickMember,
    LeaveSquad,
)
from domain.weeks import DayId, WeekId
from tests.examples import (
    ANA,
    BATTLE,
    BEN,
    CARD_TERMS,
    CLEO,
    DAN,
    DARE,
    EVE,
    FRIENDS,
    NOW,
    OTHER_BATTLE,
    OTHER_DARE,
    OWN_TERMS,
    THIS_WEEK,
    Given,
    accepted,
    archived,
    bailed,
    banned,
    battle_cancelled,
    battle_finished,
    battle_joined,
    battle_left,
    battle_opened,
    changed,
    corrected,
    countdown_started,
    dare_id,
    forgotten,
    given,
    grace_started,
    issue,
    issued,
    kicked,
    left,
    passed,
    report,
    reported,
    room_of,
    self_dare,
    squad_of,
    started,
    week_closed,
    went_live,
    withdrawn,
)

STARTS = NOW + 5 * SECOND_MS
ENDS = STARTS + HOUR_MS
GRACE_ENDS = ENDS + MINUTE_MS
DELAY = CLOSING_DELAY_MS
LOBBY_ENDS = NOW + DAY_MS
LATE_JOIN_ENDS = ENDS - 20 * MINUTE_MS
"""From then on nobody joins any more: the last third or the last 20 minutes, the less of them."""

BEFORE: tuple[RoomFact, ...] = FRIENDS
LOBBY: tuple[RoomFact, ...] = (*BEFORE, battle_opened(), battle_joined(ANA), battle_joined(BEN))
COUNTDOWN: tuple[RoomFact, ...] = (*LOBBY, countdown_started())
LIVE: tuple[RoomFact, ...] = (*COUNTDOWN, went_live(at=STARTS))
GRACE: tuple[RoomFact, ...] = (*LIVE, grace_started(at=ENDS))
FINISHED: tuple[RoomFact, ...] = (*GRACE, battle_finished(at=GRACE_ENDS))
CANCELLED: tuple[RoomFact, ...] = (*LOBBY, battle_cancelled())
"""Ana's battle of an hour with Ben, in each of its states; Cleo and Dan watch."""
STATES = {
    "LOBBY": (LOBBY, NOW),
    "COUNTDOWN": (COUNTDOWN, NOW),
    "LIVE": (LIVE, STARTS),
    "GRACE": (GRACE, ENDS),
    "FINISHED": (FINISHED, GRACE_ENDS),
    "CANCELLED": (CANCELLED, NOW),
}

OPEN = OpenBattle(
    at=NOW,
    by=ANA,
    battle=BATTLE,
    mode=BattleMode.NO_RACE,
    duration_ms=HOUR_MS,
    heat=True,
    double_down=True,
    ruleset=1,
)
DECK = (CardId("borrow-a-pen"), CardId("sock-check"), CardId("air-five"))


def terms_of(card: CardId) -> Terms:
    """What taking a card asks."""
    return replace(CARD_TERMS, card=card, fingerprint=Fingerprint(f"card:{card}"))


def take(
    dare: DareId = DARE,
    *,
    by: PlayerId = BEN,
    at: Millis = STARTS,
    card: CardId = DECK[0],
    battle: BattleId = BATTLE,
) -> IssueDare:
    """The command that takes a card in a battle."""
    return replace(issue(dare, by=by, target=by, at=at, terms=terms_of(card)), battle=battle)


def taken(
    dare: DareId = DARE, *, by: PlayerId = BEN, at: Millis = STARTS, card: CardId = DECK[0]
) -> tuple[DareIssued, RoomFact]:
    """What comes of it."""
    offer = issued(dare, by=by, target=by, at=at, terms=terms_of(card), battle=BATTLE)
    return offer, accepted(offer, at=at)


def going_in(
    dare: DareId = DARE, *, by: PlayerId = BEN, at: Millis = STARTS, doubled: bool = False
) -> tuple[RoomFact, ...]:
    """Somebody has taken a card and goes in at once."""
    offer = issued(dare, by=by, target=by, at=at, terms=terms_of(DECK[0]), battle=BATTLE)
    agreed = accepted(offer, at=at)
    return offer, agreed, started(agreed, at=at, doubled=doubled)


def reported_at(
    at: Millis,
    dare: DareId = DARE,
    outcome: Outcome = Outcome.REJECTED,
    *,
    by: PlayerId = BEN,
    battle: BattleId | None = BATTLE,
) -> DareReported:
    """The report on a card."""
    offer = issued(dare, by=by, target=by, terms=terms_of(DECK[0]), battle=BATTLE)
    return reported(accepted(offer), outcome, at=at, battle=battle)


def full_card(
    number: int, at: Millis, outcome: Outcome = Outcome.REJECTED, *, by: PlayerId = BEN
) -> tuple[RoomFact, ...]:
    """A card taken and reported at once."""
    dare = dare_id(number)
    return (*taken(dare, by=by, at=at), reported_at(at, dare, outcome, by=by))


def battle_of(room: Room, battle: BattleId = BATTLE) -> Battle:
    """The battle as it stands."""
    return room.battles.by_id[battle]


def points_of(room: Room, battle: BattleId = BATTLE) -> dict[PlayerId, int]:
    """The table, as a decision would see it."""
    return {p.score.player: p.score.points for p in battle_of(room, battle).places()}


def counts_in(room: Room, command: ReportDare) -> BattleId | None:
    """The battle in which a report counts."""
    (fact,) = decide(room, command)
    assert isinstance(fact, DareReported)
    return fact.battle


# Open


def test_whoever_opens_a_battle_hosts_it_and_takes_part() -> None:
    given(*BEFORE).when(OPEN).then(battle_opened(), battle_joined(ANA))


def test_any_member_may_open_one() -> None:
    given(*BEFORE).when(replace(OPEN, by=DAN)).then(battle_opened(DAN), battle_joined(DAN))


def test_a_stranger_opens_none() -> None:
    given(*BEFORE).when(replace(OPEN, by=EVE)).refused(RefusalCode.FORBIDDEN)


def test_an_archived_squad_holds_no_battle() -> None:
    given(*BEFORE, archived()).when(OPEN).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN", "LIVE", "GRACE"])
def test_a_squad_has_one_battle_at_a_time(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(OPEN, at=at, battle=OTHER_BATTLE)).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize("state", ["FINISHED", "CANCELLED"])
def test_after_a_battle_there_can_be_another(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(OPEN, at=at, battle=OTHER_BATTLE)).then(
        battle_opened(battle=OTHER_BATTLE, at=at), battle_joined(ANA, battle=OTHER_BATTLE, at=at)
    )


def test_a_battles_id_is_used_once() -> None:
    given(*FINISHED).when(replace(OPEN, at=GRACE_ENDS)).refused(RefusalCode.WRONG_STATE)


@pytest.mark.parametrize("ms", [10 * MINUTE_MS, 7 * DAY_MS])
def test_a_battle_lasts_from_ten_minutes_to_seven_days(ms: Millis) -> None:
    given(*BEFORE).when(replace(OPEN, duration_ms=ms)).then(
        battle_opened(duration_ms=ms), battle_joined(ANA)
    )


@pytest.mark.parametrize("ms", [0, 10 * MINUTE_MS - 1, 7 * DAY_MS + 1])
def test_another_length_is_refused(ms: Millis) -> None:
    given(*BEFORE).when(replace(OPEN, duration_ms=ms)).refused(
        RefusalCode.BAD_INPUT, field="minutes"
    )


def test_in_ruleset_0_a_battle_lasts_from_20_seconds() -> None:
    command = replace(OPEN, ruleset=0, duration_ms=20 * SECOND_MS)

    assert len(decide(room_of(BEFORE), command)) == 2
    given(*BEFORE).when(replace(command, duration_ms=20 * SECOND_MS - 1)).refused(
        RefusalCode.BAD_INPUT, field="minutes"
    )


TEN_CARDS = tuple(CardId(f"card-{number}") for number in range(10))


@pytest.mark.parametrize(
    ("mode", "number"),
    [
        (BattleMode.NO_RACE, 0),
        (BattleMode.SAME_DECK, 1),
        (BattleMode.SAME_DECK, 10),
        (BattleMode.DUEL, 3),
    ],
)
def test_the_cards_drawn_are_kept(mode: BattleMode, number: int) -> None:
    cards = TEN_CARDS[:number]
    given(*BEFORE).when(replace(OPEN, mode=mode, cards=cards)).then(
        battle_opened(mode=mode, cards=cards), battle_joined(ANA)
    )


@pytest.mark.parametrize(
    ("mode", "number"),
    [
        (BattleMode.NO_RACE, 1),
        (BattleMode.SAME_DECK, 0),
        (BattleMode.SAME_DECK, 11),
        (BattleMode.DUEL, 2),
        (BattleMode.DUEL, 4),
    ],
)
def test_another_number_of_cards_is_refused(mode: BattleMode, number: int) -> None:
    cards = (*TEN_CARDS, CardId("card-10"))[:number]
    given(*BEFORE).when(replace(OPEN, mode=mode, cards=cards)).refused(
        RefusalCode.BAD_INPUT, field="cards"
    )


# Who may do what, in which state

JOIN = JoinBattle(at=NOW, by=CLEO, battle=BATTLE)
LEAVE = LeaveBattle(at=NOW, by=BEN, battle=BATTLE)
START = StartBattle(at=NOW, by=ANA, battle=BATTLE)
CANCEL = CancelBattle(at=NOW, by=ANA, battle=BATTLE)
COMMANDS: dict[str, BattleCommand] = {
    "join": JOIN,
    "leave": LEAVE,
    "start": START,
    "cancel": CANCEL,
}
CLOSED, WRONG, FORBIDDEN = (
    RefusalCode.BATTLE_CLOSED,
    RefusalCode.WRONG_STATE,
    RefusalCode.FORBIDDEN,
)
TABLE: dict[str, tuple[RefusalCode | None, ...]] = {
    # in the states  LOBBY, COUNTDOWN, LIVE, GRACE, FINISHED, CANCELLED
    "join by Cleo": (None, None, None, CLOSED, CLOSED, CLOSED),
    "join by Ana": (None, None, None, None, None, None),
    "join by Eve": (FORBIDDEN,) * 6,
    "leave by Ben": (None, None, None, None, CLOSED, CLOSED),
    "leave by Cleo": (WRONG, WRONG, WRONG, WRONG, CLOSED, CLOSED),
    "leave by Eve": (FORBIDDEN,) * 6,
    "start by Ana": (None, WRONG, WRONG, WRONG, CLOSED, CLOSED),
    "start by Ben": (FORBIDDEN,) * 6,
    "start by Eve": (FORBIDDEN,) * 6,
    "cancel by Ana": (None, None, WRONG, WRONG, CLOSED, CLOSED),
    "cancel by Ben": (FORBIDDEN,) * 6,
    "cancel by Eve": (FORBIDDEN,) * 6,
}
"""The code of the refusal; None where it is allowed."""
PEOPLE = {"Ana": ANA, "Ben": BEN, "Cleo": CLEO, "Eve": EVE}
CELLS = [
    (row, state, code)
    for row, codes in TABLE.items()
    for state, code in zip(STATES, codes, strict=True)
]


@pytest.mark.parametrize(
    ("row", "state", "code"), CELLS, ids=[f"{row} in {state}" for row, state, _ in CELLS]
)
def test_the_table_says_who_may_do_what(row: str, state: str, code: RefusalCode | None) -> None:
    facts, at = STATES[state]
    what, who = row.split(" by ")
    when = given(*facts).when(replace(COMMANDS[what], at=at, by=PEOPLE[who]))
    if code is not None:
        when.refused(code)
    elif row == "join by Ana":
        when.then()
    else:
        assert len(decide(room_of(facts), when.command)) == 1


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_there_is_no_battle_but_those_opened(command: BattleCommand) -> None:
    given(*BEFORE).when(command).refused(RefusalCode.NOT_FOUND, field="battle")


# Join


def test_a_member_joins_the_lobby() -> None:
    given(*LOBBY).when(JOIN).then(battle_joined(CLEO))


def test_whoever_left_the_lobby_may_join_again() -> None:
    facts = (*LOBBY, battle_left(BEN))
    given(*facts).when(replace(JOIN, by=BEN)).then(battle_joined(BEN))


def test_a_late_comer_joins_with_the_score_of_nobody() -> None:
    given(*LIVE).when(replace(JOIN, at=STARTS)).then(battle_joined(CLEO, at=STARTS))
    room = room_of([*LIVE, battle_joined(CLEO, at=STARTS)])

    assert points_of(room) == {ANA: 0, BEN: 0, CLEO: 0}


LATEST = [
    (10 * MINUTE_MS, 10 * MINUTE_MS // 3),
    (HOUR_MS - 1, 20 * MINUTE_MS - 1),
    (HOUR_MS, 20 * MINUTE_MS),
    (7 * DAY_MS, 20 * MINUTE_MS),
]


@pytest.mark.parametrize(("duration_ms", "left_ms"), LATEST)
def test_joining_late_needs_more_than_a_third_of_the_time_or_20_minutes(
    duration_ms: Millis, left_ms: Millis
) -> None:
    live = (
        *(*BEFORE, battle_opened(duration_ms=duration_ms), battle_joined(ANA), battle_joined(BEN)),
        *(countdown_started(), went_live(at=STARTS, duration_ms=duration_ms)),
    )
    last = STARTS + duration_ms - left_ms - 1

    given(*live).when(replace(JOIN, at=last)).then(battle_joined(CLEO, at=last))
    given(*live).when(replace(JOIN, at=last + 1)).refused(RefusalCode.BATTLE_CLOSED)


def test_whoever_left_a_live_battle_comes_back_to_their_score() -> None:
    room = room_of([*LIVE, *full_card(1, STARTS), battle_left(BEN, at=STARTS)])
    facts = decide(room, replace(JOIN, by=BEN, at=STARTS))
    for fact in facts:
        evolve(room, fact)

    assert points_of(room) == {ANA: 0, BEN: 3}
    assert battle_of(room).participants == (ANA, BEN)


DUEL: tuple[RoomFact, ...] = (
    *BEFORE,
    battle_opened(mode=BattleMode.DUEL, cards=DECK),
    battle_joined(ANA),
)
LIVE_DUEL: tuple[RoomFact, ...] = (
    *(*DUEL, battle_joined(BEN), countdown_started(), went_live(at=STARTS)),
)


def test_a_duel_is_for_two() -> None:
    given(*DUEL).when(JOIN).then(battle_joined(CLEO))
    given(*DUEL, battle_joined(BEN)).when(JOIN).refused(RefusalCode.BATTLE_CLOSED)


def test_who_leaves_the_lobby_of_a_duel_makes_room_for_another() -> None:
    given(*DUEL, battle_joined(BEN), battle_left(BEN)).when(JOIN).then(battle_joined(CLEO))


def test_a_duel_that_is_live_has_its_two_also_when_one_has_left() -> None:
    facts = (*LIVE_DUEL, battle_left(BEN, at=STARTS))
    given(*facts).when(replace(JOIN, at=STARTS)).refused(RefusalCode.BATTLE_CLOSED)
    given(*facts).when(replace(JOIN, by=BEN, at=STARTS)).then(battle_joined(BEN, at=STARTS))


# Leave


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN", "LIVE", "GRACE"])
def test_a_participant_leaves(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(LEAVE, at=at)).then(battle_left(BEN, at=at))


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN"])
def test_a_host_who_leaves_before_it_is_live_calls_it_off(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(LEAVE, at=at, by=ANA)).then(battle_cancelled(at=at))


@pytest.mark.parametrize("state", ["LIVE", "GRACE"])
def test_a_host_who_leaves_later_is_one_participant_less(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(LEAVE, at=at, by=ANA)).then(battle_left(ANA, at=at))


def test_whoever_left_before_it_was_live_is_not_in_the_table() -> None:
    room = room_of([*LOBBY, battle_joined(CLEO), battle_left(BEN)])

    assert points_of(room) == {ANA: 0, CLEO: 0}


def test_whoever_left_a_live_battle_keeps_the_score() -> None:
    room = room_of([*LIVE, *full_card(1, STARTS), battle_left(BEN, at=STARTS)])

    assert points_of(room) == {ANA: 0, BEN: 3}
    assert battle_of(room).participants == (ANA,)


def test_the_open_card_of_whoever_left_may_still_be_reported() -> None:
    room = room_of([*LIVE, *taken(), battle_left(BEN, at=STARTS)])

    assert counts_in(room, report(by=BEN, at=STARTS)) == BATTLE


# Start and cancel


def test_the_host_starts_the_countdown() -> None:
    given(*LOBBY).when(START).then(countdown_started())


def test_it_takes_two() -> None:
    given(*BEFORE, battle_opened(), battle_joined(ANA)).when(START).refused(RefusalCode.WRONG_STATE)
    given(*LOBBY, battle_left(BEN)).when(START).refused(RefusalCode.WRONG_STATE)


def test_in_ruleset_0_the_countdown_lasts_a_second() -> None:
    room = room_of(
        [*BEFORE, replace(battle_opened(), ruleset=0), battle_joined(ANA), battle_joined(BEN)]
    )

    assert decide(room, START) == (replace(countdown_started(), starts_at=NOW + SECOND_MS),)


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN"])
def test_the_host_calls_it_off_before_it_is_live(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(replace(CANCEL, at=at)).then(battle_cancelled(at=at))


# Time


def ring(at: Millis, battle: BattleId = BATTLE) -> RingBattle:
    """The timer of a battle."""
    return RingBattle(at=at, battle=battle)


@pytest.mark.parametrize(
    ("facts", "deadline", "fact"),
    [
        (
            LOBBY,
            LOBBY_ENDS + DELAY,
            battle_cancelled(CancelReason.NOT_STARTED, by=None, at=LOBBY_ENDS + DELAY),
        ),
        (COUNTDOWN, STARTS, went_live(at=STARTS)),
        (
            (*COUNTDOWN, battle_left(BEN)),
            STARTS,
            battle_cancelled(CancelReason.TOO_FEW, by=None, at=STARTS),
        ),
        (LIVE, ENDS, grace_started(at=ENDS)),
        (GRACE, GRACE_ENDS + DELAY, replace(battle_finished(at=GRACE_ENDS), at=GRACE_ENDS + DELAY)),
    ],
    ids=["lobby", "countdown", "countdown of one", "live", "grace"],
)
def test_time_alone_takes_it_on_at_the_very_ms_or_closes_it_a_little_later(
    facts: tuple[RoomFact, ...], deadline: Millis, fact: BattleFact
) -> None:
    given(*facts).when(ring(deadline - 1)).then()
    given(*facts).when(ring(deadline)).then(fact)


@pytest.mark.parametrize("late_ms", [0, DELAY - 1])
def test_inv_d7_a_ring_that_comes_late_closes_nothing_before_its_delay_is_over(
    late_ms: Millis,
) -> None:
    """What arrived in grace is still on its way: whichever timer has rung, it counts."""
    at = GRACE_ENDS + late_ms
    given(*LIVE).when(ring(at)).then(replace(grace_started(at=ENDS), at=at))
    given(*GRACE).when(ring(at)).then()


def test_a_timer_that_rings_late_tells_all_that_it_missed() -> None:
    at = GRACE_ENDS + DAY_MS
    finished = replace(battle_finished(at=GRACE_ENDS), at=at)
    given(*COUNTDOWN).when(ring(at)).then(
        replace(went_live(at=STARTS), at=at), replace(grace_started(at=ENDS), at=at), finished
    )


@pytest.mark.parametrize("state", ["FINISHED", "CANCELLED"])
def test_time_does_nothing_to_a_battle_that_is_over(state: str) -> None:
    given(*STATES[state][0]).when(ring(NOW + 90 * DAY_MS)).then()


def test_a_timer_of_no_battle_does_nothing() -> None:
    given(*BEFORE).when(ring(NOW)).then()


@pytest.mark.parametrize(
    ("state", "rings_at"),
    [
        ("LOBBY", LOBBY_ENDS + 5 * SECOND_MS),
        ("COUNTDOWN", STARTS),
        ("LIVE", ENDS),
        ("GRACE", GRACE_ENDS + 5 * SECOND_MS),
        ("FINISHED", None),
        ("CANCELLED", None),
    ],
)
def test_what_begins_is_rung_on_time_and_what_closes_a_little_later(
    state: str, rings_at: Millis | None
) -> None:
    room = room_of(STATES[state][0])

    assert battle_alarms(room, [BATTLE, BATTLE]) == (BattleAlarm(BATTLE, rings_at),)


def test_of_no_battle_nothing_rings() -> None:
    assert battle_alarms(room_of(BEFORE), [BATTLE]) == (BattleAlarm(BATTLE, None),)


def test_the_battles_that_some_facts_are_about_are_named_once() -> None:
    assert battles_in([*LIVE, battle_joined(ANA, battle=OTHER_BATTLE)]) == (BATTLE, OTHER_BATTLE)


def test_a_battle_that_is_finished_gives_its_week_a_board() -> None:
    """Its XP counts there, also when nothing was reported."""
    facts = decide(room_of(GRACE), ring(GRACE_ENDS + DELAY))

    assert weeks_in(room_of(FINISHED), facts) == (THIS_WEEK,)
    assert list(room_of(FINISHED).squad.open_weeks) == [THIS_WEEK]


def test_inv_d7_the_week_and_the_day_of_the_end_are_those_of_the_deadline() -> None:
    """However late it rings, and wherever the squad has moved since."""
    ends_at = NOW + 12 * HOUR_MS
    grace = (
        *(*squad_of(ANA, BEN, tz="Europe/Berlin"), battle_opened(duration_ms=DAY_MS)),
        *(battle_joined(ANA), battle_joined(BEN)),
        replace(countdown_started(), starts_at=ends_at - DAY_MS - MINUTE_MS),
        *(went_live(at=NOW), grace_started(at=NOW)),
        changed(tz="Pacific/Honolulu", tz_from=WeekId("2026-W49"), at=ends_at),
    )
    at = NOW + 30 * DAY_MS

    given(*grace).when(ring(at)).then(
        replace(battle_finished(), at=at, week=THIS_WEEK, day=DayId("2026-11-24"))
    )


# Cards


def test_a_participant_takes_a_card_of_their_choice() -> None:
    given(*LIVE).when(take()).then(*taken())


@pytest.mark.parametrize("battle_safe", [True, False])
def test_only_a_card_that_is_safe_for_battles_is_taken(battle_safe: bool) -> None:
    card = CardId("air-five") if battle_safe else CardId("recipe-from-the-kitchen")
    when = given(*LIVE).when(take(card=card))
    if battle_safe:
        when.then(*taken(card=card))
    else:
        when.refused(RefusalCode.BATTLE_NOT_SAFE_CARD, field="card")


@pytest.mark.parametrize(
    "terms",
    [OWN_TERMS, terms_of(CardId("no-such-card"))],
    ids=["own words", "a card that there is not"],
)
def test_nothing_but_a_card_of_the_deck_is_taken(terms: Terms) -> None:
    given(*LIVE).when(replace(take(), terms=terms)).refused(
        RefusalCode.BATTLE_NOT_SAFE_CARD, field="card"
    )


def test_in_a_battle_one_dares_oneself() -> None:
    given(*LIVE).when(replace(take(), target=ANA)).refused(RefusalCode.BAD_INPUT, field="target")


def test_a_stranger_takes_no_card() -> None:
    given(*LIVE).when(take(by=EVE)).refused(RefusalCode.FORBIDDEN)


def test_whoever_takes_no_part_takes_no_card() -> None:
    given(*LIVE).when(take(by=CLEO)).refused(RefusalCode.FORBIDDEN)


def test_no_card_is_taken_in_a_battle_that_there_is_not() -> None:
    given(*LIVE).when(take(battle=OTHER_BATTLE)).refused(RefusalCode.NOT_FOUND, field="battle")


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN", "GRACE", "FINISHED", "CANCELLED"])
def test_a_card_is_taken_while_it_is_live_alone(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(take(at=at)).refused(RefusalCode.BATTLE_CLOSED)


def test_inv_d7_cards_are_there_from_the_very_ms_to_the_very_ms_whatever_has_rung() -> None:
    given(*COUNTDOWN).when(take(at=STARTS - 1)).refused(RefusalCode.BATTLE_CLOSED)
    given(*COUNTDOWN).when(take(at=STARTS)).then(*taken())
    given(*COUNTDOWN).when(take(at=ENDS - 1)).then(*taken(at=ENDS - 1))
    given(*COUNTDOWN).when(take(at=ENDS)).refused(RefusalCode.BATTLE_CLOSED)


def test_one_card_is_open_at_a_time() -> None:
    given(*LIVE, *taken()).when(take(OTHER_DARE)).refused(RefusalCode.WRONG_STATE)
    given(*LIVE, *going_in()).when(take(OTHER_DARE)).refused(RefusalCode.WRONG_STATE)


def test_everybody_has_an_open_card_of_their_own() -> None:
    given(*LIVE, *taken()).when(take(OTHER_DARE, by=ANA)).then(*taken(OTHER_DARE, by=ANA))


def test_an_open_dare_outside_the_battle_is_in_nobodys_way() -> None:
    given(*LIVE, *self_dare(9, BEN)).when(take()).then(*taken())


@pytest.mark.parametrize("end", ["report", "bail"])
def test_after_a_card_comes_another(end: str) -> None:
    offer, agreed = taken()
    ended = reported_at(STARTS) if end == "report" else bailed(offer, at=STARTS)
    given(*LIVE, offer, agreed, ended).when(take(OTHER_DARE)).then(*taken(OTHER_DARE))


def test_a_card_is_beside_the_limits_of_other_dares() -> None:
    """Neither do they forbid it, nor does it use them up."""
    own = [fact for number in range(10, 13) for fact in self_dare(number, BEN)]
    given(*LIVE, *own).when(take()).then(*taken())

    limited = replace(take(), issued_elsewhere=(NOW,) * 20, open_elsewhere=(ANA,) * 10)
    given(*LIVE).when(limited).then(*taken())

    cards = [fact for number in range(20, 40) for fact in full_card(number, STARTS)]
    free = issue(by=BEN, target=BEN, at=STARTS)
    offer = issued(by=BEN, target=BEN, at=STARTS)
    given(*LIVE, *own[:4], *cards, *taken(OTHER_DARE)).when(free).then(
        offer, accepted(offer, at=STARTS)
    )


def same_deck(*facts: RoomFact) -> Given:
    """A live battle over three cards."""
    return given(
        *(*BEFORE, battle_opened(mode=BattleMode.SAME_DECK, cards=DECK)),
        *(battle_joined(ANA), battle_joined(BEN)),
        *(countdown_started(), went_live(at=STARTS)),
        *facts,
    )


def had(number: int, *, by: PlayerId = BEN, ends: str = "bail") -> tuple[RoomFact, ...]:
    """The first cards, taken and given up or reported."""
    facts: list[RoomFact] = []
    for place in range(number):
        offer, agreed = taken(dare_id(50 + place), by=by, card=DECK[place % len(DECK)])
        end = reported_at(STARTS, offer.dare, by=by) if ends == "report" else bailed(offer)
        facts += [offer, agreed, end]
    return tuple(facts)


def test_the_same_cards_are_taken_in_order() -> None:
    same_deck().when(take(card=DECK[0])).then(*taken(card=DECK[0]))
    same_deck().when(take(card=DECK[1])).refused(RefusalCode.BAD_INPUT, field="card")


@pytest.mark.parametrize("ends", ["bail", "report"])
def test_a_card_that_was_had_is_passed_over_however_it_ended(ends: str) -> None:
    same_deck(*had(1, ends=ends)).when(take(card=DECK[1])).then(*taken(card=DECK[1]))
    same_deck(*had(1, ends=ends)).when(take(card=DECK[0])).refused(
        RefusalCode.BAD_INPUT, field="card"
    )


def test_everybody_is_at_a_card_of_their_own() -> None:
    same_deck(*had(2)).when(take(by=ANA, card=DECK[0])).then(*taken(by=ANA, card=DECK[0]))


def test_after_the_last_card_there_is_none() -> None:
    same_deck(*had(3)).when(take(card=DECK[2])).refused(RefusalCode.WRONG_STATE)


def test_the_fiftieth_card_of_an_endless_deck_is_the_last() -> None:
    """Passing on is free, but not for ever."""
    given(*LIVE, *had(MOST_CARDS - 1)).when(take()).then(*taken())
    given(*LIVE, *had(MOST_CARDS)).when(take()).refused(RefusalCode.WRONG_STATE)


def test_a_duel_takes_its_cards_in_order_as_well() -> None:
    given(*LIVE_DUEL).when(take(card=DECK[2])).refused(RefusalCode.BAD_INPUT, field="card")


def test_a_dare_of_another_day_takes_no_card_off_the_deck() -> None:
    same_deck(*self_dare(9, BEN)).when(take(card=DECK[0])).then(*taken(card=DECK[0]))


# Doubling down

GO_IN = StartDare(at=STARTS, by=BEN, dare=DARE, double_down=True)


def test_somebody_goes_in_without_an_excuse() -> None:
    offer, agreed = taken()
    *_, start = going_in(doubled=True)
    given(*LIVE, offer, agreed).when(GO_IN).then(start)


@pytest.mark.parametrize(
    "facts",
    [
        (*LIVE, *self_dare(1, BEN, at=STARTS)),
        (*LIVE, *going_in(OTHER_DARE)),
        (*FINISHED[:-2], *taken(), grace_started(at=ENDS), battle_finished(at=GRACE_ENDS)),
        (
            *(*BEFORE, battle_opened(double_down=False), battle_joined(ANA), battle_joined(BEN)),
            *(countdown_started(), went_live(at=STARTS), *taken()),
        ),
    ],
    ids=["outside a battle", "no such dare", "after it", "where the host allows it not"],
)
def test_doubling_down_is_for_battles_that_allow_it(facts: tuple[RoomFact, ...]) -> None:
    at = room_of(facts).last_at
    given(*facts).when(replace(GO_IN, at=at)).refused(RefusalCode.BAD_INPUT, field="double_down")


def test_going_in_with_an_excuse_is_always_possible() -> None:
    offer, agreed = self_dare(1, BEN, at=STARTS)
    given(*LIVE, offer, agreed).when(replace(GO_IN, double_down=False)).then(
        started(agreed, at=STARTS)
    )


def test_a_report_tells_that_it_was_doubled_down() -> None:
    room = room_of([*LIVE, *going_in(doubled=True)])
    (fact,) = decide(room, report(by=BEN, at=STARTS))

    assert fact == replace(reported_at(STARTS), doubled=True)


def test_a_report_that_does_not_count_was_not_doubled_down() -> None:
    """There is nothing to double."""
    room = room_of([*LIVE, *full_card(9, STARTS), *going_in(doubled=True)])
    (fact,) = decide(room, report(by=BEN, at=STARTS + 1))

    assert fact == reported_at(STARTS + 1, battle=None)


def test_a_doubling_down_that_lapsed_counts_no_more() -> None:
    facts = (
        *(*BEFORE, battle_opened(duration_ms=DAY_MS), battle_joined(ANA), battle_joined(BEN)),
        *(countdown_started(), went_live(at=STARTS, duration_ms=DAY_MS), *going_in(doubled=True)),
    )
    at = STARTS + 2 * HOUR_MS
    given(*facts).when(report(by=BEN, at=at)).then(reported_at(at))


# The window (INV-B2)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (STARTS, True),
        (ENDS - 1, True),
        (ENDS, False),
        (GRACE_ENDS - 1, False),
        (GRACE_ENDS, False),
    ],
    ids=["starts", "ends - 1", "ends", "grace ends - 1", "grace ends"],
)
@pytest.mark.parametrize("facts", [COUNTDOWN, LIVE], ids=["no timer rang", "it went live on time"])
def test_inv_b2_a_report_counts_while_the_battle_is_live(
    facts: tuple[RoomFact, ...],
    at: Millis,
    counts: bool,
) -> None:
    given(*facts, *taken()).when(report(by=BEN, at=at)).then(
        reported_at(at, battle=BATTLE if counts else None)
    )


@pytest.mark.parametrize(
    ("went_in_at", "at", "counts"),
    [
        (STARTS, ENDS, True),
        (ENDS - 1, ENDS, True),
        (ENDS - 1, GRACE_ENDS - 1, True),
        (ENDS - 1, GRACE_ENDS, False),
        (ENDS, GRACE_ENDS - 1, False),
    ],
)
def test_inv_b2_whoever_went_in_before_the_end_has_a_minute_more(
    went_in_at: Millis,
    at: Millis,
    counts: bool,
) -> None:
    offer, agreed = taken()
    start = started(accepted(offer), at=went_in_at)
    given(*LIVE, offer, agreed, start).when(report(by=BEN, at=at)).then(
        reported_at(at, battle=BATTLE if counts else None)
    )


def test_inv_b2_a_report_in_time_counts_also_if_the_grace_was_stored_first() -> None:
    """It arrived before the end, and was decided after the timer had rung."""
    room = room_of([*LIVE, *taken(), grace_started(at=ENDS)])
    (fact,) = decide(room, report(by=BEN, at=ENDS - 1))

    assert fact == replace(reported_at(ENDS - 1), at=ENDS)


def test_inv_b2_going_in_in_time_counts_also_if_the_grace_was_stored_first() -> None:
    room = room_of([*LIVE, *taken(), grace_started(at=ENDS)])
    for fact in decide(room, StartDare(at=ENDS - 1, by=BEN, dare=DARE)):
        evolve(room, fact)

    assert counts_in(room, report(by=BEN, at=GRACE_ENDS - 1)) == BATTLE


def test_inv_b2_no_report_counts_after_battle_finished_whenever_it_arrived() -> None:
    room = room_of([*GRACE[:-1], *taken(), *FINISHED[-2:]])

    assert counts_in(room, report(by=BEN, at=ENDS - 1)) is None


def test_inv_b2_a_clock_set_back_before_the_start_counts_nothing() -> None:
    room = room_of([*LIVE, *going_in()])

    assert counts_in(room, report(by=BEN, at=STARTS - 1)) is None


def test_inv_b2_a_report_on_a_dare_outside_the_battle_counts_nothing() -> None:
    room = room_of([*LIVE, *self_dare(1, BEN, at=STARTS)])

    assert counts_in(room, report(by=BEN, at=STARTS)) is None


def test_inv_b2_a_card_of_the_last_battle_counts_nothing_in_this_one() -> None:
    later = GRACE_ENDS + HOUR_MS
    room = room_of(
        [
            *(*LIVE, *taken(), grace_started(at=ENDS), battle_finished(at=GRACE_ENDS)),
            battle_opened(battle=OTHER_BATTLE, at=GRACE_ENDS),
            battle_joined(ANA, battle=OTHER_BATTLE, at=GRACE_ENDS),
            battle_joined(BEN, battle=OTHER_BATTLE, at=GRACE_ENDS),
            countdown_started(battle=OTHER_BATTLE, at=GRACE_ENDS),
            went_live(battle=OTHER_BATTLE, at=GRACE_ENDS + 5 * SECOND_MS),
        ]
    )

    assert counts_in(room, report(by=BEN, at=later - 6 * SECOND_MS)) is None


# Spacing and the most that count


@pytest.mark.parametrize(
    ("later_ms", "counts"), [(3 * MINUTE_MS - 1, False), (3 * MINUTE_MS, True)]
)
def test_between_two_reports_that_count_are_three_minutes(
    later_ms: Millis,
    counts: bool,
) -> None:
    facts = (*LIVE, *full_card(9, STARTS), *taken())
    at = STARTS + later_ms
    given(*facts).when(report(by=BEN, at=at)).then(
        reported_at(at, battle=BATTLE if counts else None)
    )


def test_a_report_that_did_not_count_delays_no_other() -> None:
    at = STARTS + 3 * MINUTE_MS
    offer, agreed = taken(dare_id(8))
    too_soon = reported_at(at - 1, dare_id(8), battle=None)
    facts = (*LIVE, *full_card(9, STARTS), offer, agreed, too_soon, *taken())
    given(*facts).when(report(by=BEN, at=at)).then(reported_at(at))


def test_the_reports_of_others_delay_nobody() -> None:
    facts = (*LIVE, *full_card(9, STARTS, by=ANA), *taken())
    given(*facts).when(report(by=BEN, at=STARTS)).then(reported_at(STARTS))


@pytest.mark.parametrize(("before", "counts"), [(9, True), (10, False)])
def test_ten_reports_count_and_no_eleventh(before: int, counts: bool) -> None:
    cards = [
        fact
        for number in range(before)
        for fact in full_card(20 + number, STARTS + number * 3 * MINUTE_MS)
    ]
    at = STARTS + 31 * MINUTE_MS
    given(*LIVE, *cards, *taken()).when(report(by=BEN, at=at)).then(
        reported_at(at, battle=BATTLE if counts else None)
    )


def test_in_ruleset_0_a_second_is_between_two_reports_and_the_grace_is_three() -> None:
    live = [replace(f, ruleset=0) if f == battle_opened() else f for f in LIVE]
    room = room_of([*live, *full_card(9, STARTS), *going_in()])

    assert counts_in(room, report(by=BEN, at=STARTS + SECOND_MS - 1)) is None
    assert counts_in(room, report(by=BEN, at=STARTS + SECOND_MS)) == BATTLE
    assert counts_in(room, report(by=BEN, at=ENDS + 3 * SECOND_MS - 1)) == BATTLE
    assert counts_in(room, report(by=BEN, at=ENDS + 3 * SECOND_MS)) is None


# Corrections


def put_right(at: Millis, *facts: RoomFact) -> Room:
    """Ben's no, reported just before the end, was a yes: as said at an instant."""
    room = room_of([*LIVE, *taken(), reported_at(ENDS - 1), *facts])
    for fact in decide(room, CorrectDare(at=at, by=BEN, dare=DARE, outcome=Outcome.GRANTED)):
        evolve(room, fact)
    return room


@pytest.mark.parametrize(
    ("at", "points"), [(ENDS, 1), (GRACE_ENDS - 1, 1), (GRACE_ENDS, 3), (GRACE_ENDS + 1, 3)]
)
def test_a_correction_changes_the_score_as_long_as_reports_can_count(
    at: Millis, points: int
) -> None:
    assert points_of(put_right(at))[BEN] == points


def test_inv_d7_a_correction_after_the_end_is_the_same_before_and_after_the_timer() -> None:
    at = GRACE_ENDS + SECOND_MS
    before, after = put_right(at), put_right(at, *FINISHED[-2:])

    assert points_of(before) == points_of(after) == {ANA: 0, BEN: 3}


def test_a_correction_keeps_the_place_and_the_instant_of_the_report() -> None:
    room = room_of([*LIVE, *full_card(9, STARTS), *taken(), reported_at(ENDS - 1)])
    for fact in decide(room, CorrectDare(at=ENDS, by=BEN, dare=DARE, outcome=Outcome.IGNORED)):
        evolve(room, fact)

    assert battle_of(room).reports[BEN][1] == CountedReport(
        dare=DARE, outcome=Outcome.IGNORED, doubled=False, at=ENDS - 1
    )
    assert [r.outcome for r in battle_of(room).reports[BEN]] == ["REJECTED", "IGNORED"]


def test_a_correction_outside_the_battle_changes_no_score() -> None:
    offer, agreed = self_dare(1, BEN)
    outside = reported(agreed)
    fix = corrected(outside)

    assert points_of(room_of([*LOBBY, offer, agreed, outside, fix])) == {ANA: 0, BEN: 0}
    room = room_of([*LIVE, *full_card(9, STARTS), offer, agreed, outside, fix])
    assert points_of(room) == {ANA: 0, BEN: 3}
    room = room_of([*LIVE, *self_dare(3, CLEO), reported(self_dare(3, CLEO)[1])])
    evolve(room, corrected(reported(self_dare(3, CLEO)[1]), at=STARTS))
    assert points_of(room) == {ANA: 0, BEN: 0}


# Who is out of the squad


def out(how: str, player: PlayerId, at: Millis) -> tuple[RoomCommand, RoomFact, PlayerId | None]:
    """A way out: the command, the fact in which it ends, and whose doing it is."""
    match how:
        case "leave":
            return LeaveSquad(at=at, by=player), left(player, at=at), player
        case "kick":
            return KickMember(at=at, by=ANA, player=player), kicked(player, at=at), ANA
        case "ban":
            return BanMember(at=at, by=ANA, player=player), banned(player, at=at), ANA
        case _:
            gone = replace(left(player, at=at), by=None)
            return ForgetMember(at=at, player=player), gone, None


WAYS_OUT = ("leave", "kick", "ban", "erasure")


@pytest.mark.parametrize("how", WAYS_OUT)
@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN", "LIVE", "GRACE"])
def test_inv_s5_whoever_is_out_of_the_squad_is_out_of_its_battle_first(
    how: str, state: str
) -> None:
    facts, at = STATES[state]
    command, gone, by = out(how, BEN, at)
    given(*facts).when(command).then(replace(battle_left(BEN, at=at), by=by), gone)


@pytest.mark.parametrize("how", WAYS_OUT)
def test_inv_s5_an_open_card_goes_with_its_owner_and_the_score_stays(how: str) -> None:
    facts = (*LIVE, *full_card(9, STARTS), *taken())
    command, gone, by = out(how, BEN, STARTS)
    offer, _ = taken()
    ended = replace(withdrawn(accepted(offer), at=STARTS, reason=WithdrawReason.PARTY_LEFT), by=by)
    given(*facts).when(command).then(ended, replace(battle_left(BEN, at=STARTS), by=by), gone)
    room = room_of(facts)
    for fact in decide(room, command):
        evolve(room, fact)

    assert points_of(room) == {ANA: 0, BEN: 3}


@pytest.mark.parametrize("how", WAYS_OUT)
def test_a_host_who_is_out_before_it_is_live_takes_the_battle_along(how: str) -> None:
    """Ben hosts it; Ana owns the squad."""
    facts = (*BEFORE, battle_opened(BEN), battle_joined(BEN), battle_joined(CLEO))
    command, gone, by = out(how, BEN, NOW)
    given(*facts).when(command).then(battle_cancelled(by=by), gone)


def test_whoever_watches_leaves_the_squad_and_not_the_battle() -> None:
    given(*LIVE).when(LeaveSquad(at=STARTS, by=CLEO)).then(left(CLEO, at=STARTS))


def test_after_the_battle_nobody_leaves_it() -> None:
    given(*FINISHED).when(LeaveSquad(at=GRACE_ENDS, by=BEN)).then(left(BEN, at=GRACE_ENDS))


def test_an_owner_who_hosts_leaves_all_three() -> None:
    given(*LOBBY).when(LeaveSquad(at=NOW, by=ANA)).then(
        battle_cancelled(), passed(ANA, BEN), left(ANA)
    )


def test_whoever_was_out_already_is_forgotten_without_a_word_to_the_battle() -> None:
    facts = (*LIVE, battle_left(CLEO, at=STARTS), left(CLEO, at=STARTS))
    given(*facts).when(ForgetMember(at=STARTS, player=CLEO)).then(forgotten(CLEO, at=STARTS))


# The end of the squad


@pytest.mark.parametrize("state", ["LOBBY", "COUNTDOWN", "LIVE", "GRACE"])
def test_inv_s5_a_squad_that_is_archived_calls_its_battle_off(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(ArchiveSquad(at=at, by=ANA)).then(
        battle_cancelled(CancelReason.SQUAD_ARCHIVED, at=at), archived(at=at)
    )


@pytest.mark.parametrize("state", ["FINISHED", "CANCELLED"])
def test_a_battle_that_is_over_stays_as_it_is_in_an_archived_squad(state: str) -> None:
    facts, at = STATES[state]
    given(*facts).when(ArchiveSquad(at=at, by=ANA)).then(archived(at=at))


@pytest.mark.parametrize("is_in_it", [True, False], ids=["in it", "out of it"])
def test_inv_s5_the_last_one_to_leave_ends_the_battle_with_the_squad(
    is_in_it: bool,
) -> None:
    others = [left(player, at=STARTS) for player in (BEN, CLEO, DAN)]
    gone = () if is_in_it else (battle_left(ANA, at=STARTS),)
    facts = (*LIVE, battle_left(BEN, at=STARTS), *gone, *others)
    given(*facts).when(LeaveSquad(at=STARTS, by=ANA)).then(
        battle_cancelled(CancelReason.SQUAD_ARCHIVED, at=STARTS),
        archived(at=STARTS),
        left(ANA, at=STARTS),
    )


def test_in_an_archived_squad_a_battle_is_over_for_good() -> None:
    facts = (*LIVE, battle_cancelled(CancelReason.SQUAD_ARCHIVED, at=STARTS), archived(at=STARTS))
    given(*facts).when(ring(GRACE_ENDS)).then()
    given(*facts).when(replace(JOIN, at=STARTS)).refused(RefusalCode.WRONG_STATE)


# Timers that ring late, and what was stored before them (INV-D7)


def rung(room: Room, at: Millis, battle: BattleId = BATTLE) -> Room:
    """The room after a battle's timer has rung."""
    for fact in decide(room, ring(at, battle)):
        evolve(room, fact)
    return room


def test_inv_d7_whoever_leaves_after_the_start_was_there_at_the_start() -> None:
    """The timer of the start rings only after they have left."""
    late, on_time = room_of(COUNTDOWN), room_of(LIVE)
    for room in (late, on_time):
        for command in (
            take(at=STARTS + 1),
            report(by=BEN, at=STARTS + 1),
            replace(LEAVE, at=STARTS + 1),
            replace(JOIN, at=STARTS + 2),
        ):
            for fact in decide(room, command):
                evolve(room, fact)

    assert points_of(rung(late, GRACE_ENDS)) == {ANA: 0, BEN: 3, CLEO: 0}
    assert late.battles == rung(on_time, GRACE_ENDS).battles


def test_inv_d7_a_battle_of_one_was_called_off_before_anybody_joined_late() -> None:
    facts = (*COUNTDOWN, battle_left(BEN))
    given(*facts).when(replace(JOIN, at=STARTS)).refused(RefusalCode.BATTLE_CLOSED)


def test_inv_d7_a_new_battle_can_be_opened_before_the_timer_of_the_last_has_rung() -> None:
    """And goes on after it has."""
    at = GRACE_ENDS + 1
    room = room_of(COUNTDOWN)
    for fact in decide(room, replace(OPEN, at=at, by=CLEO, battle=OTHER_BATTLE)):
        evolve(room, fact)
    before = (room.battles.active, list(room.battles.live))
    rung(room, GRACE_ENDS + DELAY)
    after = (room.battles.active, list(room.battles.live))

    assert before == (OTHER_BATTLE, [BATTLE, OTHER_BATTLE])
    assert after == (OTHER_BATTLE, [OTHER_BATTLE])
    assert battle_of(room).state is BattleState.FINISHED
    assert battle_of(room, OTHER_BATTLE).state is BattleState.LOBBY


def test_inv_d7_a_lobby_whose_day_is_over_is_joined_by_nobody_after_the_next_was_opened() -> None:
    room = room_of(LOBBY)
    for fact in decide(room, replace(OPEN, at=LOBBY_ENDS, battle=OTHER_BATTLE)):
        evolve(room, fact)

    with pytest.raises(Refusal, match="BATTLE_CLOSED"):
        decide(room, replace(JOIN, at=LOBBY_ENDS))


CLOSES = NOW + 9 * DAY_MS + 5 * SECOND_MS
"""When the week is closed: Monday at midnight and 60 hours, and the timer's delay."""


def test_inv_d7_a_week_is_closed_after_the_battle_that_ended_in_it() -> None:
    """Whichever timer rings first."""
    facts = (*LIVE, *full_card(9, STARTS))
    given(*facts).when(CloseWeek(at=CLOSES, week=THIS_WEEK)).then(
        replace(grace_started(at=ENDS), at=CLOSES),
        replace(battle_finished(at=GRACE_ENDS), at=CLOSES),
        week_closed(at=CLOSES),
    )


def test_a_battle_of_a_later_week_is_closed_by_its_own_timer() -> None:
    """Its last seconds may be under way."""
    long = 7 * DAY_MS
    facts = (
        *(*BEFORE, battle_opened(duration_ms=long), battle_joined(ANA), battle_joined(BEN)),
        *(countdown_started(), went_live(at=STARTS, duration_ms=long), *full_card(9, STARTS)),
    )
    given(*facts).when(CloseWeek(at=CLOSES, week=THIS_WEEK)).then(week_closed(at=CLOSES))


def test_a_week_that_is_not_closed_ends_no_battle() -> None:
    given(*LIVE, *full_card(9, STARTS)).when(CloseWeek(at=GRACE_ENDS, week=THIS_WEEK)).then()


def test_inv_b2_a_report_that_arrived_in_time_counts_beside_the_next_battle() -> None:
    """It arrived before the end, and the next battle was opened before it was decided."""
    next_one = (
        battle_opened(CLEO, battle=OTHER_BATTLE, at=GRACE_ENDS),
        battle_joined(CLEO, battle=OTHER_BATTLE, at=GRACE_ENDS),
    )
    room = room_of([*LIVE, *going_in(), grace_started(at=ENDS), *next_one])
    for fact in decide(room, report(by=BEN, at=GRACE_ENDS - 1)):
        evolve(room, fact)

    assert points_of(room) == {ANA: 0, BEN: 3}
    assert points_of(room, OTHER_BATTLE) == {CLEO: 0}


def test_a_card_that_is_bailed_out_of_costs_nothing() -> None:
    room = room_of([*LIVE, *full_card(9, STARTS), *taken()])
    before = points_of(room)
    for fact in decide(room, BailDare(at=STARTS, by=BEN, dare=DARE)):
        evolve(room, fact)

    assert points_of(room) == before


def test_the_room_as_of_an_instant_shows_the_battle_as_of_that_instant() -> None:
    room = room_of(COUNTDOWN)
    states = [battle_of(as_of(room, at)).state for at in (NOW, STARTS, ENDS, GRACE_ENDS)]

    assert states == ["COUNTDOWN", "LIVE", "GRACE", "FINISHED"]


def test_the_owner_of_the_squad_has_no_say_in_the_battle_of_another() -> None:
    facts = (*BEFORE, battle_opened(BEN), battle_joined(BEN), battle_joined(ANA))
    given(*facts).when(CANCEL).refused(RefusalCode.FORBIDDEN)
    given(*facts).when(START).refused(RefusalCode.FORBIDDEN)
