"""The load test's client keeps its promises to its player through whatever the net does."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.client import Client, Patience, Refused
from loadtests.faults.proxy import proxied
from tests.journeys.game import Game
from tests.loadtests.knowing import known

TICKET_LASTS_MS, SHORT_MS = 15 * 60_000, 6_000
"""A ticket, as the server makes them; and what is left of one that was kept."""


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    game = Game(tmp_path_factory.mktemp("game"))
    game.start()
    yield game
    game.stop()


class Seat:
    """A client with a squad of its own, and the numbers that it was told of."""

    def __init__(self, game: Game, handle: str) -> None:
        self.seen: list[int] = []
        self.client = Client(
            game.url, game.ticket(handle), lambda _squad, n, _seen: self.seen.append(n)
        )
        created = self.client.command("squad.create", {"name": "Table", "tz": "UTC"})
        self.squad = str((created.b or {})["squad"])
        self.client.follow(self.squad)


def test_a_client_follows_a_squad_and_is_refused_in_words(game: Game) -> None:
    seat = Seat(game, "Refused")
    seat.client.command("squad.invite", {}, seat.squad)
    seat.client.wait_for(seat.squad, 3)

    with pytest.raises(Refused, match="NOT_FOUND"):
        seat.client.command("dare.accept", {"dare": seat.squad}, seat.squad)

    assert seat.seen == [1, 2, 3]
    seat.client.close()


def test_a_client_that_was_cut_goes_on_where_it_was(game: Game) -> None:
    seat = Seat(game, "Cut")
    seat.client.wait_for(seat.squad, 2)
    seat.client.drop()
    sent = seat.client.send_command("squad.invite", {}, seat.squad)
    seat.client.answer(sent)
    seat.client.wait_for(seat.squad, 3)

    assert (seat.seen, seat.client.known.feeds[seat.squad].doubled) == ([1, 2, 3], 0)
    seat.client.close()


def test_a_client_that_forgot_all_gets_a_snapshot_and_what_comes_after(game: Game) -> None:
    seat = Seat(game, "Forgot")
    seat.client.wait_for(seat.squad, 2)
    seat.client.forget()
    seat.client.wait_until_live()
    seat.client.command("squad.invite", {}, seat.squad)
    seat.client.wait_for(seat.squad, 3)
    feed = seat.client.known.feeds[seat.squad]

    assert (feed.first, len(feed.events), feed.snapshot is not None) == (3, 1, True)
    seat.client.close()


def test_an_answer_that_was_lost_comes_again_and_says_so(game: Game) -> None:
    seat = Seat(game, "Lost")
    seat.client.wait_for(seat.squad, 2)
    seat.client.stop_reading()
    sent = seat.client.send_command("squad.rename", {"name": "Other"}, seat.squad)
    # Only another pair of eyes can tell that the command has come through.
    other = Client(game.url, seat.client.ticket, lambda _squad, _n, _seen: None)
    other.follow(seat.squad)
    other.wait_for(seat.squad, 3)
    seat.client.drop()
    seat.client.read_on()

    assert seat.client.answer(sent).dup
    seat.client.close()
    other.close()


def test_a_client_that_does_not_read_gets_all_of_it_when_it_does(game: Game) -> None:
    seat = Seat(game, "Slow")
    seat.client.stop_reading()
    other = Client(game.url, seat.client.ticket, lambda _squad, _n, _seen: None)
    for name in ("One", "Two", "Three"):
        other.command("squad.rename", {"name": name}, seat.squad)
    seat.client.read_on()
    seat.client.wait_for(seat.squad, 5)

    assert seat.seen == [1, 2, 3, 4, 5]
    seat.client.close()
    other.close()


def test_a_ticket_that_is_good_no_more_is_renewed(game: Game) -> None:
    renewed = []

    def renew() -> str:
        renewed.append(game.ticket("Renewed"))
        return renewed[-1]

    client = Client(game.url, "no ticket at all", lambda _squad, _n, _seen: None, renew=renew)

    known(lambda: client.player != "")
    assert len(renewed) == 1
    client.close()


@pytest.mark.slow
def test_a_ticket_that_runs_out_on_a_live_socket_is_renewed_there(tmp_path: Path) -> None:
    game = Game(tmp_path)
    game.start()
    ticket = game.ticket("Long")
    game.stop()
    game = Game(tmp_path, GUTSY_CLOCK_OFFSET_MS=str(TICKET_LASTS_MS - SHORT_MS))
    game.start()
    renewed = []

    def renew() -> str:
        request = urllib.request.Request(
            f"{game.url}/api/ticket", b"", {"Authorization": f"Bearer {ticket}"}
        )
        with urllib.request.urlopen(request) as answer:
            renewed.append(json.load(answer)["ticket"])
        return str(renewed[-1])

    client = Client(game.url, ticket, lambda _squad, _n, _seen: None, renew=renew)
    known(lambda: is_over(game, ticket))
    client.command("squad.create", {"name": "Table", "tz": "UTC"})

    assert (len(renewed), client.closes.total()) == (1, 0)
    client.close()
    game.stop()


def is_over(game: Game, ticket: str) -> bool:
    """Whether a ticket opens nothing any more."""
    headers = {"Authorization": f"Bearer {ticket}"}
    try:
        urllib.request.urlopen(
            urllib.request.Request(f"{game.url}/api/me", headers=headers)
        ).close()
    except urllib.error.HTTPError as error:
        return error.code == 401
    return False


def test_a_client_leaves_a_connection_that_carries_nothing_any_more(game: Game) -> None:
    """Nobody tells it that it is over; what it had asked is answered by the next one."""
    with proxied([game.port], seed=1) as net:
        client = Client(
            net.url,
            game.ticket("Silent"),
            lambda _squad, _n, _seen: None,
            patience=Patience(silence_s=0.5, longest_wait_s=0.1),
        )
        created = client.command("squad.create", {"name": "Table", "tz": "UTC"})
        net.tell(lambda proxy: proxy.open_holes(1, "up", "down"))
        client.command("squad.invite", {}, str((created.b or {})["squad"]))

        assert {0} == client.closes.keys()
        client.close()


def test_a_client_is_told_who_is_around(game: Game) -> None:
    seat = Seat(game, "Around")
    seat.client.act(seat.squad, 1)
    known(lambda: seat.client.known.presence.get(seat.squad) == {seat.client.player: 1})
    seat.client.close()
