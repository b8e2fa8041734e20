"""What battles pay (rules §8), and how often a day."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from msgspec.structs import replace

from domain import scoring
from domain.battles.events import BattleMode, CancelReason
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, MINUTE_MS, BattleId, Millis, PlayerId
from domain.scoring import Outcome, level_of
from loadtests.simulation.compare import differences
from projections.ledger import BATTLE, ENTRIES, Entry, account, entries, entry_id
from projections.rows import Readable
from projections.weekly_board import SCORES
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    DAN,
    EVE,
    FRIENDS,
    MONDAY,
    NOW,
    OTHER_SQUAD,
    PEOPLE,
    SQUAD,
    battle_cancelled,
    corrected,
    log_of,
    moved,
    registered,
    week_closed,
)
from tests.projections.battling import (
    DEADLINE_MS,
    battle_id,
    battling_logs,
    begun,
    days_of,
    ended,
    fought,
)
from tests.projections.folding import fold, folded, prepared, renumbered

NO, YES, MIXED, NOTHING = Outcome.REJECTED, Outcome.GRANTED, Outcome.MIXED, Outcome.IGNORED
Told = Mapping[PlayerId, Sequence[Outcome]]
ANA_WINS: Told = {ANA: [NO], BEN: [YES]}


def paid_in(store: Readable, player: PlayerId) -> list[int]:
    """What a player's battles have paid, oldest first."""
    found = [entry for entry in entries(store, player) if entry.kind == BATTLE]
    return [entry.amount for entry in reversed(found)]


def paid(*facts: Fact) -> dict[PlayerId, list[int]]:
    """What the battles in a squad's facts have paid, for whoever was paid."""
    store = folded(log_of(*FRIENDS, *facts))
    return {player: amounts for player in PEOPLE if (amounts := paid_in(store, player))}


# Who is paid what


def test_the_winner_gets_30_and_whoever_else_reported_10() -> None:
    told = {ANA: [YES], BEN: [NO], CLEO: [MIXED]}

    assert paid(*fought(1, told)) == {ANA: [10], BEN: [30], CLEO: [10]}


def test_whoever_reported_nothing_gets_nothing() -> None:
    told: Told = {ANA: [NO], BEN: [YES], CLEO: []}

    assert paid(*fought(1, told)) == {ANA: [30], BEN: [10]}


def test_a_shared_victory_pays_30_to_each() -> None:
    told = {ANA: [NO], BEN: [NO], CLEO: [YES]}

    assert paid(*fought(1, told)) == {ANA: [30], BEN: [30], CLEO: [10]}


def test_a_drawn_duel_pays_20_to_each() -> None:
    assert paid(*fought(1, {ANA: [NO], BEN: [NO]}, mode=BattleMode.DUEL)) == {ANA: [20], BEN: [20]}


def test_a_duel_that_somebody_wins_pays_like_any_battle() -> None:
    assert paid(*fought(1, ANA_WINS, mode=BattleMode.DUEL)) == {ANA: [30], BEN: [10]}


def test_two_who_tie_in_another_battle_have_not_drawn() -> None:
    told = {ANA: [NO], BEN: [NO]}

    assert paid(*fought(1, told, mode=BattleMode.SAME_DECK)) == {ANA: [30], BEN: [30]}


@pytest.mark.parametrize("told", [{ANA: [NO, NO], BEN: []}, {ANA: [], BEN: []}])
def test_a_battle_in_which_fewer_than_two_reported_pays_nothing(told: Told) -> None:
    assert paid(*fought(1, told)) == {}


def test_inv_b3_a_cancelled_battle_pays_nothing_whatever_was_reported() -> None:
    over = battle_cancelled(CancelReason.SQUAD_ARCHIVED, by=None, battle=battle_id(1))

    assert paid(*begun(1, ANA_WINS), over) == {}


def test_nothing_is_paid_before_the_end() -> None:
    grace, _ = ended(1)

    assert paid(*begun(1, ANA_WINS), grace) == {}


