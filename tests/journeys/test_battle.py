"""A battle of four, from a link to its replay, through a dead net and a dead server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.battle_steps import (
    battle_link,
    expect_points,
    expect_stage,
    expect_turn,
    go_in,
    open_battle,
    table,
    tell,
)
from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    ask_to_join,
    expect_in_feed,
    expect_live,
    found_squad,
    invite_link,
    join,
    open_settings,
)

# A phone that is an hour ahead: every time on it must be the server's all the same.
HOUR_AHEAD = "Date.now = ((now) => () => now() + 3_600_000)(Date.now);"


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    game = Game(
        tmp_path,
        GUTSY_RULESET="0",
        # A dead net is noticed soon enough for a short battle.
        GUTSY_PING_MS="2000",
        GUTSY_COMMANDS_PER_S="1000",
        GUTSY_COMMAND_BURST="1000",
    )
    game.start()
    yield game
    game.stop()


@pytest.mark.timeout(300)  # it is over when its clock says so
def test_four_fight_a_battle_and_see_the_same_end(game: Game, devices: Devices) -> None:
    names = ("ann", "bob", "cleo", "dora")
    ann, bob, cleo, dora = (devices.open(name, base_url=game.url) for name in names)
    cleo.context.add_init_script(HOUR_AHEAD)
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    open_battle(ann, "Same cards", "1")
    expect(ann.get_by_role("button", name="Start the battle")).to_be_disabled()
    link = battle_link(ann)
    bob.get_by_test_id("battle-card").tap()
    bob.get_by_role("button", name="I'm in", exact=True).tap()
    for page, name in ((cleo, "Cleo"), (dora, "Dora")):
        join(page, link, name)
        expect_stage(page, "LOBBY")
    # Somebody who is in already comes by the same link.
    bob.goto(link)
    expect_stage(bob, "LOBBY")
    for page in (ann, bob, cleo, dora):
        expect(page.get_by_test_id("participants").get_by_role("listitem")).to_have_count(4)

    ann.get_by_role("button", name="Start the battle").tap()
    for page in (ann, bob, cleo, dora):
        expect_stage(page, "LIVE")
    expect(cleo.get_by_test_id("time-left")).to_have_text(re.compile(r"^0[01]:\d\d$"))
    # Ann is on fire after two noes: 3, 3, and twice 3.
    for points in (3, 6, 12):
        go_in(ann)
        tell(ann, "They said no")
        expect_points(ann, "Ann", points)
    # Passing on a card is free, and the next one comes.
    expect_turn(bob, "next")
    bob.get_by_role("button", name="Take it").tap()
    expect_turn(bob, "card")
    bob.get_by_role("button", name="Not this one").tap()
    go_in(bob, doubled=True)
    tell(bob, "They said yes")
    expect_points(bob, "Bob", 2)
    # Cleo loses her net while she is in, and her report waits for it.
    go_in(cleo)
    cleo.context.set_offline(True)
    expect(cleo.get_by_test_id("chip")).to_have_attribute("data-state", "offline", timeout=60_000)
    cleo.get_by_text("A bit of both", exact=True).tap()
    cleo.get_by_role("button", name="Stamp it").tap()
    game.kill()
    game.start()
    cleo.context.set_offline(False)
    for page in (ann, bob, cleo, dora):
        expect_live(page)
    expect_points(dora, "Cleo", 2)
    # Dora closes the page and comes back into the very same battle, as does the host.
    for page in (dora, ann):
        page.reload()
        expect_stage(page, "LIVE")
    go_in(dora)

    expect_stage(ann, "GRACE")
    for page in (ann, bob, cleo, dora):
        expect_stage(page, "FINISHED")
    results = [_result(page) for page in (ann, bob, cleo, dora)]
    replays = [_end_of_replay(page) for page in (ann, bob, cleo, dora)]
    # As many points, noes and reports as each other: one place for both.
    expected = [("Ann", 12, 1), ("Bob", 2, 2), ("Cleo", 2, 2), ("Dora", 0, 4)]
    expect(ann.get_by_role("heading", name="You won")).to_be_visible()
    expect(dora.get_by_role("heading", name="Ann won")).to_be_visible()
    expect(ann.get_by_test_id("battle-xp")).to_have_attribute("data-xp", "30")
    ann.get_by_role("link", name="Back to the squad").tap()
    expect_in_feed(ann, "The battle is over")
    ann.get_by_test_id("feed").get_by_role("link", name="The battle is over").tap()
    expect_stage(ann, "FINISHED")

    assert (4, 1) == (game.stored("battle.joined@1"), game.stored("battle.finished@1"))
    assert [expected] * 4 == results
    assert [expected] * 4 == replays


def test_a_battle_that_is_called_off_costs_nothing(game: Game, devices: Devices) -> None:
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    open_battle(ann, "Duel", "1")
    bob.get_by_test_id("battle-card").tap()
    expect(bob.get_by_text("Ann calls for a battle")).to_be_visible()
    ann.get_by_role("button", name="Call it off").tap()
    for page in (ann, bob):
        expect_stage(page, "CANCELLED")
        expect(page.get_by_text("Whoever called for it called it off.")).to_be_visible()
    bob.get_by_role("link", name="Back to the squad").tap()
    expect(bob.get_by_role("link", name="Start a battle")).to_be_visible()

    assert 0 == game.stored("battle.finished@1")


def test_whoever_has_to_ask_is_in_the_battle_once_they_are_let_in(
    game: Game, devices: Devices
) -> None:
    """The link says which one, and nobody has to look for it after the waiting."""
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found_squad(ann, "Ann", "Night Owls")
    open_settings(ann)
    ann.get_by_text("By asking").tap()
    ann.get_by_role("button", name="Save").tap()
    expect(ann.get_by_text("Saved")).to_be_visible()
    ann.get_by_role("link", name="Back").tap()
    open_battle(ann, "Same cards", "1")
    ask_to_join(bob, battle_link(ann), "Bob")
    ann.get_by_role("link", name="Back").tap()
    open_settings(ann)
    ann.get_by_role("button", name="Let in").tap()
    expect_stage(bob, "LOBBY")
    expect(bob.get_by_test_id("arena")).to_have_attribute("data-in", "true")
    ann.get_by_role("link", name="Back").tap()
    ann.get_by_test_id("battle-card").tap()
    ann.get_by_role("button", name="Start the battle").tap()
    for page in (ann, bob):
        expect_stage(page, "LIVE")


def _result(page: Page) -> list[tuple[str, int, int]]:
    expect(page.get_by_test_id("result")).to_be_visible()
    return table(page, "points")


def _end_of_replay(page: Page) -> list[tuple[str, int, int]]:
    """By keyboard: to the start of the slider, and to its end."""
    replay = page.get_by_test_id("replay")
    scrub = page.get_by_role("slider", name="Moment")
    scrub.focus()
    page.keyboard.press("Home")
    expect(page.get_by_test_id("moment")).to_have_attribute("data-kind", "battle.opened")
    page.keyboard.press("ArrowRight")
    expect(replay).to_have_attribute("data-step", "1")
    page.keyboard.press("End")
    expect(page.get_by_test_id("moment")).to_have_attribute("data-kind", "battle.finished")
    return table(page, "replay")
