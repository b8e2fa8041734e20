"""From week to week by the links of the screen."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import expect_live, found_squad


def test_each_week_that_is_walked_to_is_asked_for_once(game: Game, devices: Devices) -> None:
    ann = devices.open("ann", base_url=game.url)
    found_squad(ann, "Ann", "Night Owls")
    ann.goto(f"{ann.url}/week/2026-W02")
    expect_live(ann)
    _until_those_around_are_told(ann)
    asked: list[str] = []
    ann.on("request", lambda request: asked.append(request.url.removeprefix(game.url)))

    for week in ("2026-W03", "2026-W04"):
        ann.get_by_role("link", name="Week after").tap()
        expect(ann.get_by_test_id("week")).to_have_attribute("data-week", week)
        expect(ann.get_by_test_id("week-empty")).to_be_visible()

    weeks = [path.rpartition("/")[2] for path in asked if path.startswith("/api/squads/")]
    assert ["2026-W03", "2026-W04"] == weeks


def _until_those_around_are_told(page: Page) -> None:
    """What tells them comes after the first screens, and looks at every change from then on."""
    page.wait_for_function(
        "performance.getEntriesByType('resource').some(({ name }) => /\\/presence-/.test(name))"
    )
