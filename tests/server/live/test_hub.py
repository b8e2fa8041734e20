"""The hub: everything in order, once, to whoever takes it, whatever the hints do."""

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Sequence

import pytest

from domain.facts import Fact, Recorded
from domain.ids import InviteKey, PlayerId
from domain.personal import Sealed
from domain.refusals import Refusal
from domain.squads.events import InviteIssued
from server.eventlog.log import Batch, Event, LogUnavailable, StoredEvent
from server.eventlog.mapper import to_stored
from server.eventlog.memory import MemoryLog
from server.live.catch_up import AT_ONCE, FARTHEST_BEHIND, LARGEST_BYTES
from server.live.rooms import RING
from server.protocol.views import Me, Week
from server.reactions import Reactions
from tests.server.world import Client, Message, World, done, payload, running, second_node, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


def numbers(client: Client, squad: str) -> list[int | None]:
    """The numbers of the events that came; None stands for a snapshot."""
    return [None if event is None else event["n"] for event in client.events(squad)]


def invites(world: World, squad: str, player: PlayerId, count: int, text: str = "code") -> None:
    """Append events behind everybody's back, as another node would."""
    first = world.log.heads([f"squad-{squad}"])[f"squad-{squad}"] + 1
    code = world.keys.seal(player, text)
    events = []
    for n in range(first, first + count):
        fact = InviteIssued(
            at=1, by=player, invite=InviteKey(str(n)), code=Sealed(code), expires_at=2, max_uses=3
        )
        topic, state = to_stored(fact)
        events.append(Event(f"squad-{squad}", n, topic, state))
    world.log.append(Batch(events=events))


# Live


async def test_whoever_is_at_the_head_gets_each_event_as_it_is_committed(world: World) -> None:
    """In the very step of the commit, in order."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    for _ in range(5):
        await world.invite(maya, squad)

    assert numbers(client, squad) == [3, 4, 5, 6, 7]


async def test_an_ack_follows_the_commit_and_the_event_its_c(world: World) -> None:
    """An optimistic entry is known again by the command's id."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    client.send("cmd", id="0" * 26, s=squad, k="squad.invite")
    ack = await client.answer("0" * 26)
    await client.reach(squad, 3)

    assert ("0" * 26, ack["n"]) == (client.of("ev")[0]["c"], client.of("ev")[0]["n"])


async def test_other_squads_events_do_not_come(world: World) -> None:
    """One follows what one follows."""
    first, (maya,) = await world.squad_of("Maya")
    second = await world.create_squad(maya)
    client = Client(world, maya)
    await client.follow(first, 2)
    await world.invite(maya, second)
    await world.invite(maya, first)
    await client.reach(first, 3)

    assert {first} == {message["s"] for message in client.of("ev", "evs", "live")}


async def test_live_is_said_once(world: World) -> None:
    """However often a connection falls behind and comes back."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 0)
    for _ in range(3):
        client.pause()
        await world.invite(maya, squad)
        client.resume()
        await client.reach(squad, len(world.facts(squad)))

    assert [{"t": "live", "s": squad, "n": 2}] == client.of("live")


# Catching up


@pytest.mark.parametrize("count", [1, 2, RING - 2, RING, RING + 40, 3 * AT_ONCE])
async def test_resuming_brings_exactly_the_missing_suffix(world: World, count: int) -> None:
    """From the ring or from the log, in batches of at most 256."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, count)
    client = Client(world, maya)
    await client.follow(squad, 2)
    sizes = [len(message["b"]) for message in client.of("evs")]

    assert list(range(3, 3 + count)) == numbers(client, squad)
    assert max(sizes, default=1) <= AT_ONCE


async def test_one_missing_event_comes_as_ev(world: World) -> None:
    """A batch of one would only be longer."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 1)

    assert [m["t"] for m in client.of("ev", "evs", "snap", "live")] == ["ev", "live"]


async def test_a_batch_is_never_larger_than_64_kib(world: World) -> None:
    """Long texts make it shorter."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, 250, "x" * 900)
    client = Client(world, maya)
    await client.follow(squad, 2)
    sizes = [len(frame) for frame in client.far_end.frames]

    assert list(range(3, 253)) == numbers(client, squad)
    assert max(sizes) <= LARGEST_BYTES


