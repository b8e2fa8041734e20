"""Who sees which board, and who stands on it (INV-L6), over whole histories by chance."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import PlayerId, SquadId
from domain.squads.events import MemberBanned, MemberJoined, MemberKicked, MemberLeft
from domain.weeks import WeekId, week_after, week_before
from projections import weekly_board
from projections.stores.store import Store
from server.eventlog.memory import MemoryLog
from server.live.read_models import ReadModels
from server.protocol.views import Week
from tests.domain import profile
from tests.domain.histories import World, worlds
from tests.examples import NOW, PEOPLE
from tests.projections.folding import folded
from tests.server.world import DAY_MS, HandClock, done, running
from tests.server.world import World as Served

profile.load()


def models_of(world: World, store: Store) -> ReadModels:
    """The read models of a history, at its end; names are their own plain text."""
    return ReadModels(MemoryLog(), store, lambda sealed: sealed.decode(), HandClock(world.now))


def spans_of(world: World, squad: SquadId, player: PlayerId) -> list[tuple[int, int | None]]:
    """When a player came in and went, each time."""
    spans: list[tuple[int, int | None]] = []
    for fact in world.facts(squad):
        if not isinstance(fact, MemberJoined | MemberLeft | MemberKicked | MemberBanned):
            continue
        if fact.player != player or fact.seat is None:
            continue  # banned while asking, one leaves nothing
        if isinstance(fact, MemberJoined):
            spans.append((fact.at, None))
        else:
            spans[-1] = (spans[-1][0], fact.at)
    return spans


def weeks_around(world: World, squad: SquadId) -> list[WeekId]:
    """The weeks of a history, one before and one after."""
    calendar = world.rooms[squad].squad.calendar
    week, last = week_before(calendar.week_of(NOW)), calendar.week_of(world.now)
    weeks = [week]
    while week <= last:
        week = week_after(week)
        weeks.append(week)
    return weeks


@given(worlds())
def test_inv_l6_a_person_sees_boards_of_their_squads_and_of_weeks_before_they_left(
    world: World,
) -> None:
    """Nobody else sees any: not one who only asks, nor one who was banned while asking."""
    models = models_of(world, folded(world.log))
    for squad in world.rooms:
        calendar = world.rooms[squad].squad.calendar
        for player in PEOPLE:
            spans = spans_of(world, squad, player)
            left_at = spans[-1][1] if spans else None
            for week in weeks_around(world, squad):
                _, ends_at = calendar.bounds(week)
                expected = bool(spans) and (left_at is None or ends_at <= left_at)

                assert models.may_see_week(squad, player, week) == expected


@given(worlds(), st.booleans())
def test_inv_l6_a_leaver_keeps_their_row_marked_as_left(world: World, is_finished: bool) -> None:
    """Whoever scored stands on the board, gone or not; once it is final nobody is marked."""
    if is_finished:
        world.finish()
    store = folded(world.log)
    models = models_of(world, store)
    for row in store.select(weekly_board.SCORES):
        board = models.week(row.squad, row.week)
        assert board is not None
        (line,) = (line for line in board.rows if line.player == row.player)
        is_in = row.player in world.rooms[row.squad].squad.members
        is_marked = board.state != "FINAL" and not is_in

        assert (line.score, line.rejections, line.left) == (row.score, row.rejections, is_marked)


@given(worlds())
def test_inv_l6_whoever_left_without_a_score_is_not_on_the_board(world: World) -> None:
    store = folded(world.log)
    models = models_of(world, store)
    for squad, room in world.rooms.items():
        board = models.week(squad)
        assert board is not None
        scored = {r.player for r in store.select(weekly_board.SCORES, squad=squad, week=board.week)}

        assert {line.player for line in board.rows} == scored | set(room.squad.members)


# A final board (INV-L3)


class FinalBoard:
    """A squad's week that is over: Maya and Sam have scored in it, Kim and Lou have not."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def begin(self) -> None:
        """Sixty hours after its end it is closed."""
        self.squad, players = await self.served.squad_of("Maya", "Sam", "Kim", "Lou")
        self.maya, self.sam, self.kim, self.lou = players
        for player in (self.maya, self.sam):
            dare = await self.served.dare(player, player, self.squad)
            await self.do(player, "dare.report", dare=dare, outcome="MIXED")
        self.served.clock.pass_ms(10 * DAY_MS)
        while await self.served.timers.ring_due():
            pass

    async def do(self, by: str, kind: str, /, **body: object) -> None:
        """A command in the squad, which must be a yes."""
        done(await self.served.do(by, kind, body, squad=self.squad))

    async def come_back(self, player: str) -> None:
        """By a new code."""
        code = await self.served.invite(self.maya, self.squad)
        done(await self.served.do(player, "squad.join", {"code": code}))

    async def board(self) -> Week | None:
        """The week as it is shown now."""
        await self.served.folded()
        return self.served.models.week(self.squad, WeekId("2026-W48"))


@pytest.fixture
async def final() -> AsyncIterator[FinalBoard]:
    """A week that is over."""
    async with running() as served:
        one = FinalBoard(served)
        await one.begin()
        yield one


async def test_inv_l3_a_final_board_holds_who_scored(final: FinalBoard) -> None:
    """And nobody who did not: there is nothing to come."""
    board = await final.board()
    assert board is not None

    assert ("FINAL", {final.maya, final.sam}, {False}) == (
        board.state,
        {row.player for row in board.rows},
        {row.left for row in board.rows},
    )


async def test_inv_l3_somebody_without_points_leaves_and_a_final_board_stands(
    final: FinalBoard,
) -> None:
    """Byte for byte."""
    before = await final.board()
    await final.do(final.kim, "squad.leave")

    assert before == await final.board()


@pytest.mark.parametrize("kind", ["squad.kick", "squad.ban"])
async def test_inv_l3_somebody_who_scored_is_put_out_and_a_final_board_stands(
    final: FinalBoard, kind: str
) -> None:
    """They are not marked: they were there."""
    before = await final.board()
    await final.do(final.maya, kind, player=final.sam)

    assert before == await final.board()


async def test_inv_l3_somebody_comes_back_and_a_final_board_stands(final: FinalBoard) -> None:
    """Whoever left before it was final, and whoever left since; with points and without."""
    before = await final.board()
    boards = []
    for player in (final.sam, final.lou):
        await final.do(player, "squad.leave")
        await final.come_back(player)
        boards.append(await final.board())

    assert [before, before] == boards


async def test_inv_l3_a_final_board_is_the_same_for_somebody_who_left_while_it_was_open() -> None:
    """And came back when it was final."""
    async with running() as served:
        squad, (maya, sam) = await served.squad_of("Maya", "Sam")
        one = FinalBoard(served)
        one.squad, one.maya, one.sam = squad, maya, sam
        dare = await served.dare(sam, sam, squad)
        await one.do(sam, "dare.report", dare=dare, outcome="MIXED")
        await one.do(sam, "squad.leave")
        served.clock.pass_ms(10 * DAY_MS)
        while await served.timers.ring_due():
            pass
        before = await one.board()
        await one.come_back(sam)

        assert before == await one.board()
