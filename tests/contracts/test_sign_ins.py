"""What is kept of sign-ins, on every adapter: codes that work once, and what stays ended."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.eventlog.log import LogUnavailable
from server.eventlog.sign_ins import EVERYWHERE, Ending, LinkCode, SignInStore
from server.eventlog.sqlite import SQLiteLog
from tests.contracts.logs import LOGS, empty_log


@pytest.fixture(params=LOGS)
def store(request: pytest.FixtureRequest) -> Iterator[SignInStore]:
    """What an empty log of each kind keeps."""
    log = empty_log(request.param, request)
    yield log.sign_ins
    log.close()


def link(key: str = "k1", player: str = "maya", sign_in: str = "phone") -> LinkCode:
    """Maya's code, asked for on her phone."""
    return LinkCode(key=key, player=player, sign_in=sign_in, expires_at=100)


def ending(sign_in: str = "phone", at: int = 10, until: int = 100) -> Ending:
    """Maya's phone, signed out."""
    return Ending(player="maya", sign_in=sign_in, at=at, until=until)


def test_a_code_is_taken_once(store: SignInStore) -> None:
    """As it was kept; afterwards there is none."""
    store.keep_link(link())

    assert [link(), None] == [store.take_link("k1") for _ in range(2)]


def test_of_many_who_take_a_code_one_gets_it(store: SignInStore) -> None:
    """At the same moment, from many threads."""
    store.keep_link(link())
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(store.take_link, ["k1"] * 32))

    assert [link()] == [one for one in taken if one is not None]


def test_a_code_that_nobody_made_is_none(store: SignInStore) -> None:
    """And takes no other away."""
    store.keep_link(link())

    assert [None, link()] == [store.take_link(key) for key in ("k2", "k1")]


def test_a_new_code_replaces_the_one_before(store: SignInStore) -> None:
    """One a player; another's stays."""
    for one in (link("k1"), link("s1", "sam"), link("k2")):
        store.keep_link(one)

    assert [None, link("k2"), link("s1", "sam")] == [
        store.take_link(key) for key in ("k1", "k2", "s1")
    ]


@pytest.mark.parametrize(("but_of", "left"), [("phone", [link()]), ("laptop", [None])])
def test_codes_that_other_sign_ins_asked_for_are_dropped(
    store: SignInStore, but_of: str, left: list[LinkCode | None]
) -> None:
    """Of the one player."""
    store.keep_link(link())
    store.keep_link(link("s1", "sam"))
    store.drop_links("maya", but_of)
    store.drop_links("nobody", but_of)

    assert [*left, link("s1", "sam")] == [store.take_link(key) for key in ("k1", "s1")]


def test_endings_are_kept_by_player_and_sign_in(store: SignInStore) -> None:
    """One each, the later one."""
    for one in (ending("b"), ending("a"), ending(EVERYWHERE, 20), ending("b", 30), ending("b", 25)):
        store.end(one)

    assert [ending(EVERYWHERE, 20), ending("a"), ending("b", 30)] == store.endings()


def test_what_tells_nothing_more_is_forgotten(store: SignInStore) -> None:
    """A code at the very instant at which it ends, and an ending with the last cookie."""
    store.keep_link(link())
    store.end(ending("a", until=100))
    store.end(ending("b", until=101))
    store.forget(100)

    assert (None, [ending("b", until=101)]) == (store.take_link("k1"), store.endings())


def test_what_still_counts_is_not_forgotten(store: SignInStore) -> None:
    """Until then."""
    store.keep_link(link())
    store.end(ending())
    store.forget(99)

    assert (link(), [ending()]) == (store.take_link("k1"), store.endings())


@pytest.mark.parametrize(
    ("player", "sign_in", "since", "is_covered"),
    [("maya", "phone", 50, True), ("maya", "laptop", 5, False), ("sam", "phone", 5, False)],
)
def test_an_ending_of_one_sign_in_covers_that_one(
    player: str, sign_in: str, since: int, is_covered: bool
) -> None:
    """Whenever it began."""

    assert ending("phone", at=10).covers(player, sign_in, since) == is_covered


@pytest.mark.parametrize(
    ("player", "since", "is_covered"),
    [("maya", 9, True), ("maya", 10, True), ("maya", 11, False), ("sam", 9, False)],
)
def test_an_ending_everywhere_covers_what_began_by_then(
    player: str, since: int, is_covered: bool
) -> None:
    """Of one player, whichever device."""

    assert ending(EVERYWHERE, at=10).covers(player, "any", since) == is_covered


def test_opened_again_everything_is_there(tmp_path: Path) -> None:
    """Durable on return."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    log.sign_ins.keep_link(link())
    log.sign_ins.end(ending())
    log.close()
    log = SQLiteLog(tmp_path / "gutsy.db")
    found = (log.sign_ins.take_link("k1"), log.sign_ins.endings())
    log.close()

    assert (link(), [ending()]) == found


def test_a_closed_log_keeps_nothing(tmp_path: Path) -> None:
    """The log's own error."""
    log = SQLiteLog(tmp_path / "gutsy.db")
    log.close()

    with pytest.raises(LogUnavailable):
        log.sign_ins.keep_link(link())


def test_endings_since_an_instant_are_found(store: SignInStore) -> None:
    """What another node has added; the instant itself counts."""
    for at, sign_in in enumerate(("phone", "laptop", "tablet"), 10):
        store.end(ending(sign_in, at=at))

    assert [ending("laptop", at=11), ending("tablet", at=12)] == store.endings_since(11)