async def test_one_event_may_be_larger_than_a_batch(world: World) -> None:
    """It goes alone."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, 1, "x" * 70_000)
    invites(world, squad, maya, 1)
    client = Client(world, maya)
    await client.follow(squad, 2)

    assert numbers(client, squad) == [3, 4]


async def test_far_behind_brings_a_snapshot(world: World) -> None:
    """Beyond 1,000 events it is cheaper for both."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, FARTHEST_BEHIND + 1)
    behind, near = Client(world, maya), Client(world, maya)
    await behind.follow(squad, 2)
    await near.follow(squad, 3)

    assert ([None], list(range(4, 4 + FARTHEST_BEHIND))) == (
        numbers(behind, squad),
        numbers(near, squad),
    )


@pytest.mark.parametrize("n", [None, 3, 10**9, -1])
async def test_a_number_that_is_none_brings_a_snapshot(world: World, n: int | None) -> None:
    """Nil, beyond the head, below 0."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, n)

    assert numbers(client, squad) == [None]


async def test_whoever_was_away_while_somebody_was_erased_gets_a_snapshot(world: World) -> None:
    """The events alone would leave the name where it is."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    n = len(world.facts(squad))
    done(await world.do(sam, "player.erase", {"confirm": "Sam"}))

    def forget(player: PlayerId) -> None:
        world.hub.forget(player)

    await Reactions(world.log, world.commands, world.keys, world.clock, forget).step()
    behind, near = Client(world, maya), Client(world, maya)
    await behind.follow(squad, n)
    await near.follow(squad, n + 1)

    assert (numbers(behind, squad), numbers(near, squad)) == ([None], [])
    (snap,) = behind.of("snap")
    assert [row.get("handle") for row in snap["b"]["roster"]] == ["Maya", None]


@pytest.mark.parametrize("way_out", ["left", "kicked", "declined"])
async def test_whoever_was_away_while_somebody_was_erased_who_was_out_gets_a_snapshot(
    world: World, way_out: str
) -> None:
    """Also whoever was at the head: their events hold the name, and nothing changes the roster."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await send_out(world, squad, maya, sam, way_out)
    before, after = Client(world, maya), Client(world, maya)
    await before.follow(squad)
    n = before.position(squad)
    before.session.lost()
    done(await world.do(sam, "player.erase", {"confirm": "Sam"}))

    def forget(player: PlayerId) -> None:
        world.hub.forget(player)

    await Reactions(world.log, world.commands, world.keys, world.clock, forget).step()
    await after.follow(squad, n)

    assert (len(world.facts(squad)), numbers(after, squad)) == (n + 1, [None])
    assert (True, False) == ("Sam" in str(before.messages), "Sam" in str(after.messages))


async def send_out(world: World, squad: str, owner: str, player: str, way_out: str) -> None:
    """A member leaves or is kicked, or, once out, asks to come back and is declined."""
    if way_out == "left":
        done(await world.do(player, "squad.leave", squad=squad))
        return
    done(await world.do(owner, "squad.kick", {"player": player}, squad=squad))
    if way_out == "declined":
        code = await world.invite(owner, squad)
        done(await world.do(player, "squad.request", {"code": code}))
        done(await world.do(owner, "squad.decline", {"player": player}, squad=squad))


async def test_that_somebody_who_was_out_was_erased_is_shown_to_nobody(world: World) -> None:
    """No event of it, but a snapshot as of that number: what is seen of the past has changed."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await send_out(world, squad, maya, sam, "left")
    client = Client(world, maya)
    await client.follow(squad)
    n = client.position(squad)
    done(await world.do(sam, "player.erase", {"confirm": "Sam"}))
    await Reactions(world.log, world.commands, world.keys, world.clock, lambda _player: None).step()
    await client.reach(squad, n + 1)
    (snap,) = (m for m in client.messages if m["t"] == "snap" and m["n"] == n + 1)

    assert "Sam" not in str(snap)
    assert client.events(squad)[-1] is None


async def test_another_log_makes_every_number_nil(world: World) -> None:
    """What the client has is of another world."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.hello({squad: 2}, l="another log")
    await client.first("live")
    same = Client(world, maya)
    await same.hello({squad: 2}, l=world.log.log_id)
    await same.first("live")

    assert (numbers(client, squad), numbers(same, squad)) == ([None], [])


async def test_a_snapshot_goes_on_live(world: World) -> None:
    """From its own number."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, None)
    await world.invite(maya, squad)

    assert numbers(client, squad) == [None, 3]


