"""The XP ledger (rules §5), and what leaves it as it is (INV-D5)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from domain import scoring
from domain.battles.events import BattleJoined
from domain.dares.commands import AcceptDare, BailDare, DeclineDare, StartDare, WithdrawDare
from domain.dares.events import (
    AboutDare,
    DareCorrected,
    DareIssued,
    DareReported,
    WithdrawReason,
)
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, MINUTE_MS, DareId, Millis, PlayerId, SquadId
from domain.players.events import PlayerRegistered, TimezoneChanged
from domain.refusals import Refusal, RefusalCode
from domain.room import RoomCommand
from domain.scoring import Outcome, level_of, main_grant
from loadtests.simulation import naive
from loadtests.simulation.compare import amounts_in, amounts_of
from projections.ledger import (
    ENTRIES,
    GRANTS,
    ISSUER,
    MAIN,
    Account,
    Entry,
    Grant,
    account,
    entries,
    entries_before,
    entry_id,
)
from projections.rows import Readable
from projections.weekly_board import FINALS, SCORES, order
from tests.domain.histories import Asked, World, issue_by_chance, play_again, worlds
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DAN,
    DARE,
    EVE,
    FRIENDS,
    MONDAY,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_SQUAD,
    PEOPLE,
    REPORT,
    SQUAD,
    TODAY,
    accepted,
    corrected,
    dare_id,
    issued,
    log_of,
    moved,
    registered,
    reported,
    self_dare,
    week_closed,
)
from tests.projections.battling import battling_logs
from tests.projections.eventful import eventful_logs
from tests.projections.folding import (
    fold,
    folded,
    interleaved,
    prepared,
    renumbered,
    rows_of,
    without_place,
)
from tests.projections.reports import logs

# Examples


def of_ana(*reports: Fact) -> list[int]:
    """What Ana's reports have earned, oldest first."""
    found = entries(folded(log_of(*FRIENDS, *reports)), ANA)
    return [entry.amount for entry in reversed(found)]


def anas(number: int, *, at: Millis = NOW, thing: str | None = None) -> DareReported:
    """Ana is told no at level 3, each time to another thing unless it has a name: 82 XP."""
    _, agreed = self_dare(number, ANA, at=at)
    fingerprint = f"words:{number}" if thing is None else thing
    return replace(reported(agreed, at=at), fingerprint=fingerprint)


def test_a_report_makes_an_entry_with_its_cause() -> None:
    (entry,) = entries(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT)), ANA)

    assert entry == Entry(
        entry_id=entry_id(f"squad-{SQUAD}", 8, "MAIN", ANA, None),
        player=ANA,
        squad=SQUAD,
        dare=DARE,
        kind="MAIN",
        amount=82,
        board_at=NOW,
        cause_stream=f"squad-{SQUAD}",
        cause_n=8,
        seq=8,
        ruleset=1,
        outcome=Outcome.REJECTED,
    )


def test_an_account_remembers_what_the_next_grant_depends_on() -> None:
    assert account(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT)), ANA) == Account(
        player=ANA,
        xp=82,
        top_level=1,
        recent=(Grant(OFFER.fingerprint, NOW),),
        days=((TODAY, 1),),
    )


def test_whoever_reported_nothing_has_an_empty_account() -> None:
    assert account(folded(log_of(*FRIENDS, OFFER, NO_THANKS)), ANA) == Account(player=ANA)


def test_entries_are_listed_newest_first() -> None:
    store = folded(log_of(*FRIENDS, anas(1), anas(2, at=NOW + 1), anas(3, at=NOW + 2)))

    assert [entry.dare for entry in entries(store, ANA)] == [dare_id(n) for n in (3, 2, 1)]


def test_entries_are_read_on_from_the_last_one_seen() -> None:
    three = entries(folded(log_of(*FRIENDS, *(anas(n, at=NOW + n) for n in (1, 2, 3)))), ANA)

    assert (three, three[1:], []) == (
        entries_before(three, None),
        entries_before(three, three[0].entry_id),
        entries_before(three, three[2].entry_id),
    )


