"""Every screen passes axe (WCAG 2.2 AA) in both themes and at both sizes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.battle_steps import (
    battle_link,
    expect_stage,
    expect_turn,
    go_in,
    open_battle,
    tell,
)
from tests.journeys.conftest import Devices
from tests.journeys.gallery import look, without_celebration
from tests.journeys.game import Game
from tests.journeys.steps import (
    ask_to_join,
    confirm,
    correct,
    dare,
    erase,
    expect_in_feed,
    expect_live,
    expect_signed_out,
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
    # The gallery acts faster than any person would.
    game = Game(tmp_path, GUTSY_COMMANDS_PER_S="1000", GUTSY_COMMAND_BURST="1000")
    game.start()
    yield game
    game.stop()


def test_every_screen_is_open_to_everybody(game: Game, devices: Devices) -> None:
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found: list[str] = []
    ann.goto("/")
    expect(ann.get_by_label("Your name")).to_be_visible()
    found += look(ann, "start")
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)
    found += look(ann, "squad-new")
    bob.goto("/j/0000000000")
    expect(bob.get_by_role("heading", name="invite link")).to_be_visible()
    found += look(bob, "join-wrong")
    bob.goto(link)
    expect(bob.get_by_text("Ann invites you to")).to_be_visible()
    found += look(bob, "join")
    join(bob, link, "Bob")
    join(devices.open("cleo", base_url=game.url), link, "Cleo")

    ann.get_by_role("link", name="Dare someone").tap()
    expect(ann.get_by_test_id("deck-card").first).to_be_visible()
    found += look(ann, "dare-deck")
    ann.get_by_text("Your own words", exact=True).tap()
    found += look(ann, "dare-own-words")
    ann.get_by_role("link", name="Back").tap()

    found += _play(ann, bob)

    assert found == []


def test_every_screen_of_those_who_are_offline_or_gone_is_open_to_everybody(
    game: Game, devices: Devices
) -> None:
    """What waits to be sent, leaving, gone, and the list of squads."""
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found: list[str] = []
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    dare(ann, "Bob", "Say hi to my mum")
    open_dare(bob, "say hi to her")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    report(bob, "They said no", "They laughed, and waved at the dog instead.")
    to_squad(bob)
    expect_in_feed(ann, "Bob got a no")
    ann.context.set_offline(True)
    expect(ann.get_by_test_id("chip")).to_have_attribute("data-state", "offline", timeout=60_000)
    found += look(ann, "squad-offline")
    for card in ("Draw me a cat", "Pick my apple"):
        dare(ann, "Bob", card)
    expect(ann.get_by_test_id("chip")).to_have_attribute("data-waiting", "2")
    found += look(ann, "squad-waiting")
    ann.context.set_offline(False)
    expect_live(ann)
    bob.get_by_role("button", name="Leave the squad").tap()
    found += look(bob, "leave")
    bob.get_by_role("button", name="Leave", exact=True).tap()
    expect(
        bob.get_by_text("You are not in a squad yet").or_(bob.get_by_text("not in this squad"))
    ).to_be_visible()
    found += look(bob, "left")
    ann.goto("/")
    expect(ann.get_by_text("Night Owls")).to_be_visible()
    found += look(ann, "my-squads")

    assert found == []


def test_every_screen_of_those_who_run_a_squad_is_open_to_everybody(
    game: Game, devices: Devices
) -> None:
    ann, bob, cleo = (devices.open(name, base_url=game.url) for name in ("ann", "bob", "cleo"))
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)
    join(bob, link, "Bob")
    found = _report_put_right(ann, bob)

    open_settings(ann)
    ann.get_by_text("By asking").tap()
    ann.get_by_role("button", name="Save").tap()
    expect(ann.get_by_role("button", name="All saved")).to_be_visible()
    cleo.goto(link)
    expect(cleo.get_by_text("You ask, they answer")).to_be_visible()
    found += look(cleo, "join-asking")
    ask_to_join(cleo, link, "Cleo")
    found += look(cleo, "asking")
    cleo.goto("/")
    expect(cleo.get_by_text("Waiting for an answer")).to_be_visible()
    found += look(cleo, "my-squads-asking")

    expect(ann.get_by_test_id("requests").get_by_text("Cleo")).to_be_visible()
    found += look(ann, "settings-asked")
    ann.get_by_role("button", name="Not now").tap()
    cleo.goto(link)
    cleo.get_by_role("button", name="Ask to join").tap()
    ann.get_by_role("button", name="Let in").tap()
    expect_live(cleo)
    manage(ann, "Bob")
    found += look(ann, "settings-manage")
    ann.get_by_role("button", name="Ban", exact=True).tap()
    found += look(ann, "settings-ban")
    confirm(ann, "Ban")
    expect(ann.get_by_test_id("banned").get_by_text("Bob")).to_be_visible()
    found += look(ann, "settings-banned")
    expect(bob.get_by_text("This squad is closed to you")).to_be_visible()
    found += look(bob, "banned")

    cleo.goto(link)
    expect(cleo.get_by_text("You are in this squad already")).to_be_visible()
    found += look(cleo, "join-member")
    bob.goto("/you")
    expect(bob.get_by_role("button", name="Erase me for good")).to_be_visible()
    found += look(bob, "you")
    erase(bob, "Bob")
    found += look(bob, "erased")
    ann.get_by_role("button", name="End the squad").tap()
    confirm(ann, "End it")
    expect(ann.get_by_text("This squad has ended")).to_be_visible()
    found += look(ann, "squad-ended")

    assert found == []


def test_every_screen_to_look_something_up_is_open_to_everybody(
    game: Game, devices: Devices
) -> None:
    """The deck, the weeks, and where one's XP comes from."""
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found: list[str] = []
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    ann.get_by_role("link", name="Dare someone").tap()
    expect(ann.get_by_test_id("deck-card").first).to_be_visible()
    ann.get_by_role("searchbox", name="Search").fill("café zebra")
    expect(ann.get_by_test_id("card-count")).to_have_text("0 cards")
    found += look(ann, "dare-deck-nothing")
    ann.get_by_role("button", name="Show all cards").tap()
    ann.get_by_role("search").get_by_text("4", exact=True).tap()
    found += look(ann, "dare-deck-bold")
    ann.get_by_role("button", name="Show all cards").tap()
    ann.get_by_role("link", name="Back").tap()

    for card, text, outcome in (
        ("Say hi to my mum", "say hi to her", "They said no"),
        ("Draw me a cat", "draw you a cat", "They said yes"),
    ):
        dare(ann, "Bob", card)
        open_dare(bob, text)
        bob.get_by_role("button", name="I'm in").tap()
        bob.get_by_role("button", name="I already did it").tap()
        report(bob, outcome)
        to_squad(bob)
    bob.get_by_role("link", name="All weeks").tap()
    expect(bob.get_by_test_id("week")).to_have_attribute("data-state", "OPEN")
    found += look(bob, "week")
    bob.goto(bob.url + "/2026-W02")
    expect(bob.get_by_test_id("week-empty")).to_be_visible()
    found += look(bob, "week-quiet")
    bob.goto("/you")
    expect(bob.get_by_test_id("ledger-line")).to_have_count(2)
    found += look(bob, "you-progress")

    assert found == []


