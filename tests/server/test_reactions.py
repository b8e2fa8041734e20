"""Erasure: what follows when somebody is gone (INV-P1, INV-P2, INV-S5)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from domain.dares.events import DareWithdrawn
from domain.facts import name_of
from domain.ids import PlayerId
from domain.room import Room, evolve
from domain.squads.events import MemberForgotten, MemberLeft, Role
from projections import ledger
from server.commands.submission import Done
from server.eventlog.log import Batch, LogTooNew, LogUnavailable, StoredEvent
from server.eventlog.memory import MemoryLog
from server.eventlog.players import find_player
from server.protocol.bodies import BODIES, PlayerRegister
from server.reactions import NAME, ReactionError, Reactions
from server.upkeep import backup, restore
from tests.server.fights import SAFE, fight_of
from tests.server.serving import Guest, Served, Socket, fresh_id, registration, serving
from tests.server.world import CountingLog, World, done, refusal, running, until

MARKERS = {
    "handle": "Zanzibar Quokka",
    "squad's name": "Marmalade Parliament",
    "squad's other name": "Turbulent Bassoon",
    "words": "ask the baker for a purple xylophone",
    "fewer words": "ask for a purple xylophone",
    "line": "The wombat giggled at me",
}
"""What one person has said, nowhere else to be found."""
SHORTENED = MARKERS["fewer words"]


def found_in(data: bytes) -> list[str]:
    """The markers that can be read in some bytes, however they are written."""
    texts = [text for word in MARKERS.values() for text in (word, word.casefold(), word.upper())]
    return [
        text
        for text in texts
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if text.encode(encoding) in data
    ]


def found_in_folder(folder: Path) -> list[str]:
    """The markers that can be read in any byte of any file, by file."""
    files = [path for path in folder.rglob("*") if path.is_file()]

    assert files
    return [f"{path.name}: {text}" for path in files for text in found_in(path.read_bytes())]


# A server with somebody in it who goes


class Story:
    """Maya has said many things, in her squad and in Sam's; Sam has reported too."""

    def __init__(self, served: Served, maya: Guest, sam: Guest) -> None:
        self.served = served
        self.maya = maya
        self.sam = sam
        self.squads: list[str] = []

    async def begin(self) -> None:
        """All that there is to say, in every field that holds somebody's words."""
        maya, sam = self.maya, self.sam
        hers = await maya.squad(MARKERS["squad's name"])
        code = (await maya.do("squad.invite", hers))["b"]["code"]
        await sam.do("squad.join", code=code)
        await maya.do("squad.rename", hers, name=MARKERS["squad's other name"])
        words = {"text": MARKERS["words"], "kind": "ASK", "difficulty": 2}
        dare = await maya.do("dare.issue", hers, target=sam.player, **words)
        await sam.do("dare.accept", hers, dare=dare["b"]["dare"], text=SHORTENED)
        await sam.do("dare.report", hers, dare=dare["b"]["dare"], outcome="REJECTED", line="No!")
        own = await maya.do("dare.issue", hers, target=maya.player, card="which-apple")
        report = {"outcome": "GRANTED", "line": MARKERS["line"]}
        await maya.do("dare.report", hers, dare=own["b"]["dare"], **report)
        await maya.do("dare.correct", hers, dare=own["b"]["dare"], outcome="MIXED")
        await maya.do("dare.issue", hers, target=sam.player, **words)
        his = await sam.squad("Owls")
        code = (await sam.do("squad.invite", his))["b"]["code"]
        await maya.do("squad.request", code=code)
        self.squads = [hers, his]
        await self.served.services.runner.wait_for(self.served.services.log.last_seq(), 10)

    async def erase(self) -> None:
        """Maya goes; everything that follows has followed."""
        await self.maya.do("player.erase", confirm=MARKERS["handle"])
        log = self.served.services.log
        await until(lambda: log.position(NAME) >= self.maya.q)
        await self.served.services.runner.wait_for(log.last_seq(), 10)

    async def read(self) -> bytes:
        """Everything that Sam can read, by every call and by the socket."""
        calls = ["/api/me", "/api/me/ledger"]
        for squad in self.squads:
            calls += [f"/api/squads/{squad}/events", f"/api/squads/{squad}/weeks/current"]
        answers = [await self.sam.http.get(call) for call in calls]

        assert {200} == {answer.status_code for answer in answers}
        async with self.sam.socket(dict.fromkeys(self.squads)) as socket:
            for _ in self.squads:
                await socket.hear("live")
            heard = json.dumps(socket.heard, ensure_ascii=False, default=str)
        return b"".join(answer.content for answer in answers) + heard.encode()

    async def board(self) -> dict[str, dict[str, Any]]:
        """This week's board of Maya's squad as Sam sees it, by player."""
        q = self.served.services.log.last_seq()
        path = f"/api/squads/{self.squads[0]}/weeks/current?after_q={q}"
        rows = (await self.sam.http.get(path)).json()["rows"]
        return {row["player"]: row for row in rows}


