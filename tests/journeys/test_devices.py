"""One person, several devices: in by a code, out here or everywhere, and nothing left behind."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    confirm,
    dare,
    expect_in_feed,
    expect_kept,
    expect_live,
    expect_signed_out,
    expect_xp,
    found_squad,
    invite_link,
    join,
    kept_here,
    make_code,
    open_dare,
    report,
    sign_out,
    to_squad,
    use_code,
)

HERE = ("Sign out on this device", "Sign out")
EVERYWHERE = ("Sign out on all my devices", "Sign out everywhere")


@pytest.fixture
def ann(game: Game, devices: Devices) -> Page:
    """Ann's phone; she has made a squad."""
    page = devices.open("ann", base_url=game.url)
    found_squad(page, "Ann", "Night Owls")
    return page


@pytest.fixture
def tablet(game: Game, devices: Devices, ann: Page) -> Page:
    """Ann's second device, in the same squad."""
    page = devices.open("tablet", base_url=game.url)
    use_code(page, make_code(ann))
    page.get_by_role("link", name="Night Owls").tap()
    expect_live(page)
    return page


def test_a_second_device_carries_on_where_the_first_is(ann: Page, tablet: Page) -> None:
    ann.get_by_role("link", name="Back").tap()
    ann.get_by_role("link", name="Night Owls").tap()
    dare(ann, "Myself", "Say hi to my mum")
    open_dare(tablet, "say hi to her")
    tablet.get_by_role("button", name="I'm going in").tap()
    report(tablet, "They said no", "She waved back.")

    expect_in_feed(ann, "You got a no")
    expect_in_feed(ann, "She waved back.")
    expect_xp(ann, 82)
    to_squad(tablet)
    expect_xp(tablet, 82)
    for page in (ann, tablet):
        expect_live(page)


def test_a_scanned_code_needs_one_tap_and_works_once(
    game: Game, devices: Devices, ann: Page
) -> None:
    code = make_code(ann).replace(" ", "")
    first, second = (devices.open(name, base_url=game.url) for name in ("first", "second"))
    for page in (first, second):
        page.goto(f"/link/{code}")
        page.get_by_role("button", name="Let me in").tap()

    expect(first.get_by_role("heading", name="Hi Ann.")).to_be_visible()
    expect(second.get_by_text("This code does not work")).to_be_visible()
    expect(second.get_by_label("Code from your other device")).to_have_value(code)


def test_signing_out_here_leaves_nothing_here_and_the_other_device_as_it_is(
    ann: Page, tablet: Page
) -> None:
    ann.get_by_role("link", name="Back").tap()
    ann.get_by_role("link", name="Night Owls").tap()
    expect_live(ann)
    ann.get_by_role("link", name="Dare someone").tap()
    ann.get_by_text("Your own words", exact=True).tap()
    ann.get_by_label("Your dare").fill("Ask for a purple balloon")
    other_tab = ann.context.new_page()
    other_tab.goto(ann.url.removesuffix("/dare"))
    expect_live(other_tab)
    ann.goto("/you")
    words = ("Ann", "Night Owls", "purple balloon", "gutsy.player")
    expect(ann.get_by_test_id("you")).to_be_visible()
    expect_kept(ann, *words)

    sign_out(ann, *HERE)

    expect_signed_out(other_tab)
    for page in (ann, other_tab):
        assert [word for word in words if word in kept_here(page)] == []
        page.reload()
        expect(page.get_by_label("Your name")).to_be_visible()
        assert [word for word in words if word in kept_here(page)] == []
    expect_live(tablet)
    dare(tablet, "Myself", "What time is it?")
    expect_live(tablet)


def test_signing_out_everywhere_closes_and_wipes_the_other_device_at_once(
    ann: Page, tablet: Page
) -> None:
    expect_kept(tablet, "Night Owls", "Ann")

    sign_out(ann, *EVERYWHERE)

    expect_signed_out(tablet)
    heading = tablet.get_by_role("heading", level=1)
    expect(heading).to_be_focused()
    expect(heading).to_have_accessible_description(re.compile("nothing of yours is left"))
    for page in (ann, tablet):
        kept = kept_here(page)
        assert [word for word in ("Night Owls", "Ann", "gutsy.player") if word in kept] == []
        page.reload()
        expect(page.get_by_label("Your name")).to_be_visible()


def test_a_device_that_was_offline_is_wiped_when_it_comes_back(ann: Page, tablet: Page) -> None:
    expect_kept(tablet, "Night Owls")
    tablet.context.set_offline(True)
    expect(tablet.get_by_test_id("chip")).to_have_attribute("data-state", "offline", timeout=60_000)
    sign_out(ann, *EVERYWHERE)
    tablet.context.set_offline(False)

    expect_signed_out(tablet)
    assert "Night Owls" not in kept_here(tablet)


def test_a_code_made_first_is_the_way_back(ann: Page) -> None:
    ann.goto("/you")
    ann.get_by_role("button", name=EVERYWHERE[0]).tap()
    expect(ann.get_by_role("dialog").get_by_text("There is no password")).to_be_visible()
    ann.get_by_role("button", name="Show me a code first").tap()
    code = ann.get_by_test_id("link-code").inner_text()
    ann.get_by_role("button", name=EVERYWHERE[0]).tap()
    expect(ann.get_by_role("dialog").get_by_text("still works")).to_be_visible()
    confirm(ann, EVERYWHERE[1])
    expect_signed_out(ann)

    use_code(ann, code)

    expect(ann.get_by_role("heading", name="Hi Ann.")).to_be_visible()
    ann.get_by_role("link", name="Night Owls").tap()
    expect_live(ann)


def test_whoever_signs_out_is_told_what_was_not_sent_yet(ann: Page) -> None:
    dare(ann, "Myself", "Say hi to my mum")
    open_dare(ann, "say hi to her")
    ann.context.set_offline(True)
    ann.get_by_role("button", name="I'm going in").tap()
    ann.get_by_role("link", name="Back").tap()
    ann.get_by_role("link", name="Ann").tap()
    ann.get_by_role("button", name=HERE[0]).tap()
    expect(
        ann.get_by_role("dialog").get_by_text("1 thing you did has not been sent")
    ).to_be_visible()
    confirm(ann, HERE[1])
    expect(ann.get_by_text("Gutsy did not answer")).to_be_visible()
    expect(ann.get_by_role("button", name=HERE[0])).to_be_focused()
    ann.context.set_offline(False)

    expect_live(ann)
    ann.goto("/")
    expect(ann.get_by_role("heading", name="Hi Ann.")).to_be_visible()


def test_a_device_of_somebody_else_becomes_ones_own_in_every_tab(
    game: Game, devices: Devices, ann: Page
) -> None:
    bob = devices.open("bob", base_url=game.url)
    join(bob, invite_link(ann), "Bob")
    tab = bob.context.new_page()
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Hi Bob.")).to_be_visible()
    code = make_code(ann)
    bob.goto("/link")
    expect(bob.get_by_text("You are here as Bob.")).to_be_visible()
    bob.get_by_label("Code from your other device").fill(code)
    bob.get_by_role("button", name="Let me in").tap()

    for page in (bob, tab):
        expect(page.get_by_role("heading", name="Hi Ann.")).to_be_visible()
    bob.get_by_role("link", name="Night Owls").tap()
    expect_live(bob)
    dare(bob, "Bob", "What time is it?")
    expect_in_feed(bob, "You dared Bob")