async def test_many_who_come_at_once_share_one_reading_of_a_room() -> None:
    """A join storm reads the log once."""

    class Counting(MemoryLog):
        """A log that counts how often a stream is read from its start."""

        reads: list[str]

        def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
            if limit == -1 and stream.startswith("squad-"):
                self.reads.append(stream)
            return super().read_stream(stream, after, limit)

    log = Counting()
    log.reads = []
    async with running(log, connections_per_player=100) as world:
        squad, (maya,) = await world.squad_of("Maya")
        log.reads.clear()
        clients = [Client(world, maya) for _ in range(20)]
        await asyncio.gather(*(client.follow(squad, 2) for client in clients))

    assert len(log.reads) == 1


async def test_wire_p3_nothing_is_lost_between_coming_in_and_going_live(world: World) -> None:
    """Commands go on while a room is read for the first time."""
    squad, (maya,) = await world.squad_of("Maya")
    clients = []
    for _ in range(10):
        world.hub._rooms.clear()
        client = Client(world, maya)
        waiting = asyncio.create_task(client.follow(squad, 2))
        for _ in range(3):
            await asyncio.gather(
                *(world.submit(maya, "squad.invite", squad=squad) for _ in range(3))
            )
        await waiting
        await client.reach(squad, len(world.facts(squad)))
        clients.append((client, len(world.facts(squad))))
        client.session.lost()

    assert [list(range(3, head + 1)) for _, head in clients] == [
        numbers(client, squad) for client, _ in clients
    ]


# Pausing


async def test_a_paused_connection_gets_nothing(world: World) -> None:
    """Nothing is queued for it, either."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    client.pause()
    client.forget()
    for _ in range(20):
        await world.invite(maya, squad)
    await world.folded()

    assert client.messages == []


async def test_a_connection_that_resumes_gets_exactly_what_it_missed(world: World) -> None:
    """In order, and then goes on live."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    await world.invite(maya, squad)
    client.pause()
    for _ in range(20):
        await world.invite(maya, squad)
    client.resume()
    await client.reach(squad, 23)
    await world.invite(maya, squad)
    await client.reach(squad, 24)

    assert list(range(3, 25)) == numbers(client, squad)


async def test_nobody_waits_for_a_slow_reader(world: World) -> None:
    """The others get everything at once."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    slow, quick = Client(world, maya), Client(world, sam)
    for client in (slow, quick):
        await client.follow(squad, 4)
    slow.pause()
    for _ in range(5):
        await world.invite(maya, squad)

    assert (numbers(slow, squad), numbers(quick, squad)) == ([], [5, 6, 7, 8, 9])


async def test_a_connection_that_stays_paused_is_closed(world: World) -> None:
    """4501, after ten seconds."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    client.pause()
    world.clock.pass_ms(10_000)
    world.tick()
    before = client.close_code
    world.clock.pass_ms(1)
    world.tick()

    assert (before, client.close_code) == (None, 4501)


async def test_a_connection_paused_while_catching_up_goes_on_where_it_was(world: World) -> None:
    """Between two batches."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, 3 * AT_ONCE)
    client = Client(world, maya)
    await client.hello()
    write = client.far_end.write

    def pause_after_each(frame: bytes) -> None:
        write(frame)
        client.pause()

    client.session.write = pause_after_each  # a narrow pipe
    client.send("sub", id="1", s=squad, n=2)
    while client.position(squad) < 2 + 3 * AT_ONCE:
        await until(lambda: not client.far_end.is_writable)
        client.resume()
        await asyncio.sleep(0)

    assert list(range(3, 3 + 3 * AT_ONCE)) == numbers(client, squad)


async def test_two_starts_of_one_cursor_bring_everything_once(world: World) -> None:
    """As when a connection resumes twice in one turn of the loop."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    client.pause()
    invites(world, squad, maya, RING + 40)
    await world.hub.poll()
    for _ in range(3):
        client.pause()
        client.resume()
    await client.reach(squad, RING + 42)
    await world.invite(maya, squad)
    await client.reach(squad, RING + 43)

    assert list(range(3, RING + 44)) == numbers(client, squad)


