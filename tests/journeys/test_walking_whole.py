"""The walking whole: one dare from a tap in one browser to another, and back from every mishap."""

from playwright.sync_api import Page, expect

from tests.journeys.game import Game
from tests.journeys.steps import (
    board,
    dare,
    expect_in_feed,
    expect_live,
    expect_xp,
    feed_numbers,
    open_dare,
    report,
    to_squad,
)


def test_one_dare_goes_from_a_tap_to_both_boards(friends: tuple[Page, Page]) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Say hi to my mum")
    expect(ann.get_by_text("Waiting for Bob")).to_be_visible()
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    expect(ann.get_by_text("Bob is going in", exact=True)).to_be_visible()

    report(bob, "They said no", "They laughed, and waved at the dog instead.")

    expect(bob.get_by_test_id("stamp")).to_have_attribute("data-outcome", "REJECTED")
    expect(bob.get_by_test_id("xp-gain")).to_have_attribute("data-xp", "82")
    expect_xp(bob, 82)
    expect_in_feed(ann, "They laughed, and waved at the dog instead.")
    expect_in_feed(ann, "Bob got a no")
    to_squad(bob)
    for page in (ann, bob):
        expect(page.locator("[data-testid=board-row][data-score='82']")).to_be_visible()
        assert board(page) == [("Bob", 82), ("Ann", 5)]


def test_not_today_is_free_and_looks_like_nothing(friends: tuple[Page, Page]) -> None:
    ann, bob = friends
    dare(ann, "Bob", "What time is it?")
    open_dare(bob, "Ask a stranger the time")

    bob.get_by_role("button", name="Not today").tap()

    expect(ann.get_by_text("Waiting for Bob")).to_be_hidden()
    expect_in_feed(ann, "A dare was not taken")
    assert ann.get_by_text("declined").count() == 0


def test_a_double_tap_takes_one_step(friends: tuple[Page, Page]) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Worth reading?")
    open_dare(bob, "worth reading")
    accept = bob.get_by_role("button", name="I'm in")
    expect(accept).to_be_enabled()
    box = accept.bounding_box()
    assert box is not None

    for _ in range(2):
        bob.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    expect(bob.get_by_role("button", name="I'm going in")).to_be_enabled()
    expect(bob.get_by_test_id("dare")).to_have_attribute("data-state", "ACCEPTED")
    expect_in_feed(ann, "Bob took on a dare from you")
    assert 0 == ann.get_by_text("Bob is going in", exact=True).count()


def test_a_reload_brings_everything_back(friends: tuple[Page, Page]) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Draw me a cat")
    open_dare(bob, "draw you a cat")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They said yes")
    expect_xp(bob, 35)
    before = feed_numbers(ann)

    for page in (ann, bob):
        page.reload()
        expect_live(page)

    expect_xp(bob, 35)
    expect(bob.get_by_test_id("stamp")).to_have_attribute("data-outcome", "GRANTED")
    assert feed_numbers(ann)[: len(before)] == sorted(set(before), reverse=True)


def test_what_is_done_offline_counts_once_when_the_net_is_back(
    friends: tuple[Page, Page], game: Game
) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Pick my apple")
    open_dare(bob, "choose your apple")
    bob.get_by_role("button", name="I'm in").tap()
    expect(bob.get_by_role("button", name="I'm going in")).to_be_visible()
    expect_in_feed(ann, "Bob took on a dare from you")

    bob.context.set_offline(True)
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They ignored me")
    bob.reload()
    expect(bob.get_by_test_id("chip")).to_have_attribute("data-state", "offline")
    expect(bob.get_by_test_id("stamp")).to_be_visible()
    bob.context.set_offline(False)

    expect_live(bob)
    expect_xp(bob, 24)
    expect_in_feed(ann, "Bob got silence")
    assert game.stored("dare.reported@1") == 1


def test_a_killed_server_comes_back_with_nothing_lost_or_doubled(
    friends: tuple[Page, Page], game: Game
) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Room for one more?")
    open_dare(bob, "whether you may join in")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    expect(ann.get_by_text("Bob is going in", exact=True)).to_be_visible()

    game.kill()
    expect(bob.get_by_test_id("chip")).not_to_have_attribute("data-state", "live")
    report(bob, "A bit of both")
    game.start()

    for page in (ann, bob):
        expect_live(page)
    expect_xp(bob, 60)
    expect_in_feed(ann, "Bob got a bit of both")
    to_squad(bob)
    expect(ann.locator("[data-testid=board-row][data-score='60']")).to_be_visible()
    numbers = feed_numbers(ann)
    assert numbers == sorted(set(numbers), reverse=True)
    assert game.stored("dare.reported@1") == 1
