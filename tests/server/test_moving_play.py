"""A game that is moved while it is being played, to PostgreSQL and back: its players go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from loadtests.cluster.postgres import Postgres
from server import upkeep
from server.eventlog.log import hash_of
from server.moving import copy_keys, export, import_log
from server.settings import Settings
from tests.server.moved import quiet
from tests.server.serving import Guest, Served, fresh_id, serving
from tests.server.world import Message

pytestmark = pytest.mark.slow

SECRET = "a secret that the game keeps wherever it goes"


class Game:
    """One place after the other that a game is played in."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.folder = folder
        self.places: list[dict[str, Any]] = [
            {},
            {"database_url": postgres.place(), "keys_url": postgres.place()},
            {},
        ]

    def settings(self, number: int) -> Settings:
        """Those of a place."""
        return Settings(
            data_dir=str(self.folder / f"{number}"), secret=SECRET, **self.places[number]
        )

    @asynccontextmanager
    async def played(self, number: int) -> AsyncIterator[Served]:
        """The game, served from a place."""
        given = {**self.places[number], "secret": SECRET}
        async with serving(self.folder / f"{number}", **given) as served:
            yield served

    def move(self, number: int) -> None:
        """From the place before, with its keys."""
        source, target = self.settings(number - 1), self.settings(number)
        target.data_path.mkdir()
        file = self.folder / f"moved-{number}"
        export(source, file, quiet)
        import_log(target, file, quiet)
        copy_keys(target, source.keys_url or f"sqlite:///{source.data_path / 'keys.db'}", quiet)


async def there(guest: Guest, served: Served) -> Guest:
    """The same person with the same cookie, where the game is now."""
    http = served.http(cookies=guest.http.cookies)
    return Guest(
        served, http, {"player": guest.player, "handle": guest.handle, "ticket": guest.ticket}
    )


async def sent(guest: Guest, command: Message) -> Message:
    """The answer to a command, sent perhaps once more."""
    answer = await guest.http.post("/api/cmd", json=command)
    assert answer.status_code == 200, answer.text
    ack: Message = answer.json()
    return ack


async def me(guest: Guest) -> Message:
    """Somebody's own page: XP, level, squads, every entry of the ledger."""
    answer = await guest.http.get("/api/me", params={"after_q": guest.q})
    assert answer.status_code == 200, answer.text
    body: Message = answer.json()
    return body


async def heard(guest: Guest, squad: str, since: int | None = None) -> list[Message]:
    """What a phone is sent of a squad that has come to a number in it, until it is live."""
    async with guest.socket({squad: since}) as socket:
        await socket.hear("live")
        return [m for m in socket.heard if m["t"] in ("snap", "ev", "evs", "live")]


async def test_players_go_on_wherever_their_game_is_moved_to(
    tmp_path: Path, postgres: Postgres
) -> None:
    """Signed in as they were, with what they had; a command of before is not done twice."""
    game = Game(tmp_path, postgres)
    dare_someone: Message = {"id": fresh_id(), "k": "dare.issue"}
    refused: Message = {"id": fresh_id(), "k": "squad.join", "b": {"code": "NOSUCHCODE"}}
    async with game.played(0) as first, first.guest("Maya") as maya, first.guest("Sam") as sam:
        squad = await maya.squad()
        code = (await maya.do("squad.invite", squad))["b"]["code"]
        await sam.do("squad.join", code=code)
        dare_someone |= {"s": squad, "b": {"target": sam.player, "card": "which-apple"}}
        acks = [await sent(maya, dare_someone)]
        refusals = [(await sam.http.post("/api/cmd", json=refused)).json()]
        await sam.do("dare.accept", squad, dare=acks[0]["b"]["dare"])
        await sam.do("dare.report", squad, dare=acks[0]["b"]["dare"], outcome="REJECTED")
        pages, position = [await me(sam)], (await heard(sam, squad))[-1]["n"]
        ids, heads = [first.services.log.log_id], [first.services.log.last_seq()]
        timers = [first.services.log.due_timers(1 << 50, 100)]
    for number in (1, 2):
        game.move(number)
        async with game.played(number) as served:
            log = served.services.log
            ids.append(log.log_id)
            heads.append(log.last_seq())
            timers.append(log.due_timers(1 << 50, 100))
            hers, his = await there(maya, served), await there(sam, served)
            his.q = heads[-1]
            acks.append(await sent(hers, dare_someone))
            refusals.append((await his.http.post("/api/cmd", json=refused)).json())
            pages.append(await me(his))
            caught_up = await heard(his, squad, position)
            assert log.last_seq() == heads[-1], "nothing was done twice"
            await hers.do("squad.invite", squad)
            *_, before, after = log.read_all(0, 1_000)
            assert after.hash == hash_of(before.hash, after.seq, after)
            assert ["live"] == [m["t"] for m in caught_up], "his phone had it all"
            position = (await heard(his, squad, position))[-1]["n"]
            for one in (hers, his):
                await one.http.aclose()

    assert len(set(ids)) == 1
    assert acks == [acks[0], *[{**acks[0], "dup": True}] * 2]
    assert refusals == [refusals[0]] * 3
    assert timers == [timers[0]] * 3
    assert timers[0] != []
    assert pages == [{**pages[0], "q": head} for head in heads]
    assert pages[0]["xp"] == 30
    assert heads == [heads[0], heads[0], heads[0] + 1]
    assert upkeep.verify(game.settings(2), quiet).problems == []