@asynccontextmanager
async def story(folder: Path) -> AsyncIterator[Story]:
    """The story, told up to the end that Maya makes."""
    async with (
        serving(folder) as served,
        served.guest(MARKERS["handle"]) as maya,
        served.guest("Sam") as sam,
    ):
        one = Story(served, maya, sam)
        await one.begin()
        yield one


async def test_inv_p1_before_the_erasure_others_can_read_the_words(tmp_path: Path) -> None:
    """So that the tests below look where there is something to be found."""
    async with story(tmp_path) as one:
        found = set(found_in(await one.read()))

    assert set(MARKERS.values()) <= found


async def test_inv_p1_no_word_is_readable_on_the_disk_even_before(tmp_path: Path) -> None:
    """Sealed from the first event on: log, keys, rows, kept answers, write-ahead files."""
    async with story(tmp_path) as one:
        await one.served.services.runner.wait_for(one.served.services.log.last_seq(), 10)

        assert found_in_folder(tmp_path) == []
    assert found_in_folder(tmp_path) == []


async def test_inv_p1_after_the_erasure_nobody_can_read_a_word(tmp_path: Path) -> None:
    """Neither by a call nor in a snapshot, nor after a restart."""
    async with story(tmp_path) as one:
        await one.erase()
        told = await one.read()
        cookies = one.sam.http.cookies
    async with serving(tmp_path) as served, served.http(cookies=cookies) as http:
        events = await http.get(f"/api/squads/{one.squads[0]}/events")

    assert (200, []) == (events.status_code, found_in(told + events.content))
    assert one.maya.player.encode() in told


async def test_inv_p1_a_backup_holds_no_word(tmp_path: Path) -> None:
    """Nor does the folder after it."""
    async with story(tmp_path / "data") as one:
        await one.erase()
        settings = one.served.services.settings
    backup(settings, tmp_path / "backup.db", lambda _at, _of: None)

    assert found_in_folder(tmp_path) == []


async def test_inv_p1_no_word_is_in_what_the_server_says_of_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its own log records, before and after."""
    caplog.set_level(logging.INFO)
    async with story(tmp_path) as one:
        await one.erase()

    assert found_in(caplog.text.encode()) == []


async def test_inv_p1_the_key_of_her_words_is_gone(tmp_path: Path) -> None:
    """What is left in the log opens for nobody."""
    async with story(tmp_path) as one:
        await one.erase()
        services = one.served.services

        assert services.tools.keys.destroyed() == [one.maya.player]


async def test_inv_p1_the_scores_of_others_are_what_they_were(tmp_path: Path) -> None:
    """And hers stands on the board, marked as left and without a name."""
    async with story(tmp_path) as one:
        before = await one.board()
        me = (await one.sam.http.get("/api/me")).json()["xp"]
        await one.erase()
        after = await one.board()
        hers, was = after[one.maya.player], before[one.maya.player]

        assert me == (await one.sam.http.get("/api/me")).json()["xp"]
        assert before[one.sam.player] == after[one.sam.player]
        assert ("handle" in hers, hers["left"]) == (False, True)
        assert [hers[k] for k in ("score", "rejections", "rank")] == [
            was[k] for k in ("score", "rejections", "rank")
        ]


async def test_whoever_follows_the_squad_gets_a_snapshot_without_the_name(tmp_path: Path) -> None:
    """What they may see of the past has changed."""
    async with story(tmp_path) as one, one.sam.socket({one.squads[0]: None}) as socket:
        await socket.hear("live")
        first = await _names_in_snapshot(socket.heard[-10:])
        await one.maya.do("player.erase", confirm=MARKERS["handle"])
        await socket.hear("snap")
        last = await _names_in_snapshot(socket.heard[-1:])

    assert (MARKERS["handle"] in first, MARKERS["handle"] in last) == (True, False)


async def _names_in_snapshot(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    (snap,) = (m for m in messages if m["t"] == "snap")
    return [entry.get("handle") for entry in snap["b"]["roster"]]


async def test_the_sockets_of_the_erased_are_closed(tmp_path: Path) -> None:
    """With the code that says "sign in"; they sign in no more."""
    async with story(tmp_path) as one, one.maya.socket() as socket:
        await one.erase()
        await _closed(socket.connection)

        assert socket.connection.close_code == 4401


async def test_inv_p2_the_erased_are_signed_in_nowhere(tmp_path: Path) -> None:
    """No call takes their cookie or their ticket, and no socket."""
    async with story(tmp_path) as one:
        await one.erase()
        http, ticket = one.maya.http, {"authorization": f"Bearer {one.maya.ticket}"}
        answers = [
            await http.get("/api/me"),
            await http.get("/api/me/ledger"),
            await http.post("/api/ticket"),
            await http.get("/api/me", headers=ticket),
            await http.get(f"/api/squads/{one.squads[0]}/events"),
            await http.get(f"/api/squads/{one.squads[0]}/weeks/current"),
        ]
        async with one.served.connect() as connection:
            await Socket(connection).say("hello", v=1, c="test", a=one.maya.ticket, s={})
            await _closed(connection)

        assert ({401}, 4401) == ({a.status_code for a in answers}, connection.close_code)


async def _closed(connection: ClientConnection) -> None:
    """Wait until the server has closed it."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await connection.recv()


