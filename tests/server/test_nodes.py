"""The whole server on PostgreSQL: two nodes, people at either, and one game."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from domain.ids import PlayerId
from loadtests.cluster.postgres import Postgres, postgres_server
from projections import roster
from server.app import running as running_server
from server.cli import main
from server.eventlog.log import LogUnavailable
from server.settings import Settings
from server.upkeep import backup, rebuild, restore, verify
from tests.server.serving import Guest, Served, Socket, serving
from tests.server.world import Message, until

pytestmark = pytest.mark.slow


class House:
    """The databases and the secret that nodes share, and the nodes that are up."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self._folder = folder
        self.settings: dict[str, Any] = {
            "database_url": postgres.place(),
            "keys_url": postgres.place(),
            "secret": "a secret that all nodes have in common",
            "heads_poll_ms": 100,
        }

    @asynccontextmanager
    async def node(self, name: str) -> AsyncIterator[Served]:
        """One more node; its folder is its own."""
        async with serving(self._folder / name, **self.settings) as served:
            yield served

    @asynccontextmanager
    async def two(self) -> AsyncIterator[tuple[Served, Served]]:
        """Two nodes."""
        async with self.node("a") as a, self.node("b") as b:
            yield a, b

    def as_settings(self) -> Settings:
        """For whoever looks after it."""
        return Settings(data_dir=str(self._folder / "upkeep"), **self.settings)


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> House:
    """Empty databases."""
    return House(postgres, tmp_path)


def quiet(_at: int, _of: int) -> None:
    """Show no progress."""


async def moved(guest: Guest, node: Served) -> Guest:
    """The same guest, whom the balancer sends to another node."""
    http = node.http(cookies=guest.http.cookies)
    signed_in = {"player": guest.player, "handle": guest.handle, "ticket": guest.ticket}
    return Guest(node, http, signed_in)


async def told_no(maya: Guest, sam: Guest) -> tuple[str, int]:
    """Maya's squad, in which Sam was told no by a stranger; and the last ``seq`` of it."""
    squad = await maya.squad()
    code = (await maya.do("squad.invite", squad))["b"]["code"]
    await sam.do("squad.join", code=code)
    issued = await maya.do("dare.issue", squad, target=sam.player, card="which-apple")
    dare = issued["b"]["dare"]
    await sam.do("dare.accept", squad, dare=dare)
    await sam.do("dare.report", squad, dare=dare, outcome="REJECTED")
    return squad, sam.q


async def page(guest: Guest, node: Served, q: int) -> dict[str, Any]:
    """Somebody's own page as a node shows it, once it has all up to ``q``."""
    there = await moved(guest, node)
    async with there.http as http:
        answer = await http.get("/api/me", params={"after_q": q})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def board(socket: Socket, score: int) -> Message:
    """The first board on which somebody has that much; it may have come before what caused it."""
    boards = (m["b"] for m in socket.heard if m["t"] == "view" and m["k"] == "week")
    found: Message | None = next((b for b in boards if b["rows"][0]["score"] >= score), None)
    if found is None:
        await socket.hear("view", k="week")
        return await board(socket, score)
    return found


async def test_people_at_two_nodes_play_one_game(house: House) -> None:
    """Each acts on what the other did a moment ago, and both nodes show the same of it."""
    async with house.two() as (a, b), a.guest("Maya") as maya, b.guest("Sam") as sam:
        _, q = await told_no(maya, sam)
        pages = [await page(who, node, q) for who in (maya, sam) for node in (a, b)]

    assert [(one["handle"], one["xp"], len(one["squads"])) for one in pages] == [
        *[("Maya", 5, 1)] * 2,
        *[("Sam", 30, 1)] * 2,
    ]
    assert (pages[0], pages[2]) == (pages[1], pages[3])


async def test_what_happens_at_one_node_is_seen_at_the_other(house: House) -> None:
    """Events as they are found in the log, and views by whoever does not fold them too."""
    async with house.two() as (a, b), a.guest("Maya") as maya, b.guest("Sam") as sam:
        squad, _ = await told_no(maya, sam)
        async with maya.socket({squad: None}) as hers, sam.socket({squad: None}) as his:
            await hers.hear("live")
            await his.hear("live")
            issued = await maya.do("dare.issue", squad, target=sam.player, card="best-thing-today")
            dare = issued["b"]["dare"]
            await his.hear("ev", k="dare.issued")
            await sam.do("dare.accept", squad, dare=dare)
            await sam.do("dare.report", squad, dare=dare, outcome="GRANTED")
            await hers.hear("ev", k="dare.reported")
            weeks = [await board(socket, 50) for socket in (hers, his)]

    assert weeks[0] == weeks[1]


