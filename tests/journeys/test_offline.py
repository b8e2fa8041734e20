"""Without a net: every screen opens with what was last known, and what is done there counts."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    dare,
    expect_in_feed,
    expect_kept,
    expect_live,
    expect_xp,
    open_dare,
    report,
    to_squad,
)

OFFLINE = "Gutsy cannot be reached right now"
# Words of one's own profile and of the deck: without these two not every screen opens.
PROFILE_AND_DECK = ("next_at", "Pick my apple")


def test_every_screen_opens_without_a_net(friends: tuple[Page, Page], devices: Devices) -> None:
    ann, bob = friends
    dare(bob, "Ann", "Draw me a cat")
    open_dare(ann, "draw you a cat")
    at_dare = ann.url
    squad = at_dare.partition("/d/")[0]
    expect_kept(ann, *PROFILE_AND_DECK, "dare.issued")

    ann.context.set_offline(True)
    ann.close()
    cold = devices.open_tab("ann without a net", beside=ann)

    for address, shown in (
        ("/", cold.get_by_role("link", name="Night Owls")),
        ("/j/ABCDE12345", cold.get_by_text("The invite could not be loaded")),
        (squad, cold.get_by_test_id("squad")),
        (f"{squad}/dare", cold.get_by_test_id("deck-card").first),
        (at_dare, cold.get_by_role("button", name="I'm in")),
        (f"{squad}/settings", cold.get_by_test_id("settings")),
        ("/you", cold.get_by_role("button", name="Erase me for good")),
        ("/no/such/screen/at/all", cold.get_by_role("link", name="Night Owls")),
    ):
        cold.goto(address)
        expect(shown).to_be_visible()
        expect(cold.get_by_text(OFFLINE)).to_be_visible()


def test_a_report_made_without_a_net_outlives_its_page_and_counts_once(
    friends: tuple[Page, Page], game: Game, devices: Devices
) -> None:
    ann, bob = friends
    dare(ann, "Bob", "Say hi to my mum")
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    expect(ann.get_by_text("Bob is going in", exact=True)).to_be_visible()
    expect_kept(bob, *PROFILE_AND_DECK, "IN_PROGRESS")

    bob.context.set_offline(True)
    report(bob, "They said no")
    expect_kept(bob, *PROFILE_AND_DECK, "dare.report")
    bob.close()
    later = devices.open_tab("bob later", beside=bob)
    later.goto(bob.url)
    expect(later.get_by_test_id("stamp")).to_be_visible()
    later.context.set_offline(False)

    expect_live(later)
    expect_xp(later, 82)
    expect_in_feed(ann, "Bob got a no")
    expect(ann.get_by_test_id("feed").get_by_text("Bob got a no")).to_have_count(1)
    expect(ann.locator("[data-testid=board-row][data-score='82']")).to_be_visible()
    to_squad(later)
    expect(later.get_by_text("Waiting to send")).to_be_hidden()
    assert 1 == game.stored("dare.reported@1")


def test_the_worker_keeps_the_shell_and_nothing_else(friends: tuple[Page, Page]) -> None:
    _, bob = friends
    expect_kept(bob, *PROFILE_AND_DECK, "member.joined")

    statuses = bob.evaluate(
        """() => Promise.all(['/assets/gone-12345678.js', '/api/me', '/api/deck', '/readyz'].map(
             async (path) => (await fetch(path)).status))"""
    )
    kept = set(
        bob.evaluate(
            """async () => {
          const all = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
          const requests = (await Promise.all(all.map((cache) => cache.keys()))).flat();
          return requests.map(({url}) => new URL(url).pathname);
        }"""
        )
    )

    assert [404, 200, 200, 200] == statuses
    assert {"/", "/icon.svg", "/manifest.webmanifest"} == {
        path for path in kept if not path.startswith("/assets/")
    }
    assert "/assets/gone-12345678.js" not in kept