async def test_inv_p2_the_guest_id_of_the_erased_lets_nobody_in(tmp_path: Path) -> None:
    """It does not give the same player again, not even for the very same words."""
    async with serving(tmp_path) as served, served.http() as http:
        asked = registration("Maya")
        first = (await http.post("/api/guest", json=asked)).json()
        erase = {"id": fresh_id(), "k": "player.erase", "b": {"confirm": "Maya"}}
        erased = await http.post("/api/cmd", json=erase)
        again = await http.post("/api/guest", json=asked)

        assert erased.status_code == 200
        assert first["player"] not in again.text


async def test_the_name_can_be_taken_again(tmp_path: Path) -> None:
    """It is nobody's any more."""
    async with story(tmp_path) as one, one.served.http() as http:
        taken = await http.post("/api/guest", json=registration(MARKERS["handle"]))
        await one.erase()
        free = await http.post("/api/guest", json=registration(MARKERS["handle"]))

    assert (409, 201) == (taken.status_code, free.status_code)


async def test_whoever_was_erased_stays_erased_when_an_older_log_is_put_back(
    tmp_path: Path,
) -> None:
    """The backup knows nothing of the end that she made; the keys do."""
    folder = tmp_path / "data"
    async with story(folder) as one:
        settings = one.served.services.settings
        backup(settings, tmp_path / "backup.db", lambda _at, _of: None)
        await one.erase()
    restore(settings, tmp_path / "backup.db", lambda _at, _of: None)
    async with serving(folder) as served:
        log = served.services.log
        await until(lambda: find_player(log, PlayerId(one.maya.player)) is None)
        await until(lambda: not log.find_claims_under("seat", one.maya.player))
        claims = log.find_own_claims(one.maya.player)
        async with served.http() as http:
            free = await http.post("/api/guest", json=registration(MARKERS["handle"]))

    assert (201, []) == (free.status_code, claims)


# What the reaction does to squads


class FailingOnce(MemoryLog):
    """A log that fails once when a position is written: as if the process ended there."""

    is_failing = False

    def append(self, batch: Batch) -> list[int]:
        if batch.positions and self.is_failing:
            self.is_failing = False
            raise LogUnavailable("the process has ended")
        return super().append(batch)


def reactions_of(world: World, forgotten: list[PlayerId] | None = None) -> Reactions:
    """The reactions of a world, as a process that starts now has them."""
    heard = [] if forgotten is None else forgotten
    return Reactions(world.log, world.commands, world.keys, world.clock, heard.append)


async def erase(world: World, player: str, handle: str) -> None:
    """Somebody goes; nothing has followed yet."""
    done(await world.do(player, "player.erase", {"confirm": handle}))


def room_of(world: World, squad: str) -> Room:
    """A squad as the log has it."""
    room = Room()
    for one in world.facts(squad):
        evolve(room, one.fact)  # type: ignore[arg-type]  # a squad's stream holds RoomFacts
    return room