async def test_only_the_newest_view_waits_for_a_paused_connection(world: World) -> None:
    """Views are conflated: none comes of what was in between."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.folded()
    client = Client(world, maya)
    await client.hello()
    await client.first("view")
    client.pause()
    client.forget()
    for n in range(4):
        await world.create_squad(maya, f"Squad {n}")
        await world.folded()
    client.resume()
    await until(lambda: client.of("view"))
    await world.folded()

    assert ({len(view["b"]["squads"]) for view in client.of("view")}, client.close_code) == (
        {5},
        None,
    )
    assert squad


# Hints: late, lost, doubled, reordered


async def test_wire_p4_an_event_without_a_hint_comes_with_the_poll(world: World) -> None:
    """Another node has committed it."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    invites(world, squad, maya, 3)
    await world.hub.poll()

    assert numbers(client, squad) == [3, 4, 5]


async def test_wire_p3_a_hint_with_a_gap_before_it_brings_what_was_missed(world: World) -> None:
    """In order: the hint itself is not shown before."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    async with second_node(world) as other:
        for _ in range(3):
            done(await world.submit(maya, "squad.invite", squad=squad, by=other))
    await world.invite(maya, squad)
    await client.reach(squad, 6)

    assert numbers(client, squad) == [3, 4, 5, 6]


async def test_wire_p3_hints_doubled_and_reordered_change_nothing(world: World) -> None:
    """The log is the truth."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    hints: list[Recorded[Fact]] = []
    world.commands.on_commit(hints.extend)
    for _ in range(4):
        await world.invite(maya, squad)
    for order in (hints, hints[::-1], [hints[2]] * 3):
        world.hub.publish(order)
    await world.invite(maya, squad)

    assert numbers(client, squad) == [3, 4, 5, 6, 7]


async def test_wire_p4_the_poll_goes_on_after_trouble_with_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody stays behind once the log can be read again."""

    class Flaky(MemoryLog):
        """A log whose heads fail when told to."""

        failures = 0

        def heads(self, streams: Sequence[str]) -> dict[str, int]:
            if self.failures:
                self.failures -= 1
                raise LogUnavailable("locked")
            return super().heads(streams)

    log = Flaky()
    async with running(log, heads_poll_ms=1) as world:
        squad, (maya,) = await world.squad_of("Maya")
        client = Client(world, maya)
        await client.follow(squad, 2)
        task = asyncio.create_task(world.hub.run())
        log.failures = 3
        await until(lambda: log.failures == 0)
        invites(world, squad, maya, 1)
        await client.reach(squad, 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert any("heads" in record.message for record in caplog.records)


# Rooms


async def test_more_squads_than_are_kept_idle_may_be_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only rooms that nobody is in are forgotten."""
    monkeypatch.setattr("server.live.hub.IDLE_ROOMS", 2)
    maya = await world.register("Maya")
    squads = [await world.create_squad(maya, f"Squad {n}") for n in range(6)]
    client = Client(world, maya)
    await client.hello(dict.fromkeys(squads, 2))
    await until(lambda: len(client.of("live")) == 6)
    for squad in squads:
        await world.invite(maya, squad)

    assert [numbers(client, squad) for squad in squads] == [[3]] * 6


async def test_rooms_loaded_at_once_are_all_kept_for_whoever_enters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is about to be entered counts as entered."""
    monkeypatch.setattr("server.live.hub.IDLE_ROOMS", 1)
    squads, clients = [], []
    for n in range(6):
        squad, (player,) = await world.squad_of(f"Player {n}")
        client = Client(world, player)
        await client.hello()
        squads.append(squad)
        clients.append(client)
    for squad, client in zip(squads, clients, strict=True):
        client.send("sub", id="1", s=squad, n=2)
    for client in clients:
        await client.first("live")
    for squad, client in zip(squads, clients, strict=True):
        await world.invite(client.player, squad)

    assert [numbers(c, s) for s, c in zip(squads, clients, strict=True)] == [[3]] * 6


async def test_idle_rooms_are_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; coming back reads the log anew."""
    monkeypatch.setattr("server.live.hub.IDLE_ROOMS", 2)
    maya = await world.register("Maya")
    squads = [await world.create_squad(maya, f"Squad {n}") for n in range(5)]
    for squad in (*squads, squads[0]):
        client = Client(world, maya)
        await client.follow(squad, 2)
        client.session.lost()

    assert len(world.hub._rooms) == 2