def test_nothing_is_read_on_from_an_entry_that_there_is_not() -> None:
    three = entries(folded(log_of(*FRIENDS, *(anas(n, at=NOW + n) for n in (1, 2, 3)))), ANA)

    assert entries_before(three, "nonsense") is None


def test_the_same_thing_again_earns_less() -> None:
    again = [anas(n, at=NOW + n * DAY_MS, thing="words:same") for n in range(5)]

    assert of_ana(*again) == [82, 66, 49, 33, 33]


def test_a_thing_is_new_again_after_28_days() -> None:
    later = NOW + 28 * DAY_MS

    assert of_ana(anas(1, thing="words:a"), anas(2, at=later, thing="words:a")) == [82, 82]


def test_a_thing_is_not_new_one_ms_before() -> None:
    later = NOW + 28 * DAY_MS - 1

    assert of_ana(anas(1, thing="words:a"), anas(2, at=later, thing="words:a")) == [82, 66]


def test_one_thing_does_not_make_another_less_new() -> None:
    assert of_ana(anas(1, thing="words:a"), anas(2, thing="words:b")) == [82, 82]


def test_the_sixth_grant_of_a_day_is_a_quarter_and_the_ninth_nothing() -> None:
    assert of_ana(*(anas(n) for n in range(10))) == [82] * 5 + [20] * 3 + [0] * 2


def test_the_next_day_pays_in_full_again() -> None:
    today = [anas(n) for n in range(9)]

    assert of_ana(*today, anas(99, at=NOW + DAY_MS))[-1] == 82


def test_a_day_counts_in_all_squads_together() -> None:
    here = log_of(*FRIENDS, *(anas(n) for n in range(5)))
    there = log_of(anas(99), squad=OTHER_SQUAD, seq=len(here))

    assert entries(folded([*here, *there]), ANA)[0].amount == 20


def test_flying_back_over_the_date_line_does_not_open_the_day_again() -> None:
    """The day before is remembered beside the newest ones."""
    home = [anas(n) for n in range(5)]
    away = replace(anas(50, at=NOW + HOUR_MS), xp_day="2026-11-24")
    back = anas(51, at=NOW + 2 * HOUR_MS)

    assert of_ana(*home, away, back)[-2:] == [82, 20]


def test_the_days_of_long_ago_are_forgotten() -> None:
    store = folded(log_of(*FRIENDS, *(anas(n, at=NOW + n * DAY_MS) for n in range(6))))

    assert account(store, ANA).days == (("2026-11-26", 1), ("2026-11-27", 1), ("2026-11-28", 1))


def test_the_highest_level_is_kept() -> None:
    store = folded(log_of(*FRIENDS, *(anas(n, at=NOW + n * DAY_MS) for n in range(4))))

    assert (account(store, ANA).xp, account(store, ANA).top_level) == (328, 3)


def test_an_entrys_id_is_of_its_cause() -> None:
    ids = {
        entry_id("squad-1", 1, "MAIN", ANA, None),
        entry_id("squad-2", 1, "MAIN", ANA, None),
        entry_id("squad-1", 2, "MAIN", ANA, None),
        entry_id("squad-1", 1, "ISSUER", ANA, None),
        entry_id("squad-1", 1, "MAIN", BEN, None),
        entry_id("squad-1", 1, "MAIN", ANA, "reversed"),
        entry_id("squad-1", 11, "MAIN", ANA, None),
    }

    assert len(ids) == 7


def test_an_entrys_id_is_the_same_for_ever() -> None:
    """Stored and exported: a change here would pay everybody twice."""
    assert entry_id("squad-1", 1, "MAIN", "ana", None) == ("b250a0233a41ad9a3cc6ccb74dbb1789")


# The issuer's share