async def test_the_erased_leave_every_squad_and_their_requests_go() -> None:
    """And their seats are free."""
    async with running() as world:
        squad, (sam, maya) = await world.squad_of("Sam", "Maya")
        alone = await world.create_squad(maya)
        asked, (kim,) = await world.squad_of("Kim")
        done(await world.do(maya, "squad.request", {"code": await world.invite(kim, asked)}))
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        rooms = [room_of(world, one).squad for one in (squad, alone, asked)]

        assert [list(room.members) for room in rooms] == [[sam], [], [kim]]
        assert (rooms[1].is_archived, rooms[2].requests) == (True, {})
        assert world.log.find_claims_under("seat", maya) == []
        assert world.log.find_claims_under("request", maya) == []


async def test_inv_s5_the_open_dares_of_the_erased_end_and_the_leave_comes_last() -> None:
    """As issuer and as target, by nobody's command."""
    async with running() as world:
        squad, (sam, maya) = await world.squad_of("Sam", "Maya")
        dares = [await world.dare(sam, maya, squad), await world.dare(maya, sam, squad)]
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        facts = [one.fact for one in world.facts(squad)][-3:]

        assert [fact.dare for fact in facts if isinstance(fact, DareWithdrawn)] == dares
        assert (name_of(type(facts[-1])), {fact.by for fact in facts}) == ("member.left", {None})


async def test_inv_s5_the_erased_leave_their_battle_and_their_score_stays() -> None:
    """It goes on without them, and pays when it is over; of theirs a row without a name is left."""
    async with running() as world:
        fight = await fight_of(world, "Sam", "Maya", "Kim")
        sam, maya, kim = fight.players
        await fight.begin()
        for player, outcome in ((maya, "REJECTED"), (sam, "GRANTED"), (kim, "MIXED")):
            await fight.tell(player, outcome)
        card = await fight.take(maya, SAFE[1])
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        battle = fight.room().battles.current()
        withdrawn = [f.fact for f in world.facts(fight.squad) if isinstance(f.fact, DareWithdrawn)]
        await fight.end()
        await world.folded()
        table = world.models.battle(fight.squad)
        paid = [ledger.entries(world.store, player)[0] for player in fight.players]
        assert battle is not None
        assert table is not None

        assert (battle.participants, [one.dare for one in withdrawn]) == ((sam, kim), [card])
        assert [(row.player, row.handle, row.points, row.rank) for row in table.rows] == [
            (maya, None, 3, 1),
            (kim, "Kim", 2, 2),
            (sam, "Sam", 1, 3),
        ]
        assert [(one.kind, one.amount) for one in paid] == [
            ("BATTLE", 10),
            ("BATTLE", 30),
            ("BATTLE", 10),
        ]
        assert fight.told()[-1][0] == "finished"


async def test_inv_s5_the_lobby_of_an_erased_host_is_called_off() -> None:
    """Somebody else can open another."""
    async with running() as world:
        fight = await fight_of(world, "Sam", "Maya")
        sam, maya = fight.players
        fight.players = [maya, sam]
        await fight.open()
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        before = fight.told()
        done(await fight.ask(sam, "open"))

        assert [name for name, _ in before] == ["cancelled"]


async def test_inv_s2_an_erased_owner_is_followed_by_a_captain() -> None:
    """Before whoever is there for longer."""
    async with running() as world:
        squad, (maya, _, kim) = await world.squad_of("Maya", "Sam", "Kim")
        done(await world.do(maya, "squad.role", {"player": kim, "role": "CAPTAIN"}, squad=squad))
        await erase(world, maya, "Maya")
        await reactions_of(world).step()

        assert room_of(world, squad).squad.members[kim].role is Role.OWNER


async def test_the_key_is_gone_before_the_squads_hear_of_it() -> None:
    """Nobody is shown a leave beside words that can still be read."""
    async with running() as world:
        _, (_, maya) = await world.squad_of("Sam", "Maya")
        forgotten: list[PlayerId] = []
        await erase(world, maya, "Maya")
        await reactions_of(world, forgotten).step()

        assert (world.keys.destroyed(), forgotten) == ([maya], [maya])


async def test_a_process_that_ends_before_the_leave_lets_the_next_one_finish() -> None:
    """What follows is found in the log by whoever comes."""
    async with running() as world:
        squad, (_, maya) = await world.squad_of("Sam", "Maya")
        await erase(world, maya, "Maya")
        before = room_of(world, squad).squad.members
        await reactions_of(world).step()

        assert (maya in before, maya in room_of(world, squad).squad.members) == (True, False)


