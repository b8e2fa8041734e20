"""Friends who speak different languages play one game, each in their own words."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Devices
from tests.journeys.gallery import look, without_celebration
from tests.journeys.game import Game
from tests.journeys.steps import (
    dare,
    expect_in_feed,
    expect_live,
    found_squad,
    invite_link,
    open_dare,
    report,
    to_squad,
)


@pytest.fixture
def ann(game: Game, devices: Devices) -> Page:
    return devices.open("ann", base_url=game.url)


@pytest.fixture
def lena(game: Game, devices: Devices) -> Page:
    return devices.open("lena", base_url=game.url, locale="de-DE")


def test_each_friend_sees_the_game_in_their_own_language(ann: Page, lena: Page) -> None:
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)

    lena.goto(link)
    expect(lena.get_by_text("Ann lädt dich ein in die Crew")).to_be_visible()
    expect(lena.locator("html")).to_have_attribute("lang", "de")
    found = look(lena, "de-join")
    lena.get_by_label("Dein Name").fill("Lena")
    lena.get_by_role("button", name="lass mich rein").tap()
    expect_live(lena)

    dare(ann, "Lena", "Draw me a cat")
    open_dare(lena, "Bitte jemand Fremdes, dir eine Katze zu malen.")
    found += look(lena, "de-dare-offered")
    lena.get_by_role("button", name="Bin dabei").tap()
    lena.get_by_role("button", name="Ich trau mich").tap()
    lena.get_by_text("Ein Nein", exact=True).tap()
    lena.get_by_label("Ein Satz für deine Crew").fill("Er hat gelacht.")
    without_celebration(lena)
    lena.get_by_role("button", name="Stempel drauf").tap()
    expect(lena.get_by_test_id("stamp").get_by_text("NEIN")).to_be_attached()
    expect(lena).to_have_title("Deine Mutprobe · Gutsy")
    found += look(lena, "de-stamp-no")
    lena.get_by_role("link", name="Zurück zur Crew").tap()

    expect_in_feed(lena, "Du hast dir ein Nein geholt")
    expect_in_feed(lena, "Ann hat dich herausgefordert")
    expect_in_feed(ann, "Lena got a no")
    expect(
        ann.get_by_test_id("feed").get_by_text("Ask a stranger to draw you a cat")
    ).not_to_have_count(0)
    expect(ann.get_by_test_id("feed").get_by_text("Er hat gelacht.")).to_be_visible()

    lena.get_by_role("link", name="Jemanden herausfordern").tap()
    lena.locator("label[data-player]", has_text="Ann").tap()
    lena.get_by_test_id("deck-card").filter(has_text="Such mir einen Apfel aus").tap()
    found += look(lena, "de-dare-deck")
    lena.get_by_role("button", name="Ann herausfordern").tap()
    open_dare(ann, "ask another customer to choose your apple")
    ann.get_by_role("button", name="I'm in").tap()
    ann.get_by_role("button", name="I'm going in").tap()
    report(ann, "They said yes")
    to_squad(ann)

    expect_in_feed(lena, "Ann hat ein Ja bekommen")
    found += look(lena, "de-squad")

    assert found == []


def test_another_language_loses_nothing_that_waits_or_was_typed(ann: Page) -> None:
    ann.goto("/")
    ann.get_by_label("Your name").fill("Ann")
    ann.get_by_role("button", name="Deutsch").tap()
    expect(ann.get_by_label("Dein Name")).to_have_value("Ann")
    ann.get_by_label("Name der Crew").fill("Nachteulen")
    ann.get_by_role("button", name="los geht").tap()
    expect_live(ann)

    until_it_works_without_a_net(ann)
    ann.context.set_offline(True)
    expect(ann.get_by_test_id("chip")).to_have_attribute("data-state", "offline", timeout=60_000)
    dare_myself(ann, "Wo ist Norden?")
    expect(ann.get_by_test_id("outbox-item")).to_contain_text("Deine Mutprobe für dich selbst")
    ann.get_by_role("link", name="Ann").tap()
    ann.get_by_role("button", name="English").tap()
    expect(ann.get_by_label("Your time zone")).to_be_visible()
    ann.get_by_role("link", name="Back").tap()
    ann.get_by_role("link", name="Nachteulen").tap()
    expect(ann.get_by_test_id("outbox-item")).to_contain_text("Your dare for yourself")
    ann.context.set_offline(False)

    expect_in_feed(ann, "You dared yourself")
    expect(ann.get_by_test_id("next-dare")).to_contain_text("Ask a passer-by which way north is.")


def dare_myself(page: Page, card: str) -> None:
    """The same in German."""
    page.get_by_role("link", name="Jemanden herausfordern").tap()
    page.locator("label[data-player]", has_text="Mich selbst").tap()
    page.get_by_test_id("deck-card").filter(has_text=card).tap()
    page.get_by_role("button", name="Mich herausfordern").tap()
    expect(page.get_by_test_id("squad")).to_be_visible()


def until_it_works_without_a_net(page: Page) -> None:
    """The service worker has taken over; from then on the page can be loaded offline."""
    page.evaluate(
        """() => new Promise((done) => {
          const { serviceWorker } = navigator;
          if (serviceWorker.controller !== null) done();
          else serviceWorker.addEventListener('controllerchange', () => done());
        })"""
    )