def by_ben(
    number: int,
    *,
    at: Millis = NOW,
    target: PlayerId = ANA,
    issuer: PlayerId = BEN,
) -> DareReported:
    """Somebody reports what Ben has dared them to do."""
    offer = issued(dare_id(number), by=issuer, target=target, at=at)
    return replace(reported(accepted(offer, at=at), at=at), fingerprint=f"words:{number}")


def of_ben(*facts: Fact) -> list[int]:
    """What Ben has earned, oldest first."""
    found = entries(folded(log_of(*FRIENDS, *facts)), BEN)
    return [entry.amount for entry in reversed(found)]


def test_the_issuer_has_a_share_in_the_report_of_another() -> None:
    (entry,) = entries(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT)), BEN)

    assert entry == Entry(
        entry_id=entry_id(f"squad-{SQUAD}", 8, "ISSUER", BEN, None),
        player=BEN,
        squad=SQUAD,
        dare=DARE,
        kind="ISSUER",
        amount=5,
        board_at=NOW,
        cause_stream=f"squad-{SQUAD}",
        cause_n=8,
        seq=8,
        ruleset=1,
    )


def test_nobody_has_a_share_in_their_own_report() -> None:
    assert of_ana(anas(1)) == [82]


def test_the_share_is_paid_once_a_day_for_each_target() -> None:
    assert of_ben(by_ben(1), by_ben(2), by_ben(3, target=CLEO)) == [5, 5]


def test_the_share_is_paid_three_times_a_day() -> None:
    targets = (ANA, CLEO, DAN, EVE)

    assert of_ben(*(by_ben(n, target=who) for n, who in enumerate(targets))) == [5, 5, 5]


def test_the_next_day_the_share_is_paid_again() -> None:
    assert of_ben(by_ben(1), by_ben(2, at=NOW + DAY_MS)) == [5, 5]


def test_the_share_goes_by_the_issuers_own_day_whatever_the_reporters_is() -> None:
    """Two hours later it is another day where Ben lives."""
    ben = registered(BEN, tz="Pacific/Kiritimati", at=NOW)
    before = NOW - 3 * HOUR_MS  # 23:00 there

    assert of_ben(ben, by_ben(1, at=before), by_ben(2, at=before + 2 * HOUR_MS)) == [5, 5]


def test_the_issuers_day_begins_when_they_say() -> None:
    ben = registered(BEN, day_start_hour=4, at=NOW)
    midnight = MONDAY + DAY_MS
    reports = [by_ben(1, at=midnight - HOUR_MS), by_ben(2, at=midnight + 3 * HOUR_MS)]

    assert of_ben(ben, *reports) == [5]
    assert of_ben(ben, *reports, by_ben(3, at=midnight + 4 * HOUR_MS)) == [5, 5]


def test_an_issuer_who_moves_has_the_days_of_the_new_zone_from_then_on() -> None:
    """An hour later it is tomorrow in Kiritimati; the first share was paid by London's day."""
    ben, move = registered(BEN, at=NOW), moved(BEN, tz="Pacific/Kiritimati", at=NOW)

    assert of_ben(ben, by_ben(1), move, by_ben(2, at=NOW + HOUR_MS)) == [5, 5]
    assert of_ben(ben, by_ben(1), by_ben(2, at=NOW + HOUR_MS)) == [5]


def test_the_share_is_the_same_for_every_outcome_and_level() -> None:
    granted = replace(by_ben(1), outcome=Outcome.GRANTED, difficulty=1)

    assert of_ben(granted) == [5]


def test_the_share_counts_on_the_board_of_its_squad() -> None:
    store = folded(log_of(*FRIENDS, OFFER, AGREED, REPORT))

    assert [(r.player, r.score, r.rejections) for r in store.select(SCORES)] == [
        (ANA, 82, 1),
        (BEN, 5, 0),
    ]


