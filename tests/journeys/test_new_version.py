"""A deploy: tabs of the build before learn of it, and nothing that waits in them is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.builds import build_next, expect_next_build
from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    dare,
    expect_in_feed,
    expect_kept,
    expect_live,
    expect_xp,
    found_squad,
    open_dare,
    report,
)

NEW = "There is a new Gutsy"


@pytest.fixture(scope="module")
def next_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client that is deployed next."""
    return build_next(tmp_path_factory.mktemp("next-build"))


def test_an_old_tab_is_told_and_sends_what_waited_in_it_once(
    friends: tuple[Page, Page], game: Game, devices: Devices, next_build: Path
) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Pick my apple")
    open_dare(bob, "choose your apple")
    bob.get_by_role("button", name="I'm in").tap()
    expect(bob.get_by_role("button", name="I'm going in")).to_be_visible()
    expect_in_feed(ann, "Bob took on a dare from you")
    ann.get_by_role("link", name="Dare someone").tap()
    ann.get_by_text("Your own words", exact=True).tap()
    ann.get_by_label("Your dare", exact=True).fill("Ask somebody for a song")
    untouched = devices.open_tab("bob's other tab", beside=bob)
    untouched.goto(bob.url)
    expect_live(untouched)
    bob.context.set_offline(True)
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They said no")

    game.stop()
    game.start(client=next_build)
    bob.context.set_offline(False)

    expect_next_build(untouched)  # by itself: nobody was in the middle of anything there
    expect_xp(untouched, 30)
    for page in (ann, bob):
        expect(page.get_by_text(NEW)).to_be_visible()
        expect(page.locator("html")).not_to_have_attribute("data-build", "next")
        page.get_by_role("button", name="Use the new one").tap()
        expect_next_build(page)
        expect(page.get_by_text(NEW)).to_be_hidden()
    expect(ann.get_by_label("Your dare", exact=True)).to_have_value("Ask somebody for a song")
    expect_live(bob)
    expect_xp(bob, 30)
    expect(bob.get_by_test_id("stamp")).to_have_attribute("data-outcome", "REJECTED")
    ann.get_by_role("link", name="Back").tap()
    expect_in_feed(ann, "Bob got a no")
    assert 1 == game.stored("dare.reported@1")


def test_a_tab_loads_itself_anew_once_and_then_only_says_so(
    game: Game, devices: Devices, next_build: Path
) -> None:
    phone = devices.open("phone", base_url=game.url)
    found_squad(phone, "Ann", "Night Owls")
    phone.reload()  # nobody has touched what is there now
    expect_live(phone)

    game.stop()
    game.start(client=next_build)
    expect_next_build(phone)
    expect_live(phone)
    game.stop()
    game.start()

    expect(phone.get_by_text(NEW)).to_be_visible(timeout=30_000)
    expect_next_build(phone)


def test_a_tab_that_was_loaded_past_its_worker_is_told_too_and_keeps_what_was_picked(
    game: Game, devices: Devices, next_build: Path
) -> None:
    phone = devices.open("phone", base_url=game.url)
    found_squad(phone, "Ann", "Night Owls")
    expect_kept(phone, "Night Owls")
    phone.get_by_role("link", name="Dare someone").tap()
    phone.locator("label[data-player]", has_text="Myself").tap()
    phone.get_by_test_id("deck-card").filter(has_text="Draw me a cat").tap()
    hard = phone.context.new_cdp_session(phone)
    with phone.expect_navigation():
        hard.send("Page.reload", {"ignoreCache": True})
    expect(phone.get_by_role("button", name="Dare myself")).to_be_enabled()
    assert phone.evaluate("navigator.serviceWorker.controller === null")
    expect_live(phone)
    phone.wait_for_function(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('/follow'))"
    )

    game.stop()
    game.start(client=next_build)

    expect_next_build(phone)  # by itself: nobody has touched it since
    expect(phone.get_by_role("button", name="Dare myself")).to_be_enabled()
    expect(phone.get_by_role("radio", name="Draw me a cat")).to_be_checked()