def test_a_correction_in_time_decides_who_has_won() -> None:
    facts = begun(1, {ANA: [NO], BEN: [MIXED]})
    report = next(f for f in facts if getattr(f, "outcome", None) is NO)
    change = corrected(report, YES, at=NOW + MINUTE_MS)  # type: ignore[arg-type]  # it is a report

    assert paid(*facts, change, *ended(1)) == {ANA: [10], BEN: [30]}


def test_a_correction_after_the_end_changes_nothing_that_a_battle_paid() -> None:
    facts = fought(1, ANA_WINS)
    report = next(f for f in facts if getattr(f, "outcome", None) is NO)
    change = corrected(report, YES, at=NOW + HOUR_MS)  # type: ignore[arg-type]  # it is a report

    assert paid(*facts, change) == {ANA: [30], BEN: [10]}


def test_an_entry_of_a_battle_has_its_end_for_a_cause() -> None:
    facts = fought(1, ANA_WINS)
    store = folded(log_of(*FRIENDS, *facts))
    (entry,) = (entry for entry in entries(store, ANA) if entry.kind == BATTLE)
    n = len(FRIENDS) + len(facts)

    assert entry == Entry(
        entry_id=entry_id(f"squad-{SQUAD}", n, "BATTLE", ANA, None),
        player=ANA,
        squad=SQUAD,
        dare=None,
        battle=battle_id(1),
        kind="BATTLE",
        amount=30,
        board_at=NOW + DEADLINE_MS,
        cause_stream=f"squad-{SQUAD}",
        cause_n=n,
        seq=n,
        ruleset=1,
    )


def test_what_a_battle_pays_is_in_the_total_and_the_level() -> None:
    """82 for the report and 30 for the battle: the second level begins at 100."""
    found = account(folded(log_of(*FRIENDS, *fought(1, ANA_WINS))), ANA)

    assert (found.xp, found.top_level) == (112, 2)


# Rated battles: three a day


def with_others(count: int, *, at: Millis = NOW) -> list[Fact]:
    """Ana wins against somebody else each time, half an hour after the last."""
    others = (BEN, CLEO, DAN, EVE)
    return [
        fact
        for n in range(count)
        for fact in fought(n + 1, {ANA: [NO], others[n]: [YES]}, at=at + n * 30 * MINUTE_MS)
    ]


def again(number: int, *, at: Millis, told: Told = ANA_WINS, tz: str = "UTC") -> list[Fact]:
    """Ana wins against Ben."""
    return [*fought(number, told, at=at, tz=tz)]


def test_three_battles_a_day_are_rated_for_a_player() -> None:
    """Whoever meets them in the fourth is paid all the same."""
    assert paid(*with_others(4)) == {
        ANA: [30, 30, 30],
        BEN: [10],
        CLEO: [10],
        DAN: [10],
        EVE: [10],
    }


def test_the_next_day_is_rated_again() -> None:
    later = again(9, at=NOW + DAY_MS)

    assert paid(*with_others(3), *later)[ANA] == [30] * 4


def test_the_day_of_a_player_is_that_of_their_own_zone_at_the_deadline() -> None:
    """Noon in UTC is an hour before midnight on an island where Ana lives; not so for Ben."""
    ana = registered(ANA, tz="Pacific/Majuro", at=MONDAY)  # UTC+12
    fourth = fought(9, {ANA: [NO], EVE: [YES]}, at=NOW - DEADLINE_MS)

    assert paid(ana, *with_others(3, at=NOW - 2 * HOUR_MS), *fourth)[ANA] == [30] * 4
    assert paid(*with_others(3, at=NOW - 2 * HOUR_MS), *fourth)[ANA] == [30] * 3


def test_a_ms_before_midnight_is_the_day_before() -> None:
    ana = registered(ANA, tz="Pacific/Majuro", at=MONDAY)
    fourth = fought(9, {ANA: [NO], EVE: [YES]}, at=NOW - DEADLINE_MS - 1)

    assert paid(ana, *with_others(3, at=NOW - 2 * HOUR_MS), *fourth)[ANA] == [30] * 3


