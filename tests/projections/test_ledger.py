"""The XP ledger (rules §5), and what leaves it as it is (INV-D5)."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from domain import scoring
from domain.dares.commands import AcceptDare, BailDare, DeclineDare, StartDare, WithdrawDare
from domain.dares.events import AboutDare, DareReported, WithdrawReason
from domain.facts import Fact, Recorded
from domain.ids import DAY_MS, HOUR_MS, MINUTE_MS, Millis, PlayerId, SquadId
from domain.refusals import Refusal, RefusalCode
from domain.room import RoomCommand
from domain.scoring import Outcome, level_of
from projections.ledger import ENTRIES, Account, Entry, Grant, account, entries, entry_id
from projections.weekly_board import SCORES, order
from tests.domain.histories import Asked, World, issue_by_chance, play_again, worlds
from tests.examples import (
    AGREED,
    ANA,
    BEN,
    CLEO,
    DARE,
    FRIENDS,
    NO_THANKS,
    NOW,
    OFFER,
    OTHER_SQUAD,
    PEOPLE,
    REPORT,
    SQUAD,
    TODAY,
    dare_id,
    log_of,
    reported,
    self_dare,
)
from tests.projections import naive
from tests.projections.folding import fold, folded, prepared, renumbered, rows_of, without_place
from tests.projections.reports import logs

# Examples


def of_ana(*reports: DareReported) -> list[int]:
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


def test_the_issuer_earns_nothing_by_the_report_of_another() -> None:
    assert entries(folded(log_of(*FRIENDS, OFFER, AGREED, REPORT)), BEN) == []


def test_entries_are_listed_newest_first() -> None:
    store = folded(log_of(*FRIENDS, anas(1), anas(2, at=NOW + 1), anas(3, at=NOW + 2)))

    assert [entry.dare for entry in entries(store, ANA)] == [dare_id(n) for n in (3, 2, 1)]


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


# Laws


@given(logs())
def test_the_ledger_is_the_naive_one(log: list[Recorded[Fact]]) -> None:
    found = sorted(folded(log).select(ENTRIES), key=lambda entry: entry.seq)

    assert [(e.player, e.squad, e.dare, e.amount, e.board_at) for e in found] == [
        (g.player, g.squad, g.dare, g.xp, g.at) for g in naive.grants(log)
    ]


@given(worlds())
def test_the_ledger_of_a_whole_history_is_the_naive_one(world: World) -> None:
    found = sorted(folded(world.log).select(ENTRIES), key=lambda entry: entry.seq)

    assert [(e.player, e.amount) for e in found] == [
        (g.player, g.xp) for g in naive.grants(world.log)
    ]


@given(logs(max_reports=15))
def test_inv_x1_xp_is_the_sum_of_the_ledger_and_never_negative_at_every_prefix(
    log: list[Recorded[Fact]],
) -> None:
    store = prepared(folded(()))
    for recorded in log:
        fold(store, [recorded])
        for player in PEOPLE:
            xp = account(store, player).xp

            assert xp == sum(entry.amount for entry in entries(store, player)) >= 0


@given(logs())
def test_inv_x2_the_highest_level_is_that_of_the_xp(log: list[Recorded[Fact]]) -> None:
    """As long as nothing is reversed, nobody has fallen."""
    store = folded(log)
    for player in PEOPLE:
        found = account(store, player)

        assert found.top_level == level_of(found.xp) == naive.level(found.xp)


@given(logs())
def test_inv_x3_without_reversals_no_entry_is_negative(log: list[Recorded[Fact]]) -> None:
    found = folded(log).select(ENTRIES)

    assert [e for e in found if e.amount < 0 or e.reverses is not None] == []


@given(worlds())
def test_inv_x4_a_dare_has_at_most_one_main_grant(world: World) -> None:
    world.finish()
    found = Counter(entry.dare for entry in folded(world.log).select(ENTRIES))
    reports = {r.fact.dare for r in world.log if isinstance(r.fact, DareReported)}

    assert found == Counter(reports)


@given(logs(), st.integers(0, 120))
def test_inv_x6_another_ruleset_for_later_dares_changes_no_past_amount(
    log: list[Recorded[Fact]], start: int
) -> None:
    later = [
        replace(r, fact=replace(r.fact, ruleset=2))
        if r.seq > start and isinstance(r.fact, DareReported)
        else r
        for r in log
    ]
    scoring.RULESETS[2] = replace(scoring.RULESETS[1], base=(1, 2, 3, 4, 5), paid_grants=99)
    try:
        changed = folded(later).select(ENTRIES)
    finally:
        del scoring.RULESETS[2]
    past = [entry for entry in folded(log).select(ENTRIES) if entry.seq <= start]

    assert [entry for entry in changed if entry.seq <= start] == past


def test_inv_x7_a_day_of_main_grants_is_bounded_by_the_ruleset() -> None:
    """Five full grants and three quarters; the extras come with their rules."""
    rules = scoring.RULESETS[1]
    best = max(rules.base) * max(rules.outcome_percent.values()) // 100
    bound = rules.full_grants * best + (rules.paid_grants - rules.full_grants) * (
        best * rules.reduced_percent // 100
    )
    hardest = [replace(anas(n), difficulty=5) for n in range(30)]

    assert sum(of_ana(*hardest)) == bound == 948


@given(worlds())
def test_inv_x8_the_dares_of_others_change_nobodys_xp(world: World) -> None:
    store = folded(world.log)
    for player in PEOPLE:
        own = [
            recorded
            for recorded in world.log
            if not isinstance(recorded.fact, AboutDare)
            or player in (recorded.fact.issuer, recorded.fact.target)
        ]

        assert account(folded(own), player) == account(store, player)


@given(logs(), st.randoms(use_true_random=False))
def test_inv_c5_xp_does_not_depend_on_how_people_interleave(
    log: list[Recorded[Fact]], chance: Random
) -> None:
    """Each person's own order kept, everybody's shuffled together anew."""
    queues = {p: [r for r in log if r.fact.by == p] for p in PEOPLE}
    mixed: list[Recorded[Fact]] = []
    while any(queues.values()):
        waiting = [queue for queue in queues.values() if queue]
        mixed.append(chance.choice(waiting).pop(0))
    before, after = folded(log), folded(renumbered(mixed))

    assert [account(after, p) for p in PEOPLE] == [account(before, p) for p in PEOPLE]
    assert after.select(SCORES) == before.select(SCORES)


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
