"""Battles over real connections: who may replay one, what it tells, and what a lost net changes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.server.fights import SAFE
from tests.server.serving import Guest, Served, Socket, fresh_id, serving
from tests.server.world import Message, until


class Match:
    """A battle that is live, of ruleset 0: a countdown of a second."""

    def __init__(self, served: Served, people: Sequence[Guest]) -> None:
        self.served = served
        self.people = people
        self.squad = ""
        self.battle = ""

    async def begin(self, minutes: float) -> None:
        """The first opens it; all join, and wait until it is live."""
        host = self.people[0]
        self.squad = await host.squad()
        code = (await host.do("squad.invite", self.squad))["b"]["code"]
        opened = await host.do("battle.open", self.squad, minutes=minutes)
        self.battle = opened["b"]["battle"]
        for guest in self.people[1:]:
            await guest.do("squad.join", code=code)
            await guest.do("battle.join", self.squad, battle=self.battle)
        await host.do("battle.start", self.squad, battle=self.battle)
        async with host.socket({self.squad: None}) as socket:
            await table_of(socket, "LIVE")

    async def tell(self, who: Guest, outcome: str) -> None:
        """A card, and what came of it."""
        fields = {"target": who.player, "card": SAFE[0], "battle": self.battle}
        dare = (await who.do("dare.issue", self.squad, **fields))["b"]["dare"]
        await who.do("dare.report", self.squad, dare=dare, outcome=outcome)

    async def replay(self, who: Guest, battle: str | None = None) -> tuple[int, Message]:
        """The battle as somebody is told it: status and body."""
        q = max(guest.q for guest in self.people)
        path = f"/api/squads/{self.squad}/battles/{battle or self.battle}?after_q={q}"
        answer = await who.http.get(path)
        return answer.status_code, answer.json()


async def table_of(socket: Socket, state: str) -> Message:
    """The first table that has a state."""
    while True:
        body: Message = (await socket.hear("view", k="battle"))["b"]
        if body["state"] == state:
            return body


@asynccontextmanager
async def match(folder: Path, *handles: str, minutes: float = 60) -> AsyncIterator[Match]:
    """A server of ruleset 0 with these people in a live battle."""
    async with serving(folder, ruleset=0) as served, AsyncExitStack() as guests:
        people = [await guests.enter_async_context(served.guest(handle)) for handle in handles]
        one = Match(served, people)
        await one.begin(minutes)
        yield one


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Match]:
    """Maya's and Sam's battle."""
    async with match(tmp_path, "Maya", "Sam") as one:
        yield one


async def test_a_member_can_replay_a_battle_while_it_runs(live: Match) -> None:
    """Moment by moment from its opening, each with its table."""
    maya, sam = live.people
    await live.tell(maya, "REJECTED")
    status, body = await live.replay(sam)
    last = body["moments"][-1]
    row = {"points": 3, "rejections": 1, "reports": 1, "rank": 1}

    assert (status, body["battle"], body["host"], body["mode"], body["state"]) == (
        200,
        live.battle,
        maya.player,
        "NO_RACE",
        "LIVE",
    )
    assert body["ends_at"] - body["starts_at"] == 3_600_000
    assert body["q"] >= maya.q
    assert (last["kind"], last["player"], last["outcome"]) == (
        "dare.reported",
        maya.player,
        "REJECTED",
    )
    assert last["rows"][0] == {"player": maya.player, "handle": "Maya", **row}


async def test_inv_d6_how_many_cards_one_has_had_is_told_to_nobody_else(live: Match) -> None:
    """Those not reported are those passed on: no count of them is in what a squad shares."""
    maya, sam = live.people
    fields = {"target": sam.player, "card": SAFE[0], "battle": live.battle}
    dare = (await sam.do("dare.issue", live.squad, **fields))["b"]["dare"]
    await sam.do("dare.bail", live.squad, dare=dare)
    q = max(maya.q, sam.q)
    mine = (await sam.http.get(f"/api/me?after_q={q}")).json()["squads"][0]
    theirs = (await maya.http.get(f"/api/me?after_q={q}")).json()["squads"][0]
    _, replay = await live.replay(maya)
    async with maya.socket({live.squad: None}) as socket:
        table = await table_of(socket, "LIVE")
    shared = {"player", "handle", "points", "rejections", "reports", "rank"}

    assert (mine["cards"]["battle"], mine["cards"]["had"]) == (live.battle, 1)
    assert "cards" not in theirs
    assert [set(row) for row in (*table["rows"], *replay["moments"][-1]["rows"])] == [shared] * 4


async def test_a_battle_is_replayed_to_members_only(live: Match) -> None:
    """Neither to a stranger nor to whoever has left, though they took part; nor to nobody."""
    maya, sam = live.people
    await live.tell(sam, "MIXED")
    await sam.do("squad.leave", live.squad)
    async with live.served.guest("Lou") as lou, live.served.http() as http:
        found = [await live.replay(who) for who in (maya, sam, lou)]
        nobody = await http.get(f"/api/squads/{live.squad}/battles/{live.battle}")

    assert [status for status, _ in found] == [200, 403, 403]
    assert [body["error"]["code"] for _, body in found[1:]] == ["FORBIDDEN", "FORBIDDEN"]
    assert nobody.status_code == 401


async def test_a_battle_that_there_is_not_is_not_found(live: Match) -> None:
    """Not even if another squad has it; an outsider does not learn which."""
    maya, _ = live.people
    other = await maya.squad("Early birds")
    nowhere = await live.replay(maya, "0" * 26)
    elsewhere = await maya.http.get(f"/api/squads/{other}/battles/{live.battle}")
    async with live.served.guest("Lou") as lou:
        outside = await live.replay(lou, "0" * 26)

    assert (nowhere[0], nowhere[1]["error"]["code"]) == (404, "NOT_FOUND")
    assert (elsewhere.status_code, outside[0]) == (404, 403)


async def test_a_line_of_the_ledger_can_be_of_a_battle_and_of_no_dare(tmp_path: Path) -> None:
    """With the battle's id, and when it was paid."""
    async with match(tmp_path, "Maya", "Sam", minutes=5) as one:
        maya, sam = one.people
        for who, outcome in ((maya, "REJECTED"), (sam, "GRANTED")):
            await one.tell(who, outcome)
        await ended_early(one)
        q = one.served.services.log.last_seq()
        page = (await maya.http.get(f"/api/me/ledger?after_q={q}")).json()
        me = (await maya.http.get("/api/me")).json()
    line = page["entries"][0]

    assert (line["kind"], line["amount"], line["battle"], "dare" in line) == (
        "BATTLE",
        30,
        one.battle,
        False,
    )
    assert me["recent"][0]["battle"] == one.battle
    assert line["caused_at"] >= line["at"]