def test_every_screen_of_ones_devices_is_open_to_everybody(game: Game, devices: Devices) -> None:
    ann, tablet = (devices.open(name, base_url=game.url) for name in ("ann", "tablet"))
    found_squad(ann, "Ann", "Night Owls")
    tablet.goto("/link")
    expect(tablet.get_by_label("Code from your other device")).to_be_visible()
    found = look(tablet, "link")
    tablet.get_by_label("Code from your other device").fill("0000000000")
    tablet.get_by_role("button", name="Let me in").tap()
    expect(tablet.get_by_text("This code does not work")).to_be_visible()
    found += look(tablet, "link-wrong")

    ann.goto("/you")
    ann.get_by_role("button", name="Sign out on this device").tap()
    found += look(ann, "sign-out")
    ann.get_by_role("button", name="Show me a code first").tap()
    expect(ann.get_by_test_id("link-code")).to_be_visible()
    expect(ann.get_by_role("img", name="QR code")).to_be_visible()
    found += look(ann, "you-code")
    ann.goto("/link/ABCDE12345")
    expect(ann.get_by_text("You are here as Ann.")).to_be_visible()
    found += look(ann, "link-here")
    ann.goto("/you")
    ann.get_by_role("button", name="Sign out on all my devices").tap()
    found += look(ann, "sign-out-everywhere")
    confirm(ann, "Sign out everywhere")
    expect_signed_out(ann)
    found += look(ann, "signed-out")

    assert found == []