async def test_inv_c1_a_command_sent_to_both_nodes_at_once_is_done_once(house: House) -> None:
    """INV-C1: as by a client that gave one up and turned to the other."""
    async with house.two() as (a, b), a.guest("Maya") as maya:
        command = {"id": "0" * 26, "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
        there = await moved(maya, b)
        async with there.http as http:
            answers = await asyncio.gather(
                *(client.post("/api/cmd", json=command) for client in (maya.http, http))
            )
        log = a.services.log
        made = [event for event in log.read_all(0, 100) if event.topic == "squad.created@1"]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["b"] == answers[1].json()["b"]
    assert len(made) == 1


async def test_nobody_who_was_erased_is_read_at_any_node(house: House) -> None:
    """The key is gone for both, one of which has to hear of it."""
    async with house.two() as (a, b), a.guest("Maya") as maya:
        player = PlayerId(maya.player)
        keys = [node.services.tools.keys for node in (a, b)]
        sealed = [one.seal(player, "words") for one in keys]
        before = [one.open(sealed[0]) for one in keys]
        await maya.do("player.erase", confirm="Maya")
        await until(lambda: [one.open(text) for one in keys for text in sealed] == [None] * 4)

    assert before == ["words", "words"]


async def test_the_last_node_goes_and_another_finds_everything(house: House) -> None:
    """Nothing but the secret is a node's own to keep."""
    async with house.node("a") as a, a.guest("Maya") as maya, a.guest("Sam") as sam:
        _, q = await told_no(maya, sam)
        before = await page(sam, a, q)
    async with house.node("b") as b:
        after = await page(sam, b, q)

    assert before == after


async def test_what_is_in_postgres_can_be_verified_and_rebuilt(house: House) -> None:
    """By the same commands as a folder; copies are for PostgreSQL's own tools."""
    async with house.node("a") as a, a.guest("Maya") as maya, a.guest("Sam") as sam:
        await told_no(maya, sam)
        await until(lambda: a.services.runner.position == a.services.log.last_seq())
    settings = house.as_settings()
    found = verify(settings, quiet)
    made = rebuild(settings, quiet)
    again = verify(settings, quiet)

    assert (found.problems, made.problems, again.problems) == ([], [], [])
    assert found == again
    assert found.rows == made.rows > 5
    for copy in (backup, restore):
        with pytest.raises(LogUnavailable, match="PostgreSQL"):
            copy(settings, Path("somewhere"), quiet)


async def test_a_row_that_was_spoilt_is_found_and_made_anew(house: House) -> None:
    """As in a file."""
    async with house.node("a") as a, a.guest("Maya") as maya, a.guest("Sam") as sam:
        await told_no(maya, sam)
        await until(lambda: a.services.runner.position == a.services.log.last_seq())
        store = a.services.runner._store
        with store._connections.lent() as connection:  # type: ignore[attr-defined]
            connection.execute(f'DELETE FROM "roster_members@{roster.VERSION}"'.encode())
    settings = house.as_settings()
    reports = [verify(settings, quiet), rebuild(settings, quiet), verify(settings, quiet)]

    assert [bool(report.problems) for report in reports] == [True, True, False]


async def test_while_postgres_is_away_nothing_is_acknowledged_and_then_all_is_well(
    tmp_path: Path,
) -> None:
    """``/readyz`` says so; nobody has to start the node again, and the same id succeeds once."""
    with postgres_server() as server:
        async with House(server, tmp_path).node("a") as a, a.guest("Maya") as maya:
            command = {"id": "0" * 26, "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
            server.stop()
            away = await maya.http.post("/api/cmd", json=command)
            unready = await maya.http.get("/readyz")
            server.start()
            while (await maya.http.get("/readyz")).status_code != 200:
                pass
            back = await maya.http.post("/api/cmd", json=command)
            again = await maya.http.post("/api/cmd", json=command)

    assert (away.status_code, unready.status_code, back.status_code) == (500, 503, 200)
    assert back.json()["b"] == again.json()["b"]


def test_a_server_without_its_database_says_so_and_ends(tmp_path: Path) -> None:
    """In a sentence."""
    environment = {
        "GUTSY_DATA_DIR": str(tmp_path),
        "GUTSY_PORT": "0",
        "GUTSY_DATABASE_URL": "postgresql://127.0.0.1:1/gutsy",
        "GUTSY_KEYS_URL": "postgresql://127.0.0.1:1/keys",
    }
    result = CliRunner().invoke(main, ["verify"], env=environment)

    assert result.exit_code == 1
    assert "cannot be used" in result.output
    assert "Traceback" not in result.output


async def test_a_node_that_cannot_have_its_rows_lets_go_of_the_log(
    postgres: Postgres, tmp_path: Path
) -> None:
    """And of everything else; the error is a sentence."""
    place = postgres.place()
    settings = Settings(
        data_dir=str(tmp_path), database_url=f"{place}&user=nobody", keys_url=postgres.place()
    )
    with pytest.raises(LogUnavailable, match="nobody"):
        async with running_server(settings, quiet):
            pass