def test_the_day_of_a_player_begins_when_they_say() -> None:
    ana = registered(ANA, day_start_hour=12, at=MONDAY)
    fourth = fought(9, {ANA: [NO], EVE: [YES]}, at=NOW - DEADLINE_MS)

    assert paid(ana, *with_others(3, at=NOW - 2 * HOUR_MS), *fourth)[ANA] == [30] * 4


def test_the_same_people_are_rated_three_times_a_day_of_their_squad() -> None:
    """Though it is another day where they live: three before it began, and one after."""
    midnight = MONDAY + 12 * HOUR_MS
    homes = [registered(player, tz="Pacific/Majuro", at=MONDAY) for player in (ANA, BEN)]
    before = [f for n in range(3) for f in again(n, at=midnight - (5 - n) * HOUR_MS)]

    assert paid(*homes, *before, *again(3, at=midnight))[ANA] == [30] * 3


def test_another_day_of_the_squad_rates_the_same_people_again() -> None:
    """The squad lives on the island, and so do they."""
    island, midnight = "Pacific/Majuro", MONDAY + 12 * HOUR_MS
    homes = [registered(player, tz=island, at=MONDAY) for player in (ANA, BEN)]
    before = [f for n in range(3) for f in again(n, at=midnight - (5 - n) * HOUR_MS, tz=island)]

    assert paid(*homes, *before, *again(3, at=midnight, tz=island))[ANA] == [30] * 4


def test_the_same_people_are_the_same_in_whatever_order_and_squad() -> None:
    """And it counts where they move between their squads, so that nothing is gained by that.

    Days of their own they have enough: they fly to another zone before the fourth.
    """
    told = {BEN: [YES], ANA: [NO]}
    here = [f for n in range(2) for f in again(n, at=NOW + n * HOUR_MS)]
    there = again(3, at=NOW + 3 * HOUR_MS, told=told)
    moves = [moved(player, tz="Pacific/Kiritimati") for player in (ANA, BEN)]
    last = again(4, at=NOW + 4 * HOUR_MS)
    homes = [registered(player, at=MONDAY) for player in (ANA, BEN)]
    log = renumbered(
        [
            *log_of(*homes, *here),
            *log_of(*there, squad=OTHER_SQUAD),
            *log_of(*moves, *last),
        ]
    )

    assert paid_in(folded(log), ANA) == [30] * 3


def test_with_somebody_more_in_it_they_are_other_people() -> None:
    """Also if that one reports nothing. Ana's own three are over; Ben has none to lose."""
    three = [f for n in range(3) for f in again(n, at=NOW + n * HOUR_MS)]
    moves = [moved(player, tz="Pacific/Kiritimati") for player in (ANA, BEN)]
    homes = [registered(player, at=MONDAY) for player in (ANA, BEN)]
    more: Told = {**ANA_WINS, CLEO: []}

    assert paid(*homes, *three, *moves, *again(4, at=NOW + 4 * HOUR_MS))[ANA] == [30] * 3
    assert paid(*homes, *three, *moves, *again(4, at=NOW + 4 * HOUR_MS, told=more))[ANA] == [30] * 4


def test_a_battle_that_is_not_rated_is_none_of_the_three() -> None:
    """Nobody else reported in the first; the next three are paid."""
    alone = again(9, at=NOW - HOUR_MS, told={ANA: [NO], BEN: []})
    three = [f for n in range(3) for f in again(n, at=NOW + n * HOUR_MS)]

    assert paid(*alone, *three)[ANA] == [30] * 3


def test_the_battles_of_long_ago_are_forgotten() -> None:
    days = [f for n in range(5) for f in again(n, at=NOW + n * DAY_MS)]
    found = account(folded(log_of(*FRIENDS, *days)), ANA)

    assert found.battles == (("2026-11-25", 1), ("2026-11-26", 1), ("2026-11-27", 1))


# Boards


SUNDAY_LATE = MONDAY + 7 * DAY_MS - DEADLINE_MS


def boards(*facts: Fact) -> dict[tuple[str, PlayerId], int]:
    """The score of each player in each week."""
    rows = folded(log_of(*FRIENDS, *facts)).select(SCORES)
    return {(row.week, row.player): row.score for row in rows}


