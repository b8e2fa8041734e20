"""The load test's own client notices what it exists to notice: a gap, a duplicate, a difference."""

from collections.abc import Iterator

import pytest

from loadtests.check import as_plain, differences_between, row_of
from loadtests.client import Client, Feed, Refused, Seen
from tests.journeys.game import Game

SEEN: Seen = ("dare.started", "P", "C", {"dare": "D"})


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    game = Game(tmp_path_factory.mktemp("game"))
    game.start()
    yield game
    game.stop()


def test_equal_events_have_no_differences() -> None:
    feed = Feed(events=[SEEN, None])

    assert differences_between(feed, 2, {1: row_of(SEEN), 2: []}) == []


def test_an_event_that_says_something_else_is_a_difference() -> None:
    feed = Feed(events=[SEEN])

    assert differences_between(feed, 1, {1: ["dare.started", "P", "C", {"dare": "E"}]}) == [
        "event 1 differs"
    ]


def test_a_doubled_event_is_a_difference() -> None:
    feed = Feed(events=[SEEN], doubled=1)

    assert differences_between(feed, 1, {1: row_of(SEEN)}) == ["doubled 1, gaps 0"]


def test_a_missing_event_is_a_difference() -> None:
    feed = Feed(events=[SEEN])

    assert differences_between(feed, 2, {1: row_of(SEEN), 2: []}) == ["has 1 events of 2"]


def test_both_encodings_of_a_body_compare_equal() -> None:
    assert as_plain((1, ("a",))) == as_plain([1, ["a"]])


def test_a_client_follows_a_squad_and_is_refused_in_words(game: Game) -> None:
    seen: list[int] = []
    client = Client(game.url, game.ticket("Load"), lambda _squad, n, _seen: seen.append(n))
    created = client.command("squad.create", {"name": "Table", "tz": "UTC"})
    squad = str((created.b or {})["squad"])
    client.follow(squad)
    client.command("squad.invite", {}, squad)
    client.wait_for(squad, 3)

    with pytest.raises(Refused, match="NOT_FOUND"):
        client.command("dare.accept", {"dare": squad}, squad)

    assert seen == [1, 2, 3]
    client.close()
