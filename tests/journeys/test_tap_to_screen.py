"""How long it takes from a tap in one browser until the other one shows it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Devices
from tests.journeys.game import Game
from tests.journeys.steps import (
    dare,
    expect_live,
    found_squad,
    invite_link,
    join,
    open_dare,
    report,
    to_squad,
)

CARDS = {
    "What time is it?": "while your phone is plainly in your hand",
    "Draw me a cat": "draw you a cat",
    "Pick my apple": "choose your apple",
    "Worth reading?": "whether it is worth reading",
    "Room for one more?": "join in for one round",
}
CHEERS = 6

# Both pages tell the time of the same machine. A tap counts from when the finger came, not from
# when the page got round to it.
NOTE_TAPS = """() => {
  globalThis.taps = {};
  addEventListener('click', ({target, timeStamp}) => {
    const button = target.closest('[data-emoji]');
    if (button) taps[button.dataset.emoji] = Date.now() - (performance.now() - timeStamp);
  }, {capture: true});
}"""
NOTE_SIGHTS = """() => {
  globalThis.sights = {};
  new MutationObserver(() => {
    for (const cheer of document.querySelectorAll('[data-emoji][data-count="1"]'))
      sights[cheer.dataset.emoji] ??= Date.now();
  }).observe(document.body, {attributes: true, childList: true, subtree: true});
}"""


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """A server that lets one person cheer all evening."""
    game = Game(tmp_path, GUTSY_COMMANDS_PER_S="1000", GUTSY_COMMAND_BURST="1000")
    game.start()
    yield game
    game.stop()


def test_what_one_taps_the_other_sees(
    game: Game, devices: Devices, figure: Callable[[str], None]
) -> None:
    ann, bob, cleo = (devices.open(name, base_url=game.url) for name in ("ann", "bob", "cleo"))
    found_squad(ann, "Ann", "Night Owls")
    link = invite_link(ann)
    join(bob, link, "Bob")
    join(cleo, link, "Cleo")
    delays: list[float] = []
    for card, text in CARDS.items():
        dare(bob, "Myself", card)
        open_dare(bob, text)
        for page, note in ((ann, NOTE_TAPS), (cleo, NOTE_SIGHTS)):
            page.goto(bob.url)
            expect_live(page)
            expect(page.locator("button[data-emoji]")).to_have_count(CHEERS)
            page.evaluate(note)
        for i in range(CHEERS):
            ann.locator("button[data-emoji]").nth(i).tap()
            expect(cleo.locator("[data-emoji][data-count='1']")).to_have_count(i + 1)
        taps, sights = ann.evaluate("() => taps"), cleo.evaluate("() => sights")
        delays += [sights[emoji] - at for emoji, at in taps.items()]
        # Done with it: nobody may have more than three of their own dares open.
        bob.get_by_role("button", name="I already did it").tap()
        report(bob, "They said no")
        to_squad(bob)

    cuts = quantiles(delays, n=20)
    figure(
        f"tap to the other browser: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms,"
        f" worst {max(delays):.0f} ms of {len(delays)} taps"
    )
    assert CHEERS * len(CARDS) == len(delays)
    assert min(delays) > 0