async def ended_early(one: Match) -> None:
    """The clock runs ahead of the battle's end, and its timers ring."""
    clock = one.served.services.clock
    now = clock.now
    clock.now = lambda: now() + 320_000  # type: ignore[method-assign]  # of this server alone
    log = one.served.services.log
    await until(
        lambda: not [t for t in log.due_timers(10**15, 100) if t.key == f"battle:{one.battle}"]
    )


async def test_inv_b0_inv_b4_a_table_a_replay_and_the_events_are_one_whatever_the_net_does(
    tmp_path: Path,
) -> None:
    """Sam's net is lost between all that he does, and what he sent is said again."""
    async with match(tmp_path, "Maya", "Sam", "Kim", minutes=5) as one:
        maya, sam, kim = one.people
        async with kim.socket({one.squad: 0}) as watching:
            await live_of(watching)
            await one.tell(maya, "REJECTED")
            dare = await _over_a_lost_net(
                one, sam, "dare.issue", target=sam.player, card=SAFE[1], battle=one.battle
            )
            await _over_a_lost_net(one, sam, "dare.report", dare=dare["dare"], outcome="IGNORED")
            await ended_early(one)
            table = await table_of(watching, "FINISHED")
        async with sam.socket({one.squad: 0}) as again:
            later = await table_of(again, "FINISHED")
        status, replay = await one.replay(maya)

    scores = {row["player"]: (row["points"], row["reports"]) for row in table["rows"]}
    assert scores == {maya.player: (3, 1), sam.player: (2, 1), kim.player: (0, 0)}
    assert (status, replay["moments"][-1]["rows"], later) == (200, table["rows"], table)


async def live_of(socket: Socket) -> None:
    """Wait until a connection is at the head."""
    await socket.hear("live")


async def _over_a_lost_net(one: Match, who: Guest, kind: str, **body: object) -> Message:
    """A command that is sent, and the net is gone; then the same once more on another socket."""
    command = {"id": fresh_id(), "k": kind, "s": one.squad, "b": body}
    async with who.socket({one.squad: None}) as lost:
        await lost.say("cmd", **command)
        lost.connection.transport.abort()
    async with who.socket({one.squad: None}) as socket:
        await socket.say("cmd", **command)
        ack = await socket.hear("ack", id=command["id"])
    return dict(ack.get("b") or {})


async def test_inv_p1_the_erased_have_no_name_in_a_battle(tmp_path: Path) -> None:
    """They leave it; what they scored stays, in the table that is pushed and in every moment."""
    async with match(tmp_path, "Maya", "Zanzibar Quokka", "Kim", minutes=5) as one:
        maya, zoe, kim = one.people
        for who, outcome in ((zoe, "REJECTED"), (maya, "GRANTED"), (kim, "MIXED")):
            await one.tell(who, outcome)
        async with maya.socket({one.squad: None}) as socket:
            before = await table_of(socket, "LIVE")
            while not all(row["reports"] for row in before["rows"]):
                before = await table_of(socket, "LIVE")
            await zoe.do("player.erase", confirm="Zanzibar Quokka")
            while "handle" in (await table_of(socket, "LIVE"))["rows"][0]:
                pass
            await socket.say("cmd", id=fresh_id(), k="squad.invite", s=one.squad, b={})
            await ended_early(one)
            after = await table_of(socket, "FINISHED")
        status, replay = await one.replay(maya)
        events = [moment["kind"] for moment in replay["moments"]]

    first = {"player": zoe.player, "points": 3, "rejections": 1, "reports": 1, "rank": 1}
    assert before["rows"][0] == {**first, "handle": "Zanzibar Quokka"}
    assert after["rows"] == [first, *before["rows"][1:]]
    assert (status, replay["moments"][-1]["rows"]) == (200, after["rows"])
    assert "Quokka" not in str(replay)
    assert events[-3:] == ["battle.left", "battle.grace_started", "battle.finished"]


async def test_inv_p1_the_table_of_a_battle_that_is_over_loses_the_name_too(
    tmp_path: Path,
) -> None:
    """No row of it changes, and whoever looks at it is sent it anew."""
    async with match(tmp_path, "Maya", "Zanzibar Quokka", minutes=5) as one:
        maya, zoe = one.people
        await one.tell(zoe, "REJECTED")
        await ended_early(one)
        async with maya.socket({one.squad: None}) as socket:
            before = await table_of(socket, "FINISHED")
            await zoe.do("player.erase", confirm="Zanzibar Quokka")
            after = await table_of(socket, "FINISHED")

    assert [("handle" in table["rows"][0]) for table in (before, after)] == [True, False]
