"""Everything can be reached and done with a keyboard alone, and one always knows where one is."""

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import DESKTOP, Devices
from tests.journeys.game import Game
from tests.journeys.steps import dare, expect_live, found_squad, invite_link, join

MOST_TABS = 60


def press_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press a key until the focus is there, and see that it shows."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            # A control that nobody sees has its outline on what stands for it.
            outline = target.evaluate(
                """element => {
                  const isSeen = getComputedStyle(element).opacity !== '0';
                  const shown = isSeen ? element : element.nextElementSibling;
                  return shown !== null && getComputedStyle(shown).outlineStyle !== 'none';
                }"""
            )
            assert outline, "the focus does not show"
            return
    raise AssertionError(f"{MOST_TABS} times {key} did not lead to {target}")


def expect_screen(page: Page, heading: str) -> None:
    """A new screen says so: by its title, and by the focus on its heading."""
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_focused()
    expect(page).to_have_title(f"{heading} · Gutsy")


def test_a_dare_is_joined_taken_on_and_reported_by_keyboard_alone(
    game: Game, devices: Devices
) -> None:
    ann = devices.open("ann", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)
    bob = devices.open("bob", base_url=game.url, viewport=DESKTOP)
    bob.goto(link)
    expect(bob.get_by_role("heading", name="Night Owls")).to_be_visible()

    press_to(bob, bob.get_by_label("Your name"))
    bob.keyboard.type("Bob")
    bob.keyboard.press("Enter")
    expect_live(bob)
    expect_screen(bob, "Night Owls")

    dare(ann, "Bob", "Draw me a cat")
    offer = bob.get_by_test_id("next-dare").filter(has_text="draw you a cat")
    expect(offer).to_be_visible()
    press_to(bob, offer)
    bob.keyboard.press("Enter")
    expect_screen(bob, "Your dare")
    for step in ("I'm in", "I'm going in"):
        press_to(bob, bob.get_by_role("button", name=step, exact=True))
        bob.keyboard.press("Enter")
    expect(bob.get_by_role("group", name="What happened?")).to_be_visible()
    press_to(bob, bob.get_by_label("They said no"))
    bob.keyboard.press("Space")
    expect(bob.get_by_label("They said no")).to_be_checked()
    press_to(bob, bob.get_by_role("button", name="Stamp it"))
    bob.keyboard.press("Enter")
    expect(bob.get_by_test_id("stamp")).to_be_visible()
    press_to(bob, bob.get_by_role("link", name="Back to the squad"))
    bob.keyboard.press("Enter")
    expect_screen(bob, "Night Owls")


def test_somebody_is_dared_by_keyboard_alone(game: Game, devices: Devices) -> None:
    """Down to the search in the deck; Enter in it sends nothing."""
    ann = devices.open("ann", base_url=game.url, viewport=DESKTOP)
    ann.goto("/")
    press_to(ann, ann.get_by_label("Your name"))
    ann.keyboard.type("Ann")
    press_to(ann, ann.get_by_label("Squad name"))
    ann.keyboard.type("Night Owls")
    ann.keyboard.press("Enter")
    expect_live(ann)

    press_to(ann, ann.get_by_role("link", name="Dare someone"))
    ann.keyboard.press("Enter")
    expect_screen(ann, "Dare someone")
    press_to(ann, ann.get_by_label("Myself"))
    ann.keyboard.press("Space")
    press_to(ann, ann.get_by_role("searchbox", name="Search"))
    ann.keyboard.type("cat")
    ann.keyboard.press("Enter")
    expect(ann.get_by_test_id("card-count")).to_have_text("1 card")
    press_to(ann, ann.get_by_test_id("deck-card").get_by_role("radio"))
    ann.keyboard.press("Space")
    press_to(ann, ann.get_by_role("button", name="Dare myself"))
    ann.keyboard.press("Enter")
    expect_screen(ann, "Night Owls")
    expect(ann.get_by_test_id("next-dare")).to_be_visible()


def test_the_first_stop_skips_to_the_content(game: Game, devices: Devices) -> None:
    ann = devices.open("ann", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    ann.reload()
    expect_live(ann)
    press_to(ann, ann.get_by_role("link", name="Skip to content"))
    ann.keyboard.press("Enter")
    ann.keyboard.press("Tab")
    is_inside = ann.evaluate("document.querySelector('main').contains(document.activeElement)")

    assert is_inside


def test_the_focus_stays_in_the_list_when_its_row_goes(game: Game, devices: Devices) -> None:
    """On the next row, and with the last one on a heading: never out of the page."""
    ann, bob = (devices.open(name, base_url=game.url) for name in ("ann", "bob"))
    found_squad(ann, "Ann", "Night Owls")
    join(bob, invite_link(ann), "Bob")
    for card in ("Draw me a cat", "Pick my apple"):
        dare(ann, "Bob", card)
    offers = ann.get_by_test_id("offer")
    expect(offers).to_have_count(2)

    offers.first.get_by_role("button", name="Take it back").focus()
    ann.keyboard.press("Enter")
    expect(offers).to_have_count(1)
    expect(offers.first.get_by_role("button", name="Take it back")).to_be_focused()
    ann.keyboard.press("Enter")
    expect(offers).to_have_count(0)
    expect(ann.get_by_role("heading", level=1)).to_be_focused()


def test_the_focus_goes_to_the_code_that_takes_the_place_of_a_button(
    game: Game, devices: Devices
) -> None:
    ann = devices.open("ann", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    ann.goto("/you")
    ann.get_by_role("button", name="Show a code").focus()
    ann.keyboard.press("Enter")
    expect(ann.get_by_test_id("link-code")).to_be_visible()
    expect(ann.get_by_role("heading", name="Your devices")).to_be_focused()
    expect(ann.get_by_text("Here is your code.")).to_be_attached()