async def test_a_process_that_ends_after_the_leave_leaves_once() -> None:
    """The same causes come again, and lead to the same commands."""
    log = FailingOnce()
    async with running(log) as world:
        squad, (_, maya) = await world.squad_of("Sam", "Maya")
        await erase(world, maya, "Maya")
        log.is_failing = True
        with pytest.raises(LogUnavailable):
            await reactions_of(world).step()
        await reactions_of(world).step()
        left = [one for one in world.facts(squad) if isinstance(one.fact, MemberLeft)]

        assert (1, world.log.last_seq()) == (len(left), world.log.position(NAME))


async def test_a_reaction_that_is_not_carried_out_is_tried_again() -> None:
    """Its position stays where it was."""
    async with running() as world:
        squads = [(await world.squad_of(f"Owner {n}"))[0] for n in range(2)]
        maya = await world.register("Maya")
        for squad in squads:
            owner = next(iter(room_of(world, squad).squad.members))
            code = await world.invite(owner, squad)
            done(await world.do(maya, "squad.join", {"code": code}))
        await erase(world, maya, "Maya")
        reactions = reactions_of(world)
        world.commands._queue_limit = 1  # the second of two at once is told BUSY
        with pytest.raises(ReactionError, match="BUSY"):
            await reactions.step()
        before = world.log.position(NAME)
        world.commands._queue_limit = 10
        await reactions.step()

        assert (0, True) == (before, world.log.position(NAME) > 0)
        assert [maya in room_of(world, squad).squad.members for squad in squads] == [False, False]


class Newer(MemoryLog):
    """A log in which the stream of one squad cannot be read."""

    newer = ""

    def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
        if stream == self.newer:
            raise LogTooNew("from the future")
        return super().read_stream(stream, after, limit)


class Stuck:
    """Maya and Kim are erased, and Maya's squad cannot be read just now."""

    def __init__(self, world: World, log: Newer) -> None:
        self.world = world
        self.log = log
        self.forgotten: list[PlayerId] = []

    async def begin(self) -> None:
        """Maya goes first."""
        world = self.world
        self.hers, (_, self.maya) = await world.squad_of("Sam", "Maya")
        self.other, (_, self.kim) = await world.squad_of("Lou", "Kim")
        await erase(world, self.maya, "Maya")
        await erase(world, self.kim, "Kim")
        self.log.newer = f"squad-{self.hers}"
        world.commands._streams.drop([self.log.newer])
        self.reactions = reactions_of(world, self.forgotten)

    def left(self) -> list[list[PlayerId]]:
        """Who left each of the two squads."""
        return [
            [one.fact.player for one in self.world.facts(squad) if isinstance(one.fact, MemberLeft)]
            for squad in (self.hers, self.other)
        ]


@asynccontextmanager
async def stuck() -> AsyncIterator[Stuck]:
    """Two who are erased, one of whom a squad cannot forget."""
    log = Newer()
    async with running(log) as world:
        one = Stuck(world, log)
        await one.begin()
        with pytest.raises(ReactionError, match=f"squad.forget in {one.hers}: INTERNAL"):
            await one.reactions.step()
        log.newer = ""
        yield one


async def test_inv_p1_a_squad_that_cannot_be_read_keeps_nobodys_key() -> None:
    """Neither that of whom it knows nor that of whoever was erased later."""
    async with stuck() as one:
        assert {one.maya, one.kim} == set(one.world.keys.destroyed())


async def test_a_squad_that_cannot_be_read_keeps_others_from_forgetting_nobody() -> None:
    """Only the position stays before what is to be tried again."""
    async with stuck() as one:
        assert ([[], [one.kim]], 0) == (one.left(), one.world.log.position(NAME))


async def test_a_squad_that_can_be_read_again_forgets_once() -> None:
    """And so has everybody else."""
    async with stuck() as one:
        head = one.world.log.last_seq()
        await one.reactions.step()
        await one.reactions.step()

        assert ([[one.maya], [one.kim]], head) == (
            one.left(),
            one.world.log.position(NAME),
        )


async def test_whoever_is_erased_is_told_of_once_however_often_it_is_tried() -> None:
    """Each time, everybody who follows one of their squads would get a snapshot."""
    async with stuck() as one:
        await one.reactions.step()

        assert [one.maya, one.kim] == one.forgotten