def test_a_battle_counts_in_the_week_of_its_deadline() -> None:
    """The reports in the week in which they were made."""
    assert boards(*fought(1, ANA_WINS, at=SUNDAY_LATE)) == {
        ("2026-W48", ANA): 82,
        ("2026-W48", BEN): 55,
        ("2026-W49", ANA): 30,
        ("2026-W49", BEN): 10,
    }


def test_a_ms_before_the_week_is_over_a_battle_counts_in_it() -> None:
    assert boards(*fought(1, ANA_WINS, at=SUNDAY_LATE - 1)) == {
        ("2026-W48", ANA): 112,
        ("2026-W48", BEN): 65,
    }


def test_a_victory_is_no_rejection() -> None:
    rows = folded(log_of(*FRIENDS, *fought(1, ANA_WINS))).select(SCORES)

    assert {(row.player, row.rejections, row.reached_at) for row in rows} == {
        (ANA, 1, NOW + DEADLINE_MS),
        (BEN, 0, NOW + DEADLINE_MS),
    }


def test_a_battle_that_ends_after_its_week_was_closed_touches_lifetime_xp_only() -> None:
    facts = [*begun(1, ANA_WINS), week_closed(), *ended(1)]
    store = folded(log_of(*FRIENDS, *facts))
    (entry,) = (entry for entry in entries(store, ANA) if entry.kind == BATTLE)

    assert (entry.amount, entry.board_at, account(store, ANA).xp) == (30, None, 112)
    assert [row.score for row in store.select(SCORES, player=ANA)] == [82]


# Laws


@given(battling_logs())
def test_the_ledger_of_battles_is_the_naive_one(log: list[Recorded[Fact]]) -> None:
    """And so are totals, levels and boards."""
    assert differences(folded(log), log) == []


@given(battling_logs(max_battles=5))
def test_inv_x1_with_battles_xp_is_the_sum_of_the_ledger_at_every_prefix(
    log: list[Recorded[Fact]],
) -> None:
    store = prepared(folded(()))
    for recorded in log:
        fold(store, [recorded])
        for player in PEOPLE:
            found = account(store, player)

            assert found.xp == sum(entry.amount for entry in entries(store, player)) >= 0
            assert found.top_level >= level_of(found.xp)


@given(battling_logs())
def test_inv_x4_a_battle_pays_a_player_once_and_three_times_a_day(
    log: list[Recorded[Fact]],
) -> None:
    """By the player's own day and zone as they were then."""
    found = [(e, e.battle) for e in folded(log).select(ENTRIES) if e.kind == BATTLE and e.battle]
    days = days_of(log)
    once: Counter[tuple[BattleId, PlayerId]] = Counter((b, e.player) for e, b in found)
    daily = Counter((e.player, days[b, e.player]) for e, b in found)

    assert max(once.values(), default=0) <= 1
    assert max(daily.values(), default=0) <= 3
    assert {e.amount for e, _ in found} <= {10, 20, 30}
    assert [e for e, _ in found if e.reverses is not None or e.dare is not None] == []


def test_inv_x7_a_day_of_battles_is_bounded_by_the_ruleset() -> None:
    """With the dares of the same day: 8 grants that pay, and 3 battles won. 1,038 in all."""
    rules = scoring.RULESETS[1]
    best = max(rules.base) * max(rules.outcome_percent.values()) // 100
    grants = rules.full_grants * best + (rules.paid_grants - rules.full_grants) * (
        best * rules.reduced_percent // 100
    )
    bound = grants + rules.rated_battles * rules.battle_won
    told = {ANA: [NO, NO, NO], BEN: [YES]}
    others = (BEN, CLEO, DAN, EVE, BEN, CLEO)
    day = [
        replace(fact, difficulty=5) if hasattr(fact, "difficulty") else fact
        for n, other in enumerate(others)
        for fact in fought(n, {ANA: told[ANA], other: [YES]}, at=NOW + n * HOUR_MS)
    ]

    assert account(folded(log_of(*FRIENDS, *day)), ANA).xp == bound == 1_038
