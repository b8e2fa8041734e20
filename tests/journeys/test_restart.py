"""The server is restarted in the middle of a game: nobody is told off, nothing is lost."""

from playwright.sync_api import Page, expect

from tests.journeys.game import Game
from tests.journeys.steps import (
    dare,
    expect_in_feed,
    expect_live,
    expect_xp,
    feed_numbers,
    open_dare,
    report,
    to_squad,
)


def test_both_play_on_over_a_restart(friends: tuple[Page, Page], game: Game) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Say hi to my mum")
    dare(ann, "Bob", "Draw me a cat")
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    expect(bob.get_by_role("button", name="I'm going in")).to_be_enabled()

    game.ask_to_stop()
    bob.get_by_role("button", name="I'm going in").tap()
    dare(ann, "Bob", "Pick my apple")
    report(bob, "They said no")
    game.wait_for_the_end()
    to_squad(bob)
    open_dare(bob, "draw you a cat")
    bob.get_by_role("button", name="I'm in").tap()
    dare(ann, "Myself", "Worth reading?")
    game.start()
    bob.get_by_role("button", name="I'm going in").tap()
    dare(ann, "Myself", "What time is it?")
    report(bob, "They said yes")
    to_squad(bob)

    for page in (ann, bob):
        expect_live(page)
        expect(page.get_by_text("Waiting to send")).to_have_count(0)
        expect(page.get_by_text("Needs you")).to_have_count(0)
    expect_xp(bob, 82 + 35)
    expect_in_feed(ann, "Bob got a no")
    expect_in_feed(ann, "Bob got a yes")
    expect(bob.get_by_test_id("next-dare").filter(has_text="choose your apple")).to_have_count(1)
    assert feed_numbers(ann) == feed_numbers(bob)
    # A dare to oneself is accepted as it is issued.
    assert (5, 4, 2, 2) == tuple(
        game.stored(f"dare.{what}@1") for what in ("issued", "accepted", "started", "reported")
    )