@pytest.mark.timeout(300)  # the battle is over when its clock says so
def test_every_screen_of_a_battle_is_open_to_everybody(tmp_path: Path, devices: Devices) -> None:
    settings = {"GUTSY_COMMANDS_PER_S": "1000", "GUTSY_COMMAND_BURST": "1000"}
    game = Game(tmp_path / "quick", GUTSY_RULESET="0", **settings)
    (tmp_path / "quick").mkdir()
    game.start()
    ann, bob, cleo = (devices.open(name, base_url=game.url) for name in ("ann", "bob", "cleo"))
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)
    for page, name in ((bob, "Bob"), (cleo, "Cleo")):
        join(page, link, name)
    ann.get_by_role("link", name="Start a battle").tap()
    ann.get_by_text("Other", exact=True).tap()
    found = look(ann, "battle-open")
    ann.get_by_role("link", name="Back").tap()
    open_battle(ann, "Free choice", "1")
    battle_link(ann)
    found += look(ann, "battle-lobby")
    expect(bob.get_by_test_id("battle-card")).to_be_visible()
    found += look(bob, "squad-battle")
    bob.get_by_test_id("battle-card").tap()
    bob.get_by_role("button", name="I'm in", exact=True).tap()
    cleo.get_by_test_id("battle-card").tap()
    ann.get_by_role("button", name="Start the battle").tap()
    for page in (ann, bob, cleo):
        expect_stage(page, "LIVE")
    expect_turn(ann, "next")
    found += look(ann, "battle-live")
    for _ in range(2):
        ann.get_by_test_id("battle-pick").first.tap()
        go_in(ann)
        tell(ann, "They said no")
    bob.get_by_test_id("battle-pick").last.tap()
    bob.get_by_role("button", name="Take it").tap()
    expect_turn(bob, "card")
    found += look(bob, "battle-card")
    expect(cleo.get_by_test_id("battle-report")).to_have_count(2)
    found += look(cleo, "battle-watch")
    bob.get_by_role("button", name="I'm going in").tap()
    expect_turn(bob, "in")
    found += look(bob, "battle-report")
    expect_stage(bob, "GRACE")
    hold(bob)
    found += look(bob, "battle-grace")
    for page in (ann, cleo):
        expect_stage(page, "FINISHED")
    expect(ann.get_by_test_id("replay")).to_be_visible()
    found += look(ann, "battle-finished")
    ann.get_by_role("slider", name="Moment").press("End")
    ann.get_by_role("slider", name="Moment").scroll_into_view_if_needed()
    found += look(ann, "battle-replay")
    game.stop()

    assert found == []


def test_a_battle_that_is_about_to_begin_or_comes_to_nothing_is_open_to_everybody(
    game: Game, devices: Devices
) -> None:
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    for is_called_off in (True, False):
        ann.get_by_role("link", name="Start a battle").tap()
        ann.get_by_text("Duel", exact=True).tap()
        ann.get_by_role("button", name="Open the lobby").tap()
        expect_stage(ann, "LOBBY")
        if is_called_off:
            ann.get_by_role("button", name="Call it off").tap()
            expect_stage(ann, "CANCELLED")
            found = look(ann, "battle-cancelled")
            ann.get_by_role("link", name="Back to the squad").tap()
    bob.get_by_test_id("battle-card").tap()
    bob.get_by_role("button", name="I'm in", exact=True).tap()
    ann.get_by_role("button", name="Start the battle").tap()
    expect_stage(bob, "COUNTDOWN")
    hold(bob)
    found += look(bob, "battle-countdown")

    assert found == []


def hold(page: Page) -> None:
    """Stop the clock of a page, and let nothing more in: what lasts seconds can be looked at."""
    page.evaluate("Date.now = ((now) => () => now)(Date.now())")
    page.context.set_offline(True)


def _report_put_right(ann: Page, bob: Page) -> list[str]:
    """A dare from both sides: cheers before and after, and a report that was wrong."""
    dare(ann, "Bob", "Draw me a cat")
    open_dare(bob, "draw you a cat")
    bob.get_by_role("button", name="I'm in").tap()
    bob.get_by_role("button", name="I'm going in").tap()
    ann.get_by_test_id("going-in").tap()
    ann.get_by_role("button", name="Strong").tap()
    found = look(ann, "dare-of-others")
    ann.get_by_role("link", name="Back").tap()
    without_celebration(bob)
    report(bob, "They said yes")
    expect(bob.get_by_role("button", name="how it went")).to_be_visible()
    found += look(bob, "stamp-fresh")
    bob.get_by_role("button", name="how it went").tap()
    found += look(bob, "correct")
    correct(bob, "They said no")
    expect_in_feed(ann, "Bob got a no")
    cheers = ann.get_by_test_id("feed").get_by_test_id("cheers").first
    cheers.get_by_role("button", name="Cheer", exact=True).tap()
    cheers.get_by_role("button", name="On fire").tap()
    found += look(ann, "squad-cheers")
    to_squad(bob)
    found += look(bob, "squad-cheered")
    return found


def _play(ann: Page, bob: Page) -> list[str]:
    """Four dares with the four outcomes."""
    found: list[str] = []
    for card, text, outcome, name in (
        ("Say hi to my mum", "say hi to her", "They said no", "no"),
        ("Draw me a cat", "draw you a cat", "They said yes", "yes"),
        ("Worth reading?", "worth reading", "A bit of both", "both"),
        ("Pick my apple", "choose your apple", "They ignored me", "silence"),
    ):
        dare(ann, "Bob", card)
        open_dare(bob, text)
        if name == "no":
            found += look(bob, "dare-offered")
        bob.get_by_role("button", name="I'm in").tap()
        bob.get_by_role("button", name="I'm going in").tap()
        expect(bob.get_by_role("button", name="Stamp it")).to_be_visible()
        if name == "no":
            found += look(bob, "report")
            expect(ann.get_by_text("Bob is going in", exact=True)).to_be_visible()
            found += look(ann, "squad-going-in")
        without_celebration(bob)
        report(bob, outcome, "They smiled. So did I." if name == "yes" else "")
        expect(bob.get_by_test_id("xp-gain")).to_be_visible()
        found += look(bob, f"stamp-{name}")
        to_squad(bob)
    found += look(bob, "squad")
    return found