async def test_whoever_was_erased_is_known_nowhere() -> None:
    """Whether they were in, asked, or were out already."""
    async with running() as world:
        _, (_, maya) = await world.squad_of("Sam", "Maya")
        asked, (kim,) = await world.squad_of("Kim")
        done(await world.do(maya, "squad.request", {"code": await world.invite(kim, asked)}))
        gone, (lou,) = await world.squad_of("Lou")
        done(await world.do(maya, "squad.join", {"code": await world.invite(lou, gone)}))
        done(await world.do(maya, "squad.leave", squad=gone))
        await erase(world, maya, "Maya")
        before = world.log.find_claims_under("known", maya)
        await reactions_of(world).step()

        assert (3, []) == (len(before), world.log.find_claims_under("known", maya))


async def test_whoever_asked_a_squad_that_an_erasure_ended_is_known_there() -> None:
    """It was not they who were erased: their name is in its history until they are."""
    async with running() as world:
        squad, (maya,) = await world.squad_of("Maya")
        kim = await world.register("Kim")
        done(await world.do(kim, "squad.request", {"code": await world.invite(maya, squad)}))
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        before = [claim.owner for claim in world.log.find_claims_under("known", kim)]
        await erase(world, kim, "Kim")
        await reactions_of(world).step()

        assert ([squad], MemberForgotten) == (before, type(world.facts(squad)[-1].fact))


WAYS_OUT = ("left", "kicked", "declined", "banned")


async def send_out(world: World, way_out: str) -> tuple[str, PlayerId]:
    """Maya comes into Sam's squad, or asks to, and is out again; returns the squad and her."""
    squad, (sam,) = await world.squad_of("Sam")
    maya = await world.register("Maya")
    code = {"code": await world.invite(sam, squad)}
    if way_out == "declined":
        done(await world.do(maya, "squad.request", code))
        done(await world.do(sam, "squad.decline", {"player": maya}, squad=squad))
        return squad, maya
    done(await world.do(maya, "squad.join", code))
    if way_out == "left":
        done(await world.do(maya, "squad.leave", squad=squad))
    else:
        kind = {"kicked": "squad.kick", "banned": "squad.ban"}[way_out]
        done(await world.do(sam, kind, {"player": maya}, squad=squad))
    return squad, maya


@pytest.mark.parametrize("way_out", WAYS_OUT)
async def test_a_squad_forgets_once_whoever_was_out_before_they_were_erased(way_out: str) -> None:
    """Also when the process ends in between; a squad that never knew them hears nothing."""
    log = FailingOnce()
    async with running(log) as world:
        squad, maya = await send_out(world, way_out)
        other, _ = await world.squad_of("Kim")
        before = [len(world.facts(one)) for one in (squad, other)]
        await erase(world, maya, "Maya")
        log.is_failing = True
        with pytest.raises(LogUnavailable):
            await reactions_of(world).step()
        await reactions_of(world).step()
        squads, others = world.facts(squad)[before[0] :], world.facts(other)[before[1] :]
        forgotten = [one.fact for one in squads if isinstance(one.fact, MemberForgotten)]

        assert ([maya], None, []) == (
            [fact.player for fact in forgotten],
            squads[-1].fact.by,
            others,
        )


async def test_no_ban_of_an_erased_person_is_kept() -> None:
    """There is nobody who could come back."""
    async with running() as world:
        squad, maya = await send_out(world, "banned")
        before = list(room_of(world, squad).squad.banned)
        await erase(world, maya, "Maya")
        await reactions_of(world).step()

        assert ([maya], {}) == (before, room_of(world, squad).squad.banned)


@asynccontextmanager
async def reacting(world: World) -> AsyncIterator[None]:
    """The reactions at work, and waiting for a cause."""
    kim = await world.register("Kim")
    await erase(world, kim, "Kim")
    reactions = reactions_of(world)
    world.commands.on_commit(reactions.notify)
    task = asyncio.create_task(reactions.run())
    try:
        await until(lambda: world.log.position(NAME) == world.log.last_seq())
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_erasure_whose_end_was_not_heard_is_followed_all_the_same() -> None:
    """The key is gone and the squad is left, without a restart and without another commit."""
    log = CountingLog()
    async with running(log) as world, reacting(world):
        squad, (_, maya) = await world.squad_of("Sam", "Maya")
        log.failures_after_write = [LogUnavailable("the answer was lost")]
        body = {"confirm": "Maya"}
        first = await world.do(maya, "player.erase", body, command_id="0" * 26)
        second = await world.do(maya, "player.erase", body, command_id="0" * 26)
        await until(lambda: maya not in room_of(world, squad).squad.members)
        assert isinstance(second, Done)

        assert ("INTERNAL", True) == (refusal(first), second.is_repeat)
        assert maya in world.keys.destroyed()


