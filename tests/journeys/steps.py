"""What people do on their phones, in the words on the screen."""

import time

from playwright.sync_api import Locator, Page, expect

KEPT_WITHIN_S = 10


def found_squad(page: Page, name: str, squad: str) -> None:
    """Come in and make a squad."""
    page.goto("/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Squad name").fill(squad)
    page.get_by_role("button", name="let's start").tap()
    expect(page.get_by_role("heading", name=squad)).to_be_visible()
    expect_live(page)


def invite_link(page: Page) -> str:
    """The link to send to a friend."""
    field = page.get_by_label("Invite link")
    button = page.get_by_role("button", name="Make an invite link")
    # Either is there once the panel is, which comes a little after the screen.
    expect(field.or_(button)).to_be_visible()
    if button.is_visible():
        button.tap()
    expect(field).to_be_visible()
    return field.input_value()


def join(page: Page, link: str, name: str) -> None:
    """From a friend's link into the squad: one field, one tap."""
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="let me in").tap()
    expect_live(page)


def dare(page: Page, whom: str, card: str) -> None:
    """Dare somebody with a card of the deck."""
    page.get_by_role("link", name="Dare someone").tap()
    page.locator("label[data-player]", has_text=whom).tap()
    page.get_by_test_id("deck-card").filter(has_text=card).tap()
    page.get_by_role("button", name="Dare ").tap()
    expect(page.get_by_test_id("squad")).to_be_visible()


def open_dare(page: Page, text: str) -> None:
    """Open one of the dares that wait."""
    page.get_by_test_id("next-dare").filter(has_text=text).tap()
    expect(page.get_by_test_id("dare")).to_be_visible()


def report(page: Page, outcome: str, line: str = "") -> None:
    """Say what happened, and get the stamp."""
    page.get_by_text(outcome, exact=True).tap()
    if line:
        page.get_by_label("One line for your squad").fill(line)
    page.get_by_role("button", name="Stamp it").tap()
    expect(page.get_by_test_id("stamp")).to_be_visible()


def correct(page: Page, outcome: str) -> None:
    """Say what happened instead of what was said before."""
    if page.get_by_role("button", name="how it went").is_visible():
        page.get_by_role("button", name="how it went").tap()
    page.get_by_text(outcome, exact=True).tap()
    page.get_by_role("button", name="Put it right").tap()
    expect(page.get_by_test_id("stamp")).to_be_visible()


def ask_to_join(page: Page, link: str, name: str) -> None:
    """From a friend's link to the door of a squad where one asks."""
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="ask to join").tap()
    expect(page.get_by_text("You asked to come in")).to_be_visible()


def open_settings(page: Page) -> None:
    """Where those who run a squad do so."""
    page.get_by_role("link", name="Squad settings").tap()
    expect(page.get_by_test_id("settings")).to_be_visible()


def manage(page: Page, whom: str) -> None:
    """What one may do about somebody."""
    page.get_by_role("button", name=f"Manage {whom}").tap()


def confirm(page: Page, yes: str) -> None:
    """Yes, really."""
    page.get_by_role("dialog").get_by_role("button", name=yes, exact=True).tap()


def erase(page: Page, name: str) -> None:
    """Go for good, from one's own page."""
    page.get_by_label("Type your name").fill(name)
    page.get_by_role("button", name="Erase me for good").tap()
    expect(page.get_by_text("everything you wrote are gone")).to_be_visible()


def make_code(page: Page) -> str:
    """From one's own page: the code for one more device."""
    if not page.get_by_test_id("you").is_visible():
        page.goto("/you")
    page.get_by_role("button", name="Show a code").tap()
    code = page.get_by_test_id("link-code")
    expect(code).to_be_visible()
    return code.inner_text()


def use_code(page: Page, code: str) -> None:
    """Come in on this device by a code that is typed."""
    page.goto("/")
    page.get_by_role("link", name="I already play").tap()
    page.get_by_label("Code from your other device").fill(code)
    page.get_by_role("button", name="Let me in").tap()


def sign_out(page: Page, where: str, yes: str) -> None:
    """From one's own page, and yes, really."""
    page.get_by_role("button", name=where).tap()
    confirm(page, yes)
    expect_signed_out(page)


def expect_signed_out(page: Page) -> None:
    """Wait until the screen says that nothing is left here."""
    expect(page.get_by_text("nothing of yours is left on this device")).to_be_visible()


def expect_kept(page: Page, *words: str) -> None:
    """Wait until the worker has the shell, and the browser keeps all of these words.

    What changes is written a little later.
    """
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    ends_at = time.monotonic() + KEPT_WITHIN_S
    while missing := [word for word in words if word not in kept_here(page)]:
        assert time.monotonic() < ends_at, missing
        page.wait_for_timeout(50)


def kept_here(page: Page) -> str:
    """Everything that this browser keeps for the page, as one text."""
    kept = page.evaluate(
        """async () => {
          const db = await new Promise((done) => {
            const opening = indexedDB.open('gutsy');
            opening.onsuccess = () => done(opening.result);
          });
          const stores = [...db.objectStoreNames];
          const reading = db.transaction(stores);
          const all = await Promise.all(stores.map((store) => new Promise((done) => {
            const asked = reading.objectStore(store).getAll();
            asked.onsuccess = () => done(asked.result);
          })));
          db.close();
          const cached = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) cached.push(request.url);
          }
          return JSON.stringify([all, {...localStorage}, {...sessionStorage}, cached]);
        }"""
    )
    return str(kept)


def to_squad(page: Page) -> None:
    """Back to where everybody is."""
    page.get_by_role("link", name="Back to the squad").tap()
    expect(page.get_by_test_id("squad")).to_be_visible()


def expect_live(page: Page, timeout_ms: float = 30_000) -> None:
    """Wait until the connection says so itself."""
    chip = page.get_by_test_id("chip")
    expect(chip).to_have_attribute("data-state", "live", timeout=timeout_ms)


def expect_in_feed(page: Page, text: str) -> None:
    """Wait until the feed says so; what is read out for those who listen says it, too."""
    expect(page.get_by_test_id("feed").get_by_text(text)).to_be_visible()


def expect_xp(page: Page, xp: int) -> None:
    """Wait until the page shows this much XP."""
    expect(page.get_by_test_id("me").first).to_have_attribute("data-xp", str(xp))


def board(page: Page) -> list[tuple[str, int]]:
    """The board as the page shows it: names with their scores, in order."""
    rows: Locator = page.get_by_test_id("board-row")
    return [
        (row.get_by_role("rowheader").inner_text().split("·")[0].strip(), int(score or 0))
        for row in rows.all()
        if (score := row.get_attribute("data-score")) is not None
    ]


def feed_numbers(page: Page) -> list[int]:
    """The numbers of the events in the feed, newest first."""
    more = page.get_by_role("button", name="Show all")
    if more.is_visible():
        more.tap()
    items = page.get_by_test_id("feed-item").all()
    return [int(n) for item in items if (n := item.get_attribute("data-n")) is not None]