def test_the_shares_of_long_ago_are_forgotten() -> None:
    log = log_of(*FRIENDS, *(by_ben(n, at=NOW + n * DAY_MS) for n in range(6)))

    assert [day for day, _ in account(folded(log), BEN).dared] == [
        "2026-11-26",
        "2026-11-27",
        "2026-11-28",
    ]


# Corrections


YES = corrected(REPORT, Outcome.GRANTED)


def test_a_correction_takes_the_grant_back_and_gives_another() -> None:
    back, anew, first = entries(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT, YES)), ANA)

    assert (back.amount, back.reverses, back.kind, back.board_at, back.outcome) == (
        -82,
        first.entry_id,
        "MAIN",
        NOW,
        Outcome.REJECTED,
    )
    assert (anew.amount, anew.reverses, anew.kind, anew.board_at, anew.outcome) == (
        55,
        None,
        "MAIN",
        NOW,
        Outcome.GRANTED,
    )


def test_of_one_correction_the_reversal_is_listed_before_the_new_grant() -> None:
    found = entries(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT, YES)), ANA)

    assert [entry.amount for entry in found] == [-82, 55, 82]


def test_a_correction_changes_the_total_and_the_board() -> None:
    store = folded(log_of(*FRIENDS, OFFER, AGREED, REPORT, YES))
    row = store.select(SCORES)[0]

    assert account(store, ANA).xp == 55
    assert (row.score, row.rejections, row.reached_at) == (55, 0, NOW)


def test_a_correction_leaves_the_issuers_share() -> None:
    assert of_ben(OFFER, AGREED, REPORT, YES) == [5]


def test_a_correction_is_priced_as_the_report_was() -> None:
    """The sixth grant of its day and the first repeat, though it is corrected tomorrow."""
    before = [anas(n, thing="words:same" if n == 0 else None) for n in range(5)]
    sixth = anas(9, at=NOW + HOUR_MS, thing="words:same")
    change = corrected(sixth, Outcome.GRANTED, at=NOW + DAY_MS)

    assert of_ana(*before, sixth)[-1] == 16
    assert of_ana(*before, sixth, change)[-2:] == [11, -16]


def test_a_correction_does_not_reprice_what_came_after() -> None:
    first, second = anas(1, thing="words:a"), anas(2, at=NOW + 1, thing="words:a")
    change = corrected(first, Outcome.GRANTED, at=NOW + 2)

    assert of_ana(first, second, change) == [82, 66, 55, -82]


def test_a_correction_keeps_the_highest_level() -> None:
    """One falls, and celebrates once."""
    many = [anas(n, at=NOW + n * DAY_MS) for n in range(2)]
    change = corrected(many[1], Outcome.GRANTED, at=NOW + DAY_MS)
    store = folded(log_of(*FRIENDS, *many, change))

    assert (account(store, ANA).xp, account(store, ANA).top_level) == (137, 2)


def test_a_correction_after_the_week_was_closed_touches_lifetime_xp_only() -> None:
    log = log_of(*FRIENDS, OFFER, AGREED, REPORT, week_closed(), YES)
    store = folded(log)
    found = entries(store, ANA)

    assert account(store, ANA).xp == 55
    assert [(entry.amount, entry.board_at) for entry in found] == [
        (-82, None),
        (55, None),
        (82, NOW),
    ]
    assert [row.score for row in store.select(SCORES)] == [82, 5]


def test_a_report_for_a_closed_week_touches_lifetime_xp_only() -> None:
    store = folded(log_of(*FRIENDS, OFFER, AGREED, week_closed(), REPORT))

    assert [(e.amount, e.board_at) for who in (ANA, BEN) for e in entries(store, who)] == [
        (82, None),
        (5, None),
    ]
    assert store.select(SCORES) == []


def test_what_was_off_the_board_stays_off_it() -> None:
    log = log_of(*FRIENDS, OFFER, AGREED, week_closed(), REPORT, YES)

    assert {entry.board_at for entry in entries(folded(log), ANA)} == {None}