async def test_a_connection_that_is_gone_follows_nothing(world: World) -> None:
    """It was lost while the room was read."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.hello()
    client.session.lost()

    with pytest.raises(Refusal):
        await world.hub.follow(client.session, squad, 2)


async def test_a_room_that_cannot_be_read_is_tried_again() -> None:
    """The failure is not kept."""

    class Flaky(MemoryLog):
        """A log whose squads fail once when told to."""

        fails = False

        def read_stream(self, stream: str, after: int = 0, limit: int = -1) -> list[StoredEvent]:
            if self.fails and stream.startswith("squad-"):
                self.fails = False
                raise LogUnavailable("locked")
            return super().read_stream(stream, after, limit)

    log = Flaky()
    async with running(log) as world:
        squad, (maya,) = await world.squad_of("Maya")
        log.fails = True
        first, second = Client(world, maya), Client(world, maya)
        await first.hello({squad: 2})
        await until(lambda: not log.fails)
        await second.follow(squad, 2)

    assert not world.hub._loading


async def test_a_member_who_comes_in_while_others_follow_may_follow_too(world: World) -> None:
    """The room's members are those of its head."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.follow(squad, 2)
    sam = await world.register("Sam")
    code = await world.invite(maya, squad)
    done(await world.do(sam, "squad.join", {"code": code}))
    theirs = Client(world, sam)
    await theirs.follow(squad, 0)

    assert (numbers(client, squad), numbers(theirs, squad)) == ([3, 4], [1, 2, 3, 4])


async def test_a_view_that_many_want_is_read_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when all of a squad come back at once, after a restart."""
    squad, players = await world.squad_of("Maya", "Sam", "Kim")
    clients = [Client(world, player) for player in players]
    for client in clients:
        await client.follow(squad)
    await world.folded()
    await until(lambda: not world.views._wanted and not world.views._changed)
    # Behind whatever is being read and not pushed yet.
    await asyncio.get_running_loop().run_in_executor(world.views._thread, str)
    before = [len(views(client, "week")) for client in clients]
    reads: list[str] = []
    weeks_shown = world.models.weeks_shown

    def shown(asked: str) -> list[Week]:
        reads.append(asked)
        return weeks_shown(asked)

    monkeypatch.setattr(world.models, "weeks_shown", shown)
    for client in clients:
        world.views.want(client.session, ("week", squad))
    await until(
        lambda: all(len(views(c, "week")) > n for c, n in zip(clients, before, strict=True))
    )

    assert reads == [squad]


def views(client: Client, kind: str) -> list[Message]:
    """The views of a kind that a connection was sent."""
    return [view for view in client.of("view") if view["k"] == kind]


async def test_a_view_of_a_connection_that_left_meanwhile_is_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was lost while the view was read: nothing is kept for it."""
    maya = await world.register("Maya")
    client = Client(world, maya)
    await client.hello()
    await client.first("view")
    reading, go, own_pages = threading.Event(), threading.Event(), world.models.own_pages

    def slowly(players: Collection[PlayerId]) -> dict[PlayerId, Me]:
        reading.set()
        go.wait(10)
        return own_pages(players)

    monkeypatch.setattr(world.models, "own_pages", slowly)
    world.views.want(client.session, ("me", maya))
    await until(reading.is_set)
    client.session.lost()
    go.set()
    other = Client(world, maya)
    await other.hello()
    await other.first("view")

    assert world.views._wanted == {}


async def test_a_frame_is_a_whole_binary_message_of_its_size(world: World) -> None:
    """Short, medium and long ones."""
    squad, (maya,) = await world.squad_of("Maya")
    invites(world, squad, maya, 1, "x")
    invites(world, squad, maya, 1, "x" * 1_000)
    invites(world, squad, maya, 1, "x" * 70_000)
    client = Client(world, maya)
    await client.hello()
    sizes = set()
    for n in (2, 3, 4):
        client.send("sub", id=str(n), s=squad, n=n)
        await client.answer(str(n))
        await until(lambda n=n: client.position(squad) == 5)  # type: ignore[misc]  # bound at once
        sizes |= {frame[1] for frame in client.far_end.frames}
    assert {126, 127} <= sizes

    assert all(payload(frame) for frame in client.far_end.frames)
