"""Who may do what to whom, as the people it happens to see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    ask_to_join,
    board,
    confirm,
    correct,
    dare,
    erase,
    expect_in_feed,
    expect_live,
    expect_xp,
    found_squad,
    invite_link,
    join,
    manage,
    open_dare,
    open_settings,
    report,
    to_squad,
)


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    game = Game(tmp_path)
    game.start()
    yield game
    game.stop()


@pytest.fixture
def ann(game: Game, devices: Devices) -> Page:
    """Ann, who has made a squad."""
    page = devices.open("ann", base_url=game.url)
    found_squad(page, "Ann", "Night Owls")
    return page


def test_whoever_asks_is_let_in_made_captain_and_puts_somebody_out(
    game: Game, devices: Devices, ann: Page
) -> None:
    bob, cleo = (devices.open(name, base_url=game.url) for name in ("bob", "cleo"))
    link = invite_link(ann)
    join(bob, link, "Bob")
    open_settings(ann)
    ann.get_by_text("By asking").tap()
    ann.get_by_role("button", name="Save").tap()
    expect_in_feed(bob, "Ann changed how the squad works")

    ask_to_join(cleo, link, "Cleo")
    ann.get_by_role("button", name="Let in").tap()
    expect_live(cleo)
    expect_in_feed(bob, "Cleo joined, let in by Ann")
    manage(ann, "Cleo")
    ann.get_by_role("button", name="Make captain").tap()
    expect_in_feed(cleo, "You are a captain now")
    open_settings(cleo)
    manage(cleo, "Bob")
    cleo.get_by_role("button", name="Take out of the squad").tap()
    confirm(cleo, "Take out")

    expect(bob.get_by_text("You are out of this squad.")).to_be_visible()
    expect(bob.get_by_text("Your XP and your level stay yours")).to_be_visible()
    ann.get_by_role("link", name="Back").tap()
    expect_in_feed(ann, "Cleo took Bob out of the squad")
    people = ann.get_by_test_id("roster-member")
    expect(people).to_have_count(2)
    assert [person.get_attribute("data-role") for person in people.all()] == ["OWNER", "CAPTAIN"]


def test_a_report_put_right_moves_both_boards(game: Game, devices: Devices, ann: Page) -> None:
    bob = devices.open("bob", base_url=game.url)
    join(bob, invite_link(ann), "Bob")
    dare(ann, "Bob", "Say hi to my mum")
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They said yes")
    expect(bob.get_by_test_id("xp-gain")).to_have_attribute("data-xp", "55")
    expect(ann.locator("[data-testid=board-row][data-score='55']")).to_be_visible()

    correct(bob, "They said no")

    expect(bob.get_by_test_id("stamp")).to_have_attribute("data-outcome", "REJECTED")
    expect(bob.get_by_test_id("xp-gain")).to_have_attribute("data-xp", "82")
    expect_xp(bob, 82)
    expect_in_feed(ann, "Bob got a no")
    expect(bob.get_by_role("button", name="how it went")).to_be_hidden()
    to_squad(bob)
    for page in (ann, bob):
        expect(page.locator("[data-testid=board-row][data-score='82']")).to_be_visible()
        assert board(page) == [("Bob", 82), ("Ann", 5)]


def test_whoever_erases_themselves_is_a_former_member_at_once(
    game: Game, devices: Devices, ann: Page
) -> None:
    bob = devices.open("bob", base_url=game.url)
    join(bob, invite_link(ann), "Bob")
    expect_in_feed(ann, "Bob joined")

    bob.get_by_role("link", name="Bob").tap()
    erase(bob, "Bob")

    expect_in_feed(ann, "Former member left")
    expect(ann.get_by_test_id("feed").get_by_text("Bob")).to_have_count(0)
    expect(ann.get_by_test_id("roster-member")).to_have_count(1)
    bob.reload()
    expect(bob.get_by_label("Your name")).to_be_visible()
    assert bob.evaluate("() => indexedDB.databases().then((all) => all.length)") == 1
    assert _kept(bob) == []


def _kept(page: Page) -> list[str]:
    """What the device still holds of anybody, the deck apart."""
    kept = page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open('gutsy');
          opening.onsuccess = () => {
            const stores = ['outbox', 'squads', 'kept'];
            const all = opening.result.transaction(stores);
            const keys = stores.map((store) => all.objectStore(store).getAllKeys());
            all.oncomplete = () => done(keys.flatMap(({result}) => result.map(String)));
          };
        })"""
    )
    return [str(key) for key in kept if key != "deck"]
