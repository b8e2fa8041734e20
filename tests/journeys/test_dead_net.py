"""The net is "up", but the app is dead: the page finds out by itself, and heals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.proxy import Proxy, proxy_to
from tests.journeys.steps import (
    dare,
    expect_in_feed,
    expect_live,
    expect_xp,
    feed_numbers,
    found_squad,
    invite_link,
    join,
    open_dare,
    report,
    to_squad,
)


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """A server that pings often, so that its silence says something soon."""
    game = Game(tmp_path, GUTSY_PING_MS="500")
    game.start()
    yield game
    game.stop()


@pytest.fixture
def proxy(game: Game) -> Iterator[Proxy]:
    """Between one of the phones and the game."""
    with proxy_to(game.port) as proxy:
        yield proxy


def test_a_connection_that_is_dead_but_open_is_noticed_and_nothing_is_lost_or_doubled(
    game: Game, devices: Devices, proxy: Proxy
) -> None:
    ann = devices.open("ann", base_url=game.url)
    bob = devices.open("bob", base_url=proxy.url)
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann).replace(game.url, proxy.url), "Bob")
    dare(ann, "Bob", "Say hi to my mum")
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    expect(bob.get_by_role("button", name="I'm going in")).to_be_enabled()
    expect_in_feed(ann, "Bob took on a dare from you")

    proxy.play_dead()
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They said no")
    dare(ann, "Bob", "Draw me a cat")
    expect(bob.get_by_test_id("chip")).to_have_attribute("data-state", "offline", timeout=30_000)
    expect(bob.get_by_text("Gutsy cannot be reached right now")).to_be_visible()
    proxy.come_back()

    expect_live(bob)
    expect(bob.get_by_text("Gutsy cannot be reached right now")).to_be_hidden()
    expect_xp(bob, 82)
    expect_in_feed(ann, "Bob got a no")
    to_squad(bob)
    expect(bob.get_by_test_id("next-dare").filter(has_text="draw you a cat")).to_have_count(1)
    expect(bob.get_by_text("Waiting to send")).to_have_count(0)
    assert feed_numbers(ann) == feed_numbers(bob)
    assert (2, 1, 1) == tuple(
        game.stored(f"dare.{what}@1") for what in ("issued", "started", "reported")
    )
