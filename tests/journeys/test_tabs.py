"""Two tabs of one person: one sends for both, and both show the same."""

import msgpack
from playwright.sync_api import Page, WebSocket, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import dare, expect_in_feed, expect_live


def test_one_tab_sends_for_both_until_it_is_closed_and_the_other_takes_over(
    friends: tuple[Page, Page], game: Game, devices: Devices
) -> None:
    ann, bob = friends
    first, second = (devices.open_tab(f"bob's {which} tab", beside=bob) for which in ("1st", "2nd"))
    sent_by_first, sent_by_second = _commands(first), _commands(second)
    for tab in (first, second):  # the one that is looked at last takes the sending over
        tab.goto(bob.url)
        expect_live(tab)
    bob.close()

    dare(first, "Ann", "Draw me a cat")
    for tab in (first, second):
        expect(tab.get_by_text("Waiting for Ann")).to_have_count(1)
    expect(ann.get_by_test_id("next-dare")).to_have_count(1)
    assert ([], ["dare.issue"]) == (sent_by_first, sent_by_second)

    second.close()
    dare(first, "Ann", "Worth reading?")

    expect(ann.get_by_test_id("next-dare")).to_have_count(2)
    expect(first.get_by_text("Waiting for Ann")).to_have_count(2)
    expect(first.get_by_text("Waiting to send")).to_have_count(0)
    assert (["dare.issue"], ["dare.issue"]) == (sent_by_first, sent_by_second)
    assert 2 == game.stored("dare.issued@1")


def test_both_tabs_follow_what_happens_to_their_player(
    friends: tuple[Page, Page], devices: Devices
) -> None:
    ann, bob = friends
    second = devices.open_tab("bob's 2nd tab", beside=bob)
    second.goto(bob.url)
    expect_live(second)

    dare(ann, "Bob", "Pick my apple")
    for tab in (bob, second):
        tab.get_by_test_id("next-dare").filter(has_text="choose your apple").tap()
    bob.get_by_role("button", name="I'm in").tap()

    expect(second.get_by_role("button", name="I'm going in")).to_be_enabled()
    second.get_by_role("button", name="I'm going in").tap()
    expect(bob.get_by_role("button", name="Stamp it")).to_be_visible()
    expect(ann.get_by_text("Bob is going in", exact=True)).to_be_visible()
    expect_in_feed(ann, "Bob took on a dare from you")


def _commands(tab: Page) -> list[str]:
    """The kinds of the commands that a tab sends from now on."""
    kinds: list[str] = []

    def note(payload: str | bytes) -> None:
        message = msgpack.unpackb(payload) if isinstance(payload, bytes) else {}
        if message.get("t") == "cmd":
            kinds.append(message["k"])

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", note)

    tab.on("websocket", watch)
    return kinds