# Players


def test_a_player_who_registers_has_an_empty_account_in_their_zone() -> None:
    store = folded(log_of(registered(ANA, tz="Asia/Tokyo", day_start_hour=4)))

    assert account(store, ANA) == Account(player=ANA, tz="Asia/Tokyo", day_start_hour=4)


def test_a_player_who_moves_keeps_what_they_have() -> None:
    store = folded(log_of(registered(ANA), *FRIENDS, anas(1), moved(ANA, tz="Asia/Tokyo")))

    assert (account(store, ANA).tz, account(store, ANA).xp) == ("Asia/Tokyo", 82)


# Laws


@given(logs())
def test_the_ledger_is_the_naive_one(log: list[Recorded[Fact]]) -> None:
    assert amounts_in(folded(log)) == amounts_of(naive.entries(log))


@given(worlds())
def test_the_ledger_of_a_whole_history_is_the_naive_one(world: World) -> None:
    assert amounts_in(folded(world.log)) == amounts_of(naive.entries(world.log))


@given(eventful_logs(max_reports=12))
def test_inv_x1_xp_is_the_sum_of_the_ledger_and_never_negative_at_every_prefix(
    log: list[Recorded[Fact]],
) -> None:
    store = prepared(folded(()))
    for recorded in log:
        fold(store, [recorded])
        for player in PEOPLE:
            xp = account(store, player).xp

            assert xp == sum(entry.amount for entry in entries(store, player)) >= 0


@given(eventful_logs(max_reports=20))
def test_inv_x2_the_highest_level_is_the_highest_that_was_ever_reached(
    log: list[Recorded[Fact]],
) -> None:
    """Also where a reversal lowers the level again."""
    store = prepared(folded(()))
    reached = dict.fromkeys(PEOPLE, 1)
    for recorded in log:
        fold(store, [recorded])
        for player in PEOPLE:
            found = account(store, player)
            reached[player] = max(reached[player], naive.level(found.xp))

            assert (found.top_level, level_of(found.xp)) == (
                reached[player],
                naive.level(found.xp),
            )


@given(eventful_logs())
def test_inv_x3_a_negative_entry_reverses_one_other_and_no_entry_is_reversed_twice(
    log: list[Recorded[Fact]],
) -> None:
    found = {entry.entry_id: entry for entry in folded(log).select(ENTRIES)}
    reversals = [entry for entry in found.values() if entry.reverses is not None]

    assert [e for e in found.values() if e.amount < 0 and e.reverses is None] == []
    assert set(Counter(e.reverses for e in reversals).values()) <= {1}
    for reversal in reversals:
        reversed_ = found[reversal.reverses or ""]

        assert _but_sign(reversal) == _but_sign(reversed_)
        assert reversal.amount == -reversed_.amount
        assert reversal.board_at in (None, reversed_.board_at)
        assert reversal.seq > reversed_.seq


def _but_sign(entry: Entry) -> tuple[object, ...]:
    """What a reversal has in common with what it reverses."""
    return entry.player, entry.squad, entry.dare, entry.kind, entry.ruleset, entry.outcome


def in_force(store: Readable) -> list[Entry]:
    """The grants that count: neither reversals nor reversed."""
    found = store.select(ENTRIES)
    reversed_ids = {entry.reverses for entry in found}
    return [e for e in found if e.reverses is None and e.entry_id not in reversed_ids]