async def test_looking_in_vain_costs_no_commit() -> None:
    """The place in the log is kept only now and then."""
    log = CountingLog()
    async with running(log) as world:
        reactions = reactions_of(world)
        await world.squad_of("Sam", "Maya")
        before = len(log.batches)
        await reactions.step()

        assert (before, 0) == (len(log.batches), log.position(NAME))


async def test_after_many_events_the_place_in_the_log_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that a restart does not look through all of them."""
    monkeypatch.setattr("server.reactions.KEPT_EVERY", 3)
    async with running() as world:
        reactions = reactions_of(world)
        await world.squad_of("Sam", "Maya")
        await reactions.step()

        assert world.log.position(NAME) == world.log.last_seq()


async def test_one_person_erased_changes_nobody_elses_xp() -> None:
    """The issuer's share included."""
    async with running() as world:
        squad, (maya, sam) = await world.squad_of("Maya", "Sam")
        dare = await world.dare(sam, maya, squad)
        done(await world.do(maya, "dare.accept", {"dare": dare}, squad=squad))
        done(await world.do(maya, "dare.report", {"dare": dare, "outcome": "MIXED"}, squad=squad))
        await world.folded()
        before = ledger.account(world.store, sam)
        await erase(world, maya, "Maya")
        await reactions_of(world).step()
        await world.folded()

        assert (5, before) == (before.xp, ledger.account(world.store, sam))


# INV-P2: nothing by them, nothing at them


class Before:
    """Maya is in Sam's squad, asks Kim's and is banned in Lou's; then she is erased."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: dict[str, PlayerId] = {}
        self.squads: dict[str, str] = {}
        self.dares: dict[str, str] = {}
        self.code = ""
        self.battle = ""

    async def tell(self) -> None:
        """Sam has dared Maya twice: once she said yes. There is a battle that she could join."""
        world = self.world
        squad, (sam, maya) = await world.squad_of("Sam", "Maya")
        self.people = {"Sam": sam, "Maya": maya}
        for name in ("Kim", "Lou"):
            other, (owner,) = await world.squad_of(name)
            self.squads[name], self.people[name] = other, owner
            self.code = await world.invite(owner, other)
            done(await world.do(maya, "squad.request", {"code": self.code}))
        done(await world.do(self.people["Lou"], "squad.ban", {"player": maya}, squad=other))
        self.squads["Sam"] = squad
        self.dares["offered"] = await world.dare(sam, maya, squad)
        self.dares["agreed"] = await world.dare(sam, maya, squad, card="time-phone-in-hand")
        body = {"dare": self.dares["agreed"]}
        done(await world.do(maya, "dare.accept", body, squad=squad))
        self.battle = str(done(await world.do(sam, "battle.open", squad=squad))["battle"])

    async def code_of(self, who: str, kind: str, body: Mapping[str, object]) -> str:
        """The code with which a command of somebody's in their squad is refused."""
        squad = self.squads["Sam" if who == "Maya" else who]
        return refusal(await self.world.do(self.people[who], kind, body, squad=squad))


@asynccontextmanager
async def erased() -> AsyncIterator[Before]:
    """A world in which Maya is erased and her squads do not know it yet."""
    async with running() as world:
        before = Before(world)
        await before.tell()
        await erase(world, before.people["Maya"], "Maya")
        yield before


def body_for(kind: str, before: Before) -> dict[str, object]:
    """A body that this kind can be read from."""
    values: dict[str, object] = {
        "name": "Owls",
        "tz": "Asia/Tokyo",
        "code": before.code,
        "invite": "none",
        "player": before.people["Sam"],
        "role": "MEMBER",
        "target": before.people["Sam"],
        "card": "which-apple",
        "dare": before.dares["offered"],
        "outcome": "MIXED",
        "emoji": "👏",
        "confirm": "Maya",
    }
    if kind.startswith("battle."):
        values["battle"] = before.battle
    return {name: values[name] for name in BODIES[kind].__struct_fields__ if name in values}


