"""The arithmetic of ``docs/scale.md``: what goes in comes out, and more logs help."""

import pytest
from click.testing import CliRunner

from loadtests.scaling import SQUADS, decided_again, logs_for, main, nodes_told, peak, world

SQUADS_HERE = 5_000


def test_every_player_lives_somewhere_and_is_in_a_squad_of_some_size() -> None:
    assert sum(SQUADS.values()) == pytest.approx(1)


def test_what_a_world_does_grows_with_its_players() -> None:
    one, ten = world(1_000_000), world(10_000_000)

    assert (ten.live, ten.acts_per_s, ten.seen_by) == pytest.approx(
        (10 * one.live, 10 * one.acts_per_s, one.seen_by)
    )


def test_at_the_busiest_hour_more_are_there_than_on_average() -> None:
    one = world(1_000_000)

    assert one.live > one.acts_a_day * 20 / 86_400


def test_logs_share_what_there_is() -> None:
    loads = [peak(10_000, logs, SQUADS_HERE, seconds=60) for logs in (1, 4, 16)]

    assert [load.mean * load.logs for load in loads] == [10_000] * 3
    assert loads[0].worst_second > loads[1].worst_second > loads[2].worst_second
    assert all(load.mean <= load.busiest <= load.worst_second for load in loads)


def test_the_same_peak_comes_again() -> None:
    assert peak(1_000, 4, SQUADS_HERE) == peak(1_000, 4, SQUADS_HERE)


def test_there_are_as_many_logs_as_no_second_is_too_much_for() -> None:
    load = logs_for(10_000, SQUADS_HERE, most=4_000)

    assert load.worst_second <= 4_000 < peak(10_000, load.logs // 2, SQUADS_HERE).worst_second


def test_a_squad_is_on_as_many_nodes_as_it_has_members_at_most() -> None:
    assert nodes_told(3, 1) == 1
    assert 2.9 < nodes_told(3, 1_000) < 3


def test_on_one_node_nothing_is_decided_again() -> None:
    assert (decided_again(5, 1), decided_again(5, 2) > 0) == (0, True)


def test_the_tables_are_printed() -> None:
    told = CliRunner().invoke(main, ["1000000", "--log", "5000"], catch_exceptions=False)

    assert "live at once" in told.output
