"""Another node is quicker between look-up and commit: who meets it is put off, nobody else."""

import asyncio
from collections.abc import Sequence

from server.commands.submission import Done, Reply
from server.eventlog.log import Batch, Event
from server.eventlog.memory import MemoryLog
from tests.server.world import CountingLog, done, running


class Overtaken(CountingLog):
    """A log in which somebody else is quicker once, in each of these streams."""

    def __init__(self) -> None:
        super().__init__()
        self.streams: list[str] = []

    def append(self, batch: Batch) -> list[int]:
        for event in batch.events:
            if event.stream in self.streams:
                self.streams.remove(event.stream)
                theirs = Event(event.stream, event.version, event.topic, event.state)
                MemoryLog.append(self, Batch(events=[theirs]))
        return super().append(batch)


def numbers(replies: Sequence[Reply]) -> list[int | None]:
    """The numbers that commands led to; all were done."""
    return [reply.n for reply in replies if isinstance(reply, Done)]


def committed(log: Overtaken, commands: Sequence[str]) -> list[tuple[str, str | None]]:
    """The streams and commands of these commands' events, as they were committed."""
    events = log.read_all(0, 1_000)
    return [(event.stream, event.command) for event in events if event.command in commands]


async def test_only_the_commands_of_an_overtaken_squad_are_decided_again() -> None:
    """The others are in the very next try; those come in the next batch, in their order."""
    log = Overtaken()
    async with running(log) as world:
        owls, (maya,) = await world.squad_of("Maya")
        larks, (kim,) = await world.squad_of("Kim")
        log.streams, before = [f"squad-{owls}"], len(log.batches)
        replies = await asyncio.gather(
            world.submit(maya, "squad.invite", squad=owls),
            world.submit(kim, "squad.invite", squad=larks),
            world.submit(maya, "squad.rename", {"name": "Barn owls"}, squad=owls),
            world.submit(kim, "squad.rename", {"name": "Skylarks"}, squad=larks),
        )
        tried = [{event.stream for event in batch.events} for batch in log.batches[before:]]

    both = {f"squad-{owls}", f"squad-{larks}"}
    assert tried == [both, {f"squad-{larks}"}, {f"squad-{owls}"}]
    # Between the founding and ours in the first one is theirs.
    assert numbers(replies) == [4, 3, 5, 4]


async def test_what_a_player_does_after_an_overtaken_command_comes_after_it() -> None:
    """In whichever squad, and so does what others do there after that."""
    log = Overtaken()
    async with running(log) as world:
        owls, (maya,) = await world.squad_of("Maya")
        larks, (kim,) = await world.squad_of("Kim")
        code = await world.invite(kim, larks)
        done(await world.do(maya, "squad.join", {"code": code}))
        log.streams = [f"squad-{owls}"]
        first, second, third, fourth = ours = [f"{n:026d}" for n in range(1, 5)]
        replies = await asyncio.gather(
            world.submit(kim, "squad.invite", squad=larks, command_id=first),
            world.submit(maya, "squad.invite", squad=owls, command_id=second),
            world.submit(maya, "squad.leave", squad=larks, command_id=third),
            world.submit(kim, "squad.rename", {"name": "A"}, squad=larks, command_id=fourth),
        )
        came = committed(log, ours)

    assert len(numbers(replies)) == 4
    assert came == [
        (f"squad-{larks}", first),
        (f"squad-{owls}", second),
        (f"squad-{larks}", third),
        (f"squad-{larks}", fourth),
    ]


async def test_over_a_players_own_stream_everything_is_decided_again() -> None:
    """Other streams are decided on what it says."""
    log = Overtaken()
    async with running(log) as world:
        owls, (maya,) = await world.squad_of("Maya")
        log.streams, before = [f"player-{maya}"], len(log.batches)
        replies = await asyncio.gather(
            world.submit(maya, "player.timezone", {"tz": "Asia/Tokyo"}),
            world.submit(maya, "squad.invite", squad=owls),
        )
        tried = [[event.stream for event in batch.events] for batch in log.batches[before:]]

    player, squad = f"player-{maya}", f"squad-{owls}"
    # They have set what was to be set: there is nothing left to write of the first.
    assert tried == [[player, squad], [], [squad]]
    assert len(numbers(replies)) == 2