async def test_inv_p2_every_kind_of_command_by_the_erased_is_refused() -> None:
    """At once, before anything has followed."""
    async with erased() as before:
        codes = {
            kind: await before.code_of("Maya", kind, body_for(kind, before)) for kind in BODIES
        }

        assert codes == dict.fromkeys(BODIES, "UNAUTHENTICATED")


AT_MAYA: tuple[tuple[str, str, str | None], ...] = (
    ("Kim", "squad.approve", None),
    ("Kim", "squad.decline", None),
    ("Kim", "squad.ban", None),
    ("Lou", "squad.unban", None),
    ("Sam", "squad.kick", None),
    ("Sam", "squad.ban", None),
    ("Sam", "squad.role", None),
    ("Sam", "dare.issue", None),
    ("Sam", "dare.withdraw", "offered"),
    ("Sam", "cheer", "agreed"),
)
"""Whose command, of which kind, about which dare: every one that is aimed at somebody."""


@pytest.mark.parametrize("has_followed", [False, True], ids=["at once", "once all has followed"])
@pytest.mark.parametrize(("who", "kind", "dare"), AT_MAYA, ids=[f"{a} {b}" for a, b, _ in AT_MAYA])
async def test_inv_p2_every_command_at_the_erased_is_refused(
    who: str, kind: str, dare: str | None, has_followed: bool
) -> None:
    """Also while her squads do not know that she is gone, and appends nothing."""
    async with erased() as before:
        if has_followed:
            await reactions_of(before.world).step()
        body = body_for(kind, before) | {"player": before.people["Maya"]}
        body |= {"target": before.people["Maya"]} if kind == "dare.issue" else {}
        body |= {"dare": before.dares[dare]} if dare is not None else {}
        body = {n: v for n, v in body.items() if n in BODIES[kind].__struct_fields__}
        last = before.world.log.last_seq()
        code = await before.code_of(who, kind, body)

        assert (code in {"TARGET_UNAVAILABLE", "NOT_FOUND", "WRONG_STATE"}, last) == (
            True,
            before.world.log.last_seq(),
        )
        assert has_followed or code == "TARGET_UNAVAILABLE"


BY_STRANGERS: tuple[tuple[str, str, str, str | None], ...] = (
    ("Kim", "Lou", "squad.unban", None),
    ("Kim", "Lou", "squad.ban", None),
    ("Lou", "Kim", "squad.approve", None),
    ("Lou", "Sam", "squad.kick", None),
    ("Lou", "Sam", "dare.issue", None),
    ("Lou", "Sam", "dare.withdraw", "offered"),
    ("Lou", "Sam", "cheer", "agreed"),
    ("Lou", "Sam", "cheer", "offered"),
)
"""Who has no business there, whose squad it is, and what they try, about which dare."""


@pytest.mark.parametrize(
    ("who", "whose", "kind", "dare"), BY_STRANGERS, ids=[f"{b} {d}" for _, _, b, d in BY_STRANGERS]
)
async def test_no_refusal_tells_a_stranger_who_was_erased(
    who: str, whose: str, kind: str, dare: str | None
) -> None:
    """It is the one that they get of anybody."""
    async with running() as world:
        before = Before(world)
        await before.tell()
        body = body_for(kind, before) | {"player": before.people["Maya"]}
        body |= {"target": before.people["Maya"]} if kind == "dare.issue" else {}
        body |= {"dare": before.dares[dare]} if dare is not None else {}
        body = {n: v for n, v in body.items() if n in BODIES[kind].__struct_fields__}
        squad = before.squads[whose]
        first = await world.do(before.people[who], kind, body, squad=squad)
        await erase(world, before.people["Maya"], "Maya")
        second = await world.do(before.people[who], kind, body, squad=squad)

        assert first == second
        assert refusal(second) in {"FORBIDDEN", "NOT_FOUND"}


async def test_inv_p2_a_name_and_a_guest_id_make_somebody_new() -> None:
    """Not the one who is gone."""
    async with running() as world:
        guest = PlayerRegister(handle="Maya", tz="UTC", adult=True)
        maya = done(await world.intake.register("the same guest", guest))["player"]
        await erase(world, str(maya), "Maya")
        other = PlayerRegister(handle="Maya", tz="Asia/Tokyo", adult=True)
        new = done(await world.intake.register("the same guest", other))["player"]

        assert maya != new
