"""What people do in a battle, in the words on the screen."""

from playwright.sync_api import Locator, Page, expect

from tests.journeys.steps import invite_link

# Longer than any stage of a battle in ruleset 0: what ends by the clock is waited for, not timed.
STAGE_MS = 120_000


def open_battle(page: Page, kind: str, minutes: str) -> None:
    """From the squad to the lobby of a new battle."""
    page.get_by_role("link", name="Start a battle").tap()
    page.get_by_text(kind, exact=True).tap()
    page.get_by_text("Other", exact=True).tap()
    page.get_by_role("spinbutton", name="Minutes").fill(minutes)
    page.get_by_role("button", name="Open the lobby").tap()
    expect_stage(page, "LOBBY")


def battle_link(page: Page) -> str:
    """From the lobby: the link that leads a friend into it."""
    return invite_link(page)


def expect_stage(page: Page, stage: str) -> None:
    """Wait until the arena says so."""
    arena = page.get_by_test_id("arena")
    expect(arena).to_have_attribute("data-state", stage, timeout=STAGE_MS)


def expect_turn(page: Page, turn: str) -> None:
    """Wait until it is time for this."""
    expect(page.get_by_test_id("turn")).to_have_attribute("data-turn", turn)


def go_in(page: Page, *, doubled: bool = False) -> None:
    """Take the next card, and go in."""
    expect_turn(page, "next")
    page.get_by_role("button", name="Take it").tap()
    expect_turn(page, "card")
    if doubled:
        page.get_by_label("Double down").check()
    page.get_by_role("button", name="I'm going in").tap()
    expect_turn(page, "in")


def tell(page: Page, outcome: str) -> None:
    """Report the card one went in with, as soon as a report counts again."""
    expect(page.get_by_text("A report counts in the battle again in")).to_have_count(0)
    page.get_by_text(outcome, exact=True).tap()
    page.get_by_role("button", name="Stamp it").tap()
    expect(page.get_by_test_id("last-report")).to_have_attribute("data-counted", "true")


def table(page: Page, within: str) -> list[tuple[str, int, int]]:
    """Names with their points and their rank, in order, as a part of the screen shows them."""
    rows: Locator = page.get_by_test_id(within).get_by_test_id("battle-row")
    return [
        (
            row.get_by_role("rowheader").inner_text().split("·")[0].replace("🔥", "").strip(),
            int(row.get_attribute("data-points") or 0),
            int(row.get_attribute("data-rank") or 0),
        )
        for row in rows.all()
    ]


def expect_points(page: Page, name: str, points: int) -> None:
    """Wait until the table gives somebody this many points."""
    row = page.get_by_test_id("battle-row").filter(has_text=name).first
    expect(row).to_have_attribute("data-points", str(points))
