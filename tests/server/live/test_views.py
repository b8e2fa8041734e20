"""Views: which of them are pushed when rows change, or when a name can be read no more."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from projections.ledger import ACCOUNTS, Account
from projections.registry import PROJECTIONS
from projections.rows import Rows
from projections.stores.store import StoreError
from tests.server.fights import fight_of
from tests.server.serving import serving
from tests.server.world import HOUR_MS, Client, Message, World, done, running, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


def views(client: Client, kind: str) -> list[Message]:
    """The views of a kind that have come."""
    return [message["b"] for message in client.of("view") if message["k"] == kind]


async def test_a_squads_week_is_pushed_when_its_zone_changes(world: World) -> None:
    """It ends when the next one begins, which is in the new zone."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.follow(squad)
    (first,) = await until(lambda: views(client, "week"))
    client.forget()
    done(await world.do(maya, "squad.settings", {"tz": "Asia/Tokyo"}, squad=squad))
    (second,) = await until(lambda: views(client, "week"))

    assert (first["starts_at"], first["ends_at"] - 9 * HOUR_MS) == (
        second["starts_at"],
        second["ends_at"],
    )


async def test_a_squads_name_is_gone_from_ones_own_page_when_its_author_is_erased(
    tmp_path: Path,
) -> None:
    """Though no row changes: they had left before."""
    async with (
        serving(tmp_path) as served,
        served.guest("Maya") as maya,
        served.guest("Sam") as sam,
    ):
        squad = await maya.squad("Marmalade Parliament")
        code = (await maya.do("squad.invite", squad))["b"]["code"]
        await sam.do("squad.join", code=code)
        await maya.do("squad.leave", squad)
        await served.services.runner.wait_for(served.services.log.last_seq(), 10)
        async with sam.socket({squad: None}) as socket:
            await socket.hear("view", k="week")  # which comes last
            (first,) = [one for one in socket.heard if one["t"] == "view" and one["k"] == "me"]
            await maya.do("player.erase", confirm="Maya")
            second = await socket.hear("view", k="me")
    names = [[one.get("name") for one in view["b"]["squads"]] for view in (first, second)]

    assert names == [["Marmalade Parliament"], [None]]


async def test_the_cards_of_a_battle_are_gone_from_ones_own_page_once_it_is_over(
    world: World,
) -> None:
    """Nobody reported, so nobody's XP or dares change by the end."""
    fight = await fight_of(world, "Maya", "Sam")
    await fight.begin()
    dare = await fight.take(fight.host)
    done(await world.do(fight.host, "dare.bail", {"dare": dare}, squad=fight.squad))
    await world.folded()
    client = Client(world, fight.host)
    await client.follow(fight.squad)
    (before,) = await until(lambda: views(client, "me"))
    await fight.end()
    after = await until(
        lambda: [me for me in views(client, "me") if "cards" not in me["squads"][0]]
    )

    assert before["squads"][0]["cards"]["had"] == 1
    assert after


async def test_a_page_that_cannot_be_read_keeps_no_other_from_being_read(world: World) -> None:
    """Though they are looked up together."""
    _, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.folded()
    clients = [Client(world, player) for player in (maya, sam)]
    broken = Account(player=maya, xp="much")  # type: ignore[arg-type]  # as of a damaged store
    ledger = next(p for p in PROJECTIONS if p.name == "ledger")
    rows = Rows(world.store)
    rows.put(ACCOUNTS, broken)
    world.store.commit(ledger, rows.take(), world.runner.position)
    for client in clients:
        await client.hello()
    await until(lambda: views(clients[1], "me"))

    assert views(clients[0], "me") == []


async def test_a_view_that_could_not_be_read_comes_when_it_can_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing changes any more: the database was away for a moment."""
    monkeypatch.setattr("server.live.views.AGAIN_S", 0.01)
    squad, (maya,) = await world.squad_of("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.follow(squad)
    await until(lambda: views(client, "week") and views(client, "me"))
    client.forget()
    failures: list[str] = []

    def away(read: Callable[..., object]) -> Callable[..., object]:
        def failing_once(*arguments: object) -> object:
            if read.__name__ not in failures:
                failures.append(read.__name__)
                raise StoreError("away")
            return read(*arguments)

        return failing_once

    models = world.views._models
    for name in ("own_pages", "weeks_shown"):
        monkeypatch.setattr(models, name, away(getattr(models, name)))
    done(await world.do(maya, "squad.settings", {"tz": "Asia/Tokyo"}, squad=squad))
    await until(lambda: views(client, "week") and views(client, "me"))

    assert ["own_pages", "weeks_shown"] == sorted(failures)


async def test_a_later_view_is_never_the_older_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients keep the one with the highest r, also when rows are folded again from before."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.follow(squad)
    await until(lambda: views(client, "week") and views(client, "me"))
    monkeypatch.setattr(world.views, "_position", lambda: 1)
    done(await world.do(maya, "squad.settings", {"tz": "Asia/Tokyo"}, squad=squad))
    await until(lambda: len(views(client, "week")) > 1)
    first, second = [message["r"] for message in client.of("view") if message["k"] == "week"]

    assert 1 < first <= second
