"""Who is around, and who is going in right now, on a friend's phone."""

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import dare, found_squad, invite_link, join, open_dare, report


def around(page: Page, whom: str) -> Locator:
    """Somebody among those who are around."""
    return page.get_by_test_id("around").get_by_role("listitem").filter(has_text=whom)


def test_a_friend_who_goes_in_shows_on_the_other_phone(game: Game, devices: Devices) -> None:
    """In words, too, until the report is made; and a phone that is gone is around no more.

    Nothing moves under the finger when it goes.
    """
    ann = devices.open("ann", base_url=game.url)
    bob = devices.open("bob", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    expect(around(ann, "Bob")).to_be_visible()
    expect(around(bob, "Ann")).to_be_visible()
    expect(around(ann, "Ann")).to_have_count(0)

    dare(ann, "Bob", "Draw me a cat")
    open_dare(bob, "draw you a cat")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    expect(around(ann, "Bob")).to_have_attribute("data-going-in", "true")
    expect(ann.get_by_role("status").get_by_text("Bob is going in right now")).to_be_attached()

    report(bob, "They said no")
    expect(around(ann, "Bob")).to_have_attribute("data-going-in", "false")
    feed = ann.get_by_test_id("feed")
    place = feed.bounding_box()
    bob.close()
    # A connection that is lost may come back: the server waits for it a while.
    expect(around(ann, "Bob")).to_have_count(0, timeout=60_000)

    assert place == feed.bounding_box()