@given(eventful_logs())
def test_inv_x4_of_each_kind_at_most_one_entry_is_in_force_for_its_key(
    log: list[Recorded[Fact]],
) -> None:
    """MAIN: one for each dare that was reported. ISSUER: one a dare, one a day for each target,
    three a day, by the issuer's own day and zone as they were then."""
    store = folded(log)
    main = Counter(e.dare for e in in_force(store) if e.kind == MAIN)
    issuer = [(e, e.dare) for e in in_force(store) if e.kind == ISSUER and e.dare]
    reports = {r.fact.dare: r.fact for r in log if isinstance(r.fact, DareReported)}
    days = {dare: _day_of_issuer(log, dare) for dare in reports}

    assert main == Counter(reports.keys())
    assert max(Counter(dare for _, dare in issuer).values(), default=0) <= 1
    paid = Counter((e.player, days[dare], reports[dare].target) for e, dare in issuer)
    assert max(paid.values(), default=0) <= 1
    assert max(Counter((e.player, days[dare]) for e, dare in issuer).values(), default=0) <= 3


def _day_of_issuer(log: list[Recorded[Fact]], dare: DareId) -> str:
    """The issuer's own day of a report, in the zone where they lived by then."""
    settings: dict[PlayerId, tuple[str, int]] = {}
    for recorded in log:
        fact = recorded.fact
        if isinstance(fact, PlayerRegistered):
            settings[fact.player] = (fact.tz, fact.day_start_hour)
        elif isinstance(fact, TimezoneChanged):
            settings[fact.player] = (fact.tz, settings[fact.player][1])
        elif isinstance(fact, DareReported) and fact.dare == dare:
            tz, hour = settings[fact.issuer]
            wall = datetime.fromtimestamp(fact.arrived_at // 1000, UTC) - timedelta(hours=hour)
            return wall.astimezone(ZoneInfo(tz)).strftime("%Y-%m-%d")
    raise AssertionError("not reported")


@given(eventful_logs())
def test_inv_d3_what_is_in_force_is_the_grant_of_the_outcome_that_was_said_last(
    log: list[Recorded[Fact]],
) -> None:
    """Priced by the k and n of the report, whatever was put right since."""
    said: dict[DareId, Outcome] = {}
    for recorded in log:
        if isinstance(recorded.fact, DareReported | DareCorrected):
            said[recorded.fact.dare] = recorded.fact.outcome
    grants = {e.dare: e for e in in_force(folded(log)) if e.kind == MAIN and e.dare}
    priced = {r.dare: r for r in folded(log).select(GRANTS)}

    assert {dare: entry.outcome for dare, entry in grants.items()} == said
    for dare, entry in grants.items():
        price = priced[dare]

        assert entry == price.entry
        assert entry.amount == main_grant(
            entry.ruleset, price.difficulty, said[dare], price.repeats, price.today
        )


@given(eventful_logs())
def test_inv_d3_a_correction_reprices_no_other_grant(log: list[Recorded[Fact]]) -> None:
    """With every correction left out, all other dares pay what they paid."""
    corrected_ones = {r.fact.dare for r in log if isinstance(r.fact, DareCorrected)}
    plain = [r for r in log if not isinstance(r.fact, DareCorrected)]
    before, after = (
        [e for e in folded(one).select(ENTRIES) if e.dare not in corrected_ones]
        for one in (plain, log)
    )

    assert after == before


@given(eventful_logs(), st.integers(0, 120))
def test_inv_x6_another_ruleset_for_later_dares_changes_no_past_amount(
    log: list[Recorded[Fact]], start: int
) -> None:
    """Nor what a later correction of a past dare pays."""
    later = [
        replace(r, fact=replace(r.fact, ruleset=2))
        if r.seq > start and isinstance(r.fact, DareReported)
        else r
        for r in log
    ]
    past = {r.fact.dare for r in log if r.seq <= start and isinstance(r.fact, DareReported)}
    scoring.RULESETS[2] = replace(
        scoring.RULESETS[1], base=(1, 2, 3, 4, 5), paid_grants=99, issuer_xp=50
    )
    try:
        changed = [e for e in folded(later).select(ENTRIES) if e.dare in past]
    finally:
        del scoring.RULESETS[2]

    assert changed == [e for e in folded(log).select(ENTRIES) if e.dare in past]


def test_inv_x7_a_day_of_main_grants_is_bounded_by_the_ruleset() -> None:
    """Five full grants and three quarters; the extras come with their rules."""
    rules = scoring.RULESETS[1]
    best = max(rules.base) * max(rules.outcome_percent.values()) // 100
    bound = rules.full_grants * best + (rules.paid_grants - rules.full_grants) * (
        best * rules.reduced_percent // 100
    )
    hardest = [replace(anas(n), difficulty=5) for n in range(30)]

    assert sum(of_ana(*hardest)) == bound == 948


def without_others(log: list[Recorded[Fact]], player: PlayerId) -> list[Recorded[Fact]]:
    """The log without the dares in which a player has no part, nor any battle of theirs."""
    facts = [recorded.fact for recorded in log]
    battles = {f.battle for f in facts if isinstance(f, BattleJoined) and f.player == player}
    cards = {f.dare for f in facts if isinstance(f, DareIssued) and f.battle in battles}
    return [
        recorded
        for recorded in log
        if not isinstance(recorded.fact, AboutDare)
        or player in (recorded.fact.issuer, recorded.fact.target)
        or recorded.fact.dare in cards
    ]


@given(st.one_of(eventful_logs(), battling_logs(), worlds().map(lambda world: world.log)))
def test_inv_x8_the_dares_of_others_change_nobodys_xp(log: list[Recorded[Fact]]) -> None:
    """Others are those with whom one shares neither dare nor battle."""
    store = folded(log)
    for player in PEOPLE:
        alone = folded(without_others(log, player))

        assert account(alone, player) == account(store, player)
        assert entries(alone, player) == entries(store, player)


@given(eventful_logs(), st.integers(0, 2**32 - 1))
def test_inv_c5_xp_and_boards_do_not_depend_on_how_people_interleave(
    log: list[Recorded[Fact]], seed: int
) -> None:
    """What concerns one person keeps its order; the rest is shuffled together anew."""
    before, after = folded(log), folded(interleaved(log, Random(seed)))

    assert [account(after, p) for p in PEOPLE] == [account(before, p) for p in PEOPLE]
    assert after.select(SCORES) == before.select(SCORES)
    assert after.select(FINALS) == before.select(FINALS)


# INV-D5


class Idle(Struct, frozen=True, kw_only=True):
    """A dare that comes to nothing: when, between whom, and in which way."""

    at: Millis
    squad: SquadId
    issuer: PlayerId
    target: PlayerId
    way: str
    pause: Millis


WAYS = (
    "decline",
    "expire",
    "withdraw",
    "accept, bail",
    "accept, start, bail",
    "accept, expire",
    "accept, start, expire",
    "accept, withdraw",
)


def idle() -> st.SearchStrategy[Idle]:
    """One of them, somewhere within a week."""
    return st.builds(
        Idle,
        at=st.integers(0, 7 * 24 * 60).map(lambda minutes: NOW + minutes * MINUTE_MS),
        squad=st.sampled_from((SQUAD, OTHER_SQUAD)),
        issuer=st.sampled_from((ANA, BEN, CLEO)),
        target=st.sampled_from((ANA, BEN, CLEO)),
        way=st.sampled_from(WAYS),
        pause=st.sampled_from((0, MINUTE_MS, HOUR_MS)),
    )


def asked_of(number: int, one: Idle) -> list[Asked]:
    """The commands by which a dare comes to nothing; what expires just ends."""
    dare, at = dare_id(5_000 + number), one.at
    answer: list[RoomCommand] = [
        issue_by_chance(
            dare, by=one.issuer, target=one.target, at=at, thing=number % 4, difficulty=3
        )
    ]
    for step in one.way.split(", "):
        at += one.pause
        match step:
            case "accept":
                answer.append(AcceptDare(at=at, by=one.target, dare=dare))
            case "decline":
                answer.append(DeclineDare(at=at, by=one.target, dare=dare))
            case "start":
                answer.append(StartDare(at=at, by=one.target, dare=dare))
            case "bail":
                answer.append(BailDare(at=at, by=one.target, dare=dare))
            case "withdraw":
                answer.append(
                    WithdrawDare(at=at, by=one.issuer, dare=dare, reason=WithdrawReason.SAFETY)
                )
            case _:
                pass
    return [Asked(squad=one.squad, command=command) for command in answer]


def standing(world: World) -> dict[str, object]:
    """Every number that anybody has: XP, levels, entries, boards and ranks."""
    store = folded(world.log)
    rows = rows_of(store)
    weeks = {(row.squad, row.week) for row in rows[SCORES.name]}
    return {
        "accounts": rows["ledger_accounts"],
        "entries": sorted(map(repr, map(without_place, rows[ENTRIES.name]))),
        "boards": {
            week: order(store.select(SCORES, squad=week[0], week=week[1])) for week in weeks
        },
    }


def with_idle(world: World, idles: list[Idle]) -> World:
    """The world in which these came to nothing besides; the open-dare limits may forbid some."""
    extra = [a for number, one in enumerate(idles) for a in asked_of(number, one)]
    # sorted() is stable: at the same instant, what the world knows already comes first.
    together = sorted([*world.asked, *extra], key=lambda asked: asked.command.at)
    other = play_again(together)
    done = {id(asked.command) for asked in other.asked}
    if any(id(asked.command) not in done for asked in world.asked):
        # A quota was used up, which is the one thing that they may do.
        assert RefusalCode.QUOTA in {refusal.code for refusal in other.refused}
        reject()
    return other


@given(worlds(), st.lists(idle(), min_size=1, max_size=6))
def test_inv_d5_declining_is_free(world: World, idles: list[Idle]) -> None:
    """Inserted anywhere, whatever comes to nothing changes no number of anybody.

    Read from right to left, it is the same law for deleting them.
    """
    other = with_idle(world, idles)
    world.finish()
    other.finish()

    assert standing(other) == standing(world)


@given(worlds())
def test_inv_d5_deleting_all_that_came_to_nothing_changes_no_number(world: World) -> None:
    """Every dare that was never reported, taken out of the log with all its facts."""
    world.finish()
    done = {r.fact.dare for r in world.log if isinstance(r.fact, DareReported)}
    other = World()
    other.log = renumbered(
        r for r in world.log if not isinstance(r.fact, AboutDare) or r.fact.dare in done
    )

    assert standing(other) == standing(world)


@given(worlds(), st.lists(idle(), min_size=1, max_size=4))
def test_inv_d6_no_table_tells_a_decline_from_an_expiry(world: World, idles: list[Idle]) -> None:
    """The same history with every "not today" run out of time instead: the same rows at the end."""
    declines = [replace(one, way="decline", pause=0) for one in idles]
    expiries = [replace(one, way="expire") for one in declines]
    first, second = with_idle(world, declines), with_idle(world, expiries)
    if any(refusal.code is RefusalCode.QUOTA for refusal in (*first.refused, *second.refused)):
        reject()
    first.finish()
    second.finish()

    assert standing(second) == standing(first)
    assert rows_of(folded(second.log))["live_dares"] == rows_of(folded(first.log))["live_dares"]


@pytest.mark.parametrize("way", WAYS)
def test_inv_d5_every_way_of_coming_to_nothing_is_one_that_the_rules_allow(way: str) -> None:
    """So that the property above inserts what it says."""
    one = Idle(at=NOW, squad=SQUAD, issuer=BEN, target=ANA, way=way, pause=MINUTE_MS)
    world = play_again(asked_of(1, one))
    world.finish()

    assert world.refused == list[Refusal]()
    assert [d.state for d in world.rooms[SQUAD].dares.by_id.values()] == [
        {
            "decline": "DECLINED",
            "expire": "EXPIRED",
            "withdraw": "WITHDRAWN",
            "bail": "BAILED",
        }[way.rsplit(", ", maxsplit=1)[-1]]
    ]
