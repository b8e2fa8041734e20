"""Group commit: once each, in order, many in one transaction, and never said before it is so."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from domain.facts import Fact, Recorded, name_of
from domain.ids import PlayerId
from domain.refusals import RefusalCode
from projections import ledger
from server.app import running as running_server
from server.commands.submission import Done, Refused, Reply
from server.edge.services import Services
from server.eventlog.keys import KeysError
from server.eventlog.log import Batch, Event, LogUnavailable
from server.eventlog.memory import MemoryLog
from server.eventlog.sqlite import SQLiteLog
from server.protocol.bodies import PlayerRegister
from server.protocol.server_messages import Body
from server.settings import Settings
from tests.server.world import (
    LIMIT_S,
    CountingLog,
    World,
    done,
    refusal,
    running,
    second_node,
    until,
)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world on a log that counts its batches."""
    async with running(CountingLog()) as world:
        yield world


def counting(world: World) -> CountingLog:
    """The world's log."""
    assert isinstance(world.log, CountingLog)
    return world.log


def same_but_dup(reply: Reply) -> Reply:
    """A reply without the mark of a repeat."""
    if isinstance(reply, Refused):
        return reply
    return Done(squad=reply.squad, n=reply.n, q=reply.q, body=reply.body)


# Once


async def test_inv_c1_a_command_sent_again_is_answered_again_and_done_once(world: World) -> None:
    """The same reply but for the mark of a repeat."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    body = {"target": sam, "card": "which-apple"}
    replies = [
        await world.do(maya, "dare.issue", body, squad=squad, command_id="0" * 26) for _ in range(4)
    ]
    repeats = [reply.is_repeat for reply in replies if isinstance(reply, Done)]

    assert (
        len({repr(same_but_dup(reply)) for reply in replies}),
        repeats,
        sum(fact.command == "0" * 26 for fact in world.facts(squad)),
    ) == (1, [False, True, True, True], 1)


async def test_inv_c1_a_command_sent_many_times_at_once_is_done_once(world: World) -> None:
    """Before the first answer is there."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    body = {"target": sam, "card": "which-apple"}
    replies = await asyncio.gather(
        *(
            world.submit(maya, "dare.issue", body, squad=squad, command_id="0" * 26)
            for _ in range(20)
        )
    )

    assert (
        len({repr(same_but_dup(reply)) for reply in replies}),
        sum(reply.is_repeat for reply in replies if isinstance(reply, Done)),
        sum(fact.command == "0" * 26 for fact in world.facts(squad)),
    ) == (1, 19, 1)


async def test_inv_c1_an_answer_outlives_the_process(tmp_path: Path) -> None:
    """It is kept in the log."""
    body = {"name": "Owls", "tz": "UTC"}
    async with running(SQLiteLog(tmp_path / "gutsy.db")) as world:
        maya = await world.register("Maya")
        first = await world.do(maya, "squad.create", body, command_id="0" * 26)
    async with running(SQLiteLog(tmp_path / "gutsy.db")) as world:
        second = await world.do(maya, "squad.create", body, command_id="0" * 26)
    assert isinstance(second, Done)

    assert (first, True) == (same_but_dup(second), second.is_repeat)


async def test_an_id_belongs_to_one_command(world: World) -> None:
    """The same id with other words is another command, and is not done."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.do(
        maya, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad, command_id="0" * 26
    )
    reply = await world.do(
        maya,
        "dare.issue",
        {"target": sam, "card": "best-thing-today"},
        squad=squad,
        command_id="0" * 26,
    )

    assert refusal(reply) == "COMMAND_ID_REUSED"


async def test_an_id_belongs_to_one_command_also_while_it_is_on_its_way(world: World) -> None:
    """The first goes through untouched."""
    maya = await world.register("Maya")
    first = world.submit(maya, "squad.create", {"name": "A", "tz": "UTC"}, command_id="0" * 26)
    second = world.submit(maya, "squad.create", {"name": "B", "tz": "UTC"}, command_id="0" * 26)

    assert (refusal(await second), isinstance(await first, Done)) == ("COMMAND_ID_REUSED", True)


async def test_the_order_of_keys_in_a_body_does_not_matter(world: World) -> None:
    """A command is hashed in its one canonical form."""
    maya = await world.register("Maya")
    await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"}, command_id="0" * 26)
    again = await world.do(maya, "squad.create", {"tz": "UTC", "name": "A"}, command_id="0" * 26)

    assert isinstance(again, Done)


async def test_a_refusal_is_kept_and_given_again(world: World) -> None:
    """Also when the command would be allowed by now."""
    maya = await world.register("Maya")
    squad = await world.create_squad(maya)
    sam = await world.register("Sam")
    first = await world.do(sam, "squad.leave", squad=squad, command_id="0" * 26)
    code = await world.invite(maya, squad)
    done(await world.do(sam, "squad.join", {"code": code}))
    second = await world.do(sam, "squad.leave", squad=squad, command_id="0" * 26)

    assert ("FORBIDDEN", first) == (refusal(first), second)


async def test_inv_c2_a_refused_command_appends_nothing(world: World) -> None:
    """Nor any claim or timer."""
    squad, (maya,) = await world.squad_of("Maya")
    before = world.log.last_seq()
    await world.do(maya, "dare.accept", {"dare": "0" * 26}, squad=squad)
    batch = counting(world).batches[-1]

    assert (before, 0, 0, 0, 1) == (
        world.log.last_seq(),
        len(batch.events),
        len(batch.claims),
        len(batch.timers),
        len(batch.answers),
    )


async def test_an_answer_says_where_its_last_event_is(world: World) -> None:
    """``n`` in its squad and ``q`` in the whole log."""
    maya = await world.register("Maya")
    reply = await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"})
    assert isinstance(reply, Done)

    assert (reply.n, reply.q) == (2, 3)


# Order and batches


async def test_commands_are_decided_in_the_order_in_which_they_came(world: World) -> None:
    """Within a batch, too."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    cards = ["time-phone-in-hand", "which-apple", "best-thing-today"]
    replies = await asyncio.gather(
        *(
            world.submit(maya, "dare.issue", {"target": sam, "card": card}, squad=squad)
            for card in cards
        )
    )
    numbers = [reply.n for reply in replies if isinstance(reply, Done)]

    assert numbers == [5, 6, 7]


async def test_a_command_may_build_on_one_of_the_same_batch(world: World) -> None:
    """States run ahead of the log by exactly the batch that is being committed."""
    squad, (maya,) = await world.squad_of("Maya")
    before = len(counting(world).batches)
    clock = world.clock
    dare_id = f"01{clock._made + 2:024d}"  # the first submission draws a command id, then this
    replies = await asyncio.gather(
        world.submit(maya, "dare.issue", {"target": maya, "card": "which-apple"}, squad=squad),
        world.submit(maya, "dare.start", {"dare": dare_id}, squad=squad),
    )

    assert (dare_id, True, before + 1) == (
        done(replies[0])["dare"],
        isinstance(replies[1], Done),
        len(counting(world).batches),
    )


async def test_many_commands_share_few_transactions(world: World) -> None:
    """Whatever waits is committed together."""
    maya = await world.register("Maya")
    squads = [await world.create_squad(maya, f"Squad {n}") for n in range(5)]
    before = len(counting(world).batches)
    await asyncio.gather(
        *(world.submit(maya, "squad.invite", squad=squads[n % 5]) for n in range(200))
    )

    assert len(counting(world).batches) - before <= 3


async def test_listeners_hear_every_fact_in_the_order_of_the_log(world: World) -> None:
    """Once, after it was committed."""
    heard: list[int] = []
    world.commands.on_commit(lambda facts: heard.extend(fact.seq for fact in facts))
    await world.squad_of("Maya", "Sam", "Kim")

    assert list(range(1, world.log.last_seq() + 1)) == heard


async def test_a_listener_that_fails_keeps_nothing_from_the_others(world: World) -> None:
    """Nor from whoever sent the command."""
    heard: list[int] = []

    def fail(_facts: Sequence[Recorded[Fact]]) -> None:
        raise ZeroDivisionError

    world.commands.on_commit(fail)
    world.commands.on_commit(lambda facts: heard.extend(fact.seq for fact in facts))
    async with asyncio.timeout(LIMIT_S):
        await world.squad_of("Maya", "Sam")

    assert list(range(1, world.log.last_seq() + 1)) == heard


async def test_refusals_that_are_not_kept_write_nothing(world: World) -> None:
    """Not even a transaction: whoever is refused costs no wait for the disk."""
    await world.register("Maya")
    before = len(counting(world).batches)
    replies = await asyncio.gather(
        *(world.intake.register(f"guest {n}", guest("Maya")) for n in range(5))
    )

    assert ({"HANDLE_TAKEN"}, before) == (
        {refusal(reply) for reply in replies},
        len(counting(world).batches),
    )


# Commands that hang on others of their batch


async def test_commands_that_contest_one_thing_are_decided_together(world: World) -> None:
    """Each player's second squad after their first, and all second ones in one transaction."""
    players = [await world.register(f"Player {n}") for n in range(50)]
    before = len(counting(world).batches)
    replies = await asyncio.gather(
        *(
            world.submit(player, "squad.create", {"name": f"Squad {n}", "tz": "UTC"})
            for n in range(4)
            for player in players
        )
    )

    assert (200, 4) == (
        sum(isinstance(reply, Done) for reply in replies),
        len(counting(world).batches) - before,
    )


async def test_what_comes_after_a_contested_command_is_decided_after_it(world: World) -> None:
    """A player's two dares count against one limit; they leave once both are made."""
    squad, (_, sam) = await world.squad_of("Maya", "Sam")
    replies = await asyncio.gather(
        world.submit(sam, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad),
        world.submit(sam, "dare.issue", {"target": sam, "card": "best-thing-today"}, squad=squad),
        world.submit(sam, "squad.leave", squad=squad),
    )
    kinds = [name_of(type(one.fact)) for one in world.facts(squad)][4:]

    assert [Done, Done, Done] == [type(reply) for reply in replies]
    assert kinds == 2 * ["dare.issued", "dare.accepted"] + 2 * ["dare.withdrawn"] + ["member.left"]


async def test_what_others_send_to_that_squad_afterwards_is_decided_after_it(world: World) -> None:
    """The order of a squad is that in which its commands came."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    replies = await asyncio.gather(
        world.submit(sam, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad),
        world.submit(sam, "dare.issue", {"target": sam, "card": "best-thing-today"}, squad=squad),
        world.submit(maya, "squad.kick", {"player": sam}, squad=squad),
        world.submit(maya, "squad.invite", squad=squad),
    )
    numbers = [reply.n for reply in replies if isinstance(reply, Done)]

    assert numbers == [6, 8, 11, 12]


async def test_a_seat_that_is_given_back_can_be_taken_in_the_same_batch(world: World) -> None:
    """Leaving one of ten squads makes room for another."""
    maya = await world.register("Maya")
    squads = [await world.create_squad(maya, f"Squad {n}") for n in range(10)]
    before = len(counting(world).batches)
    replies = await asyncio.gather(
        world.submit(maya, "squad.leave", squad=squads[4]),
        world.submit(maya, "squad.create", {"name": "Another", "tz": "UTC"}),
    )
    seats = {claim.key[-1]: claim.owner for claim in world.log.find_claims_under("seat", maya)}

    assert [Done, Done] == [type(reply) for reply in replies]
    assert (done(replies[1])["squad"], 2) == (seats["4"], len(counting(world).batches) - before)


async def test_a_name_that_is_given_back_can_be_taken_in_the_same_batch(world: World) -> None:
    """By whoever comes after the one who goes."""
    maya = await world.register("Maya")
    before = len(counting(world).batches)
    replies = await asyncio.gather(
        world.submit(maya, "player.erase", {"confirm": "Maya"}),
        world.intake.register("b", guest("Maya")),
    )

    assert [Done, Done] == [type(reply) for reply in replies]
    assert len(counting(world).batches) - before == 2


async def test_a_name_is_not_free_before_it_is_given_back(world: World) -> None:
    """Whoever came first is refused."""
    maya = await world.register("Maya")
    replies = await asyncio.gather(
        world.intake.register("b", guest("Maya")),
        world.submit(maya, "player.erase", {"confirm": "Maya"}),
    )

    assert ("HANDLE_TAKEN", True) == (refusal(replies[0]), isinstance(replies[1], Done))


# Conflicts


async def test_after_a_conflict_a_command_is_decided_again(world: World) -> None:
    """Another writer has appended to the stream between two commands of ours."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    async with second_node(world) as other:
        theirs = await world.submit(maya, "squad.invite", squad=squad, by=other)
        ours = await world.do(
            maya, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad
        )
    assert isinstance(theirs, Done)
    assert isinstance(ours, Done)

    assert (theirs.n, ours.n) == (5, 6)


async def test_a_decision_after_a_conflict_sees_what_the_other_wrote(world: World) -> None:
    """What was allowed before may be refused now."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    async with second_node(world) as other:
        done(await world.submit(sam, "squad.leave", squad=squad, by=other))
        reply = await world.do(
            maya, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad
        )

    assert refusal(reply) == "TARGET_UNAVAILABLE"


async def test_after_a_conflict_a_batch_goes_through_one_by_one(world: World) -> None:
    """None is lost, each is done once, and the order stands."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    async with second_node(world) as other:
        done(await world.submit(sam, "squad.leave", squad=squad, by=other))
        replies = await asyncio.gather(
            *(world.submit(maya, "squad.invite", squad=squad) for _ in range(10))
        )

    assert list(range(6, 16)) == [reply.n for reply in replies if isinstance(reply, Done)]


async def test_inv_c1_the_same_command_on_two_nodes_at_once_is_done_once(world: World) -> None:
    """The answer that was written first is everybody's."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    body = {"target": sam, "card": "which-apple"}
    async with second_node(world) as other:
        replies = await asyncio.gather(
            world.submit(maya, "dare.issue", body, squad=squad, command_id="0" * 26),
            world.submit(maya, "dare.issue", body, squad=squad, command_id="0" * 26, by=other),
        )

    assert (
        len({repr(same_but_dup(reply)) for reply in replies}),
        sum(fact.command == "0" * 26 for fact in world.facts(squad)),
    ) == (1, 1)


async def test_a_command_that_always_meets_a_conflict_is_answered_busy() -> None:
    """After a bounded number of tries."""

    class Contested(MemoryLog):
        """A log on which somebody else is always first in one squad."""

        contested = ""

        def append(self, batch: Batch) -> list[int]:
            for event in batch.events:
                if event.stream == self.contested:
                    theirs = Event(event.stream, event.version, event.topic, event.state)
                    super().append(Batch(events=[theirs]))
            return super().append(batch)

    log = Contested()
    async with running(log) as world:
        squad, (maya,) = await world.squad_of("Maya")
        log.contested = f"squad-{squad}"
        reply = await world.do(maya, "squad.invite", squad=squad)

    assert refusal(reply) == "BUSY"


async def test_two_who_want_the_same_name_at_once_get_one_yes_and_one_no(world: World) -> None:
    """The claim decides, within a batch as well."""
    replies = await asyncio.gather(
        world.intake.register("a", guest("Maya")), world.intake.register("b", guest("maya"))
    )

    assert {"HANDLE_TAKEN"} == {r.code for r in replies if isinstance(r, Refused)}


async def test_two_squads_founded_at_once_take_two_seats(world: World) -> None:
    """Both are decided against the same free seat, and the second again."""
    maya = await world.register("Maya")
    await asyncio.gather(
        *(world.submit(maya, "squad.create", {"name": f"S{n}", "tz": "UTC"}) for n in range(3))
    )

    assert [claim.key[-1] for claim in world.log.find_claims_under("seat", maya)] == ["0", "1", "2"]


# Failures


async def test_a_command_that_cannot_be_decided_hurts_only_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours must not take its neighbours along."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    kim = await world.register("Kim")
    code = await world.invite(maya, squad)
    seal = world.keys.seal

    def broken(subject: object, text: str) -> object:
        if text == "broken":
            raise KeysError("there is no key")
        return seal(subject, text)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(world.keys, "seal", broken)
    replies = await asyncio.gather(
        world.submit(kim, "squad.join", {"code": code}),
        world.submit(
            maya,
            "dare.issue",
            {"target": sam, "text": "broken", "kind": "ASK", "difficulty": 1},
            squad=squad,
        ),
        world.submit(maya, "squad.invite", squad=squad),
    )

    assert [Done, Refused, Done] == [type(reply) for reply in replies]
    assert refusal(replies[1]) == "INTERNAL"


async def test_a_stream_that_cannot_be_read_hurts_only_its_commands() -> None:
    """As one that a newer Gutsy has written to."""
    async with running() as world:
        squad, (maya,) = await world.squad_of("Maya")
        newer = Event(f"squad-{'0' * 26}", 1, "from.the.future@1", b"")
        world.log.append(Batch(events=[newer]))
        replies = await asyncio.gather(
            world.submit(maya, "squad.invite", squad="0" * 26),
            world.submit(maya, "squad.invite", squad=squad),
        )

    assert (refusal(replies[0]), isinstance(replies[1], Done)) == ("INTERNAL", True)


async def test_what_could_not_be_decided_may_be_sent_again(world: World) -> None:
    """INTERNAL is not kept: the same id is decided when the trouble is over."""
    maya = await world.register("Maya")
    counting(world).failures = [LogUnavailable("the disk is full")]
    first = await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"}, command_id="0" * 26)
    second = await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"}, command_id="0" * 26)

    assert (refusal(first), isinstance(second, Done)) == ("INTERNAL", True)


async def test_trouble_with_the_log_shows_until_it_is_over(world: World) -> None:
    """``readyz`` reads it here."""
    maya = await world.register("Maya")
    counting(world).failures = [LogUnavailable("the disk is full")]
    await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"})
    during = world.commands.failure
    await world.do(maya, "squad.create", {"name": "A", "tz": "UTC"})

    assert (during, world.commands.failure) == ("the disk is full", None)


async def test_wire_p2_a_commit_whose_end_was_not_heard_is_not_done_twice(world: World) -> None:
    """It was durable after all: the same id gets the kept answer."""
    maya = await world.register("Maya")
    counting(world).failures_after_write = [LogUnavailable("the answer was lost")]
    body = {"name": "A", "tz": "UTC"}
    first = await world.do(maya, "squad.create", body, command_id="0" * 26)
    second = await world.do(maya, "squad.create", body, command_id="0" * 26)
    created = [e for e in world.log.read_all(0, 100) if e.topic == "squad.created@1"]
    assert isinstance(second, Done)

    assert (refusal(first), second.is_repeat, len(created)) == ("INTERNAL", True, 1)


async def test_after_a_commit_whose_end_was_not_heard_the_stream_goes_on(world: World) -> None:
    """States that may be wrong were dropped."""
    squad, (maya,) = await world.squad_of("Maya")
    counting(world).failures_after_write = [LogUnavailable("the answer was lost")]
    await world.do(maya, "squad.invite", squad=squad)
    reply = await world.do(maya, "squad.invite", squad=squad)
    assert isinstance(reply, Done)

    assert reply.n == 4


async def test_a_commit_whose_end_was_not_heard_reaches_the_rows_all_the_same(
    world: World,
) -> None:
    """Nobody has to commit anything else first."""
    squad, (maya,) = await world.squad_of("Maya")
    dare = await world.dare(maya, maya, squad)
    await world.folded()
    counting(world).failures_after_write = [LogUnavailable("the answer was lost")]
    report = {"dare": dare, "outcome": "REJECTED"}
    first = await world.do(maya, "dare.report", report, squad=squad, command_id="0" * 26)
    second = await world.do(maya, "dare.report", report, squad=squad, command_id="0" * 26)
    await world.folded()
    assert isinstance(second, Done)

    assert ("INTERNAL", True, 30) == (
        refusal(first),
        second.is_repeat,
        ledger.account(world.store, maya).xp,
    )


async def test_a_full_queue_says_busy_and_when_to_come_back() -> None:
    """What is not taken in is not kept, either."""
    async with running(queue_limit=2) as world:
        maya = await world.register("Maya")
        replies = await asyncio.gather(
            *(world.submit(maya, "squad.create", {"name": "A", "tz": "UTC"}) for _ in range(5))
        )
        shed = [reply for reply in replies if isinstance(reply, Refused)]

    assert [(r.code, r.retry_after_ms) for r in shed] == [(RefusalCode.BUSY, 500)] * 3


async def test_what_still_waits_at_the_end_is_answered_busy() -> None:
    """Nobody is left without an answer."""
    async with running() as world:
        maya = await world.register("Maya")
    late = world.submit(maya, "squad.create", {"name": "A", "tz": "UTC"})
    world.commands.close()

    assert refusal(await late) == "BUSY"


async def test_a_batch_under_way_is_finished_before_the_queue_stops() -> None:
    """And its commands are answered: what is durable is also said."""

    class Slow(MemoryLog):
        """A log whose next append waits to be let go."""

        def __init__(self) -> None:
            super().__init__()
            self.entered, self.go = threading.Event(), threading.Event()
            self.go.set()

        def append(self, batch: Batch) -> list[int]:
            self.entered.set()
            self.go.wait(10)
            return super().append(batch)

    log = Slow()
    async with running(log) as world:
        maya = await world.register("Maya")
        log.entered.clear()
        log.go.clear()
        answer = world.submit(maya, "squad.create", {"name": "A", "tz": "UTC"})
        task = next(t for t in asyncio.all_tasks() if "GroupCommit.run" in repr(t))
        await until(log.entered.is_set)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, log.go.set)
        await asyncio.gather(task, return_exceptions=True)
        was_answered = answer.done()

    assert was_answered


# What a caller may expect


async def test_a_command_may_name_the_state_that_it_was_made_for(world: World) -> None:
    """Another one is refused."""
    squad, (maya,) = await world.squad_of("Maya")
    replies = [await world.submit(maya, "squad.invite", squad=squad, expected_n=n) for n in (1, 2)]

    assert (refusal(replies[0]), isinstance(replies[1], Done)) == ("VERSION_CONFLICT", True)


async def test_a_kept_answer_holds_no_code(world: World) -> None:
    """It is sealed until the moment of answering: whoever reads the log gets no way in."""
    squad, (maya,) = await world.squad_of("Maya")
    code = str(done(await world.do(maya, "squad.invite", squad=squad, command_id="0" * 26))["code"])
    again = done(await world.do(maya, "squad.invite", squad=squad, command_id="0" * 26))["code"]
    kept = world.log.find_answers([(maya, "0" * 26)])[maya, "0" * 26]

    assert (code, False) == (again, code.encode() in kept.body)


async def test_a_kept_answer_of_somebody_erased_has_lost_its_code(world: World) -> None:
    """The rest of it is still there."""
    squad, (maya,) = await world.squad_of("Maya")
    await world.do(maya, "squad.invite", {"max_uses": 3}, squad=squad, command_id="0" * 26)
    world.keys.destroy(maya, world.clock.now())
    again = done(
        await world.do(maya, "squad.invite", {"max_uses": 3}, squad=squad, command_id="0" * 26)
    )

    assert (again["code"], again["max_uses"]) == (None, 3)


async def test_unused_states_are_forgotten_and_folded_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded, and nothing is decided differently."""
    monkeypatch.setattr("server.commands.streams.KEPT_STREAMS", 1)
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    reply = await world.do(maya, "dare.issue", {"target": sam, "card": "which-apple"}, squad=squad)

    assert (isinstance(reply, Done), len(world.commands._streams._kept)) == (True, 1)


# Nothing personal on the disk


MARKERS = {
    "handle": "Zebulon Quark",
    "name": "Xylophone Owls",
    "words": "ask for a purple umbrella",
    "line": "they laughed and said no",
}


async def test_no_plain_text_of_anybody_reaches_a_file(tmp_path: Path) -> None:
    """Handles, names, words, lines and codes are in no file of the data folder."""
    async with running_server(Settings(data_dir=str(tmp_path)), lambda _at, _of: None) as services:
        code = await _play_a_dare(services)
        await services.runner.wait_for(services.log.last_seq(), 5)
        files = _contents(tmp_path)
    assert {"gutsy.db", "gutsy.db-wal", "keys.db", "views.db"} <= set(files)
    files |= {f"{name}, closed": content for name, content in _contents(tmp_path).items()}
    found = [
        (name, what)
        for name, content in files.items()
        for what, text in {**MARKERS, "code": code}.items()
        for coding in ("utf-8", "utf-16-le")
        if text.casefold().encode(coding) in content.lower()
    ]

    assert found == []


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def _play_a_dare(services: Services) -> str:
    """Everything personal that there is, once; returns the code of the invite."""

    async def do(player: str, kind: str, body: dict[str, object], squad: str = "") -> Body:
        reply = await services.intake.command(
            PlayerId(player),
            address="peer",
            command_id=services.clock.new_id(),
            kind=kind,
            squad=squad or None,
            fields=body,
            arrived_at=services.clock.now(),
        )
        return done(reply)

    joined = await services.intake.register("g", guest(MARKERS["handle"]))
    taken = await services.intake.register("h", guest(MARKERS["handle"]))
    assert refusal(taken) == "HANDLE_TAKEN"
    player = str(done(joined)["player"])
    squad = str((await do(player, "squad.create", {"name": MARKERS["name"], "tz": "UTC"}))["squad"])
    code = str((await do(player, "squad.invite", {}, squad))["code"])
    words = {"text": MARKERS["words"], "kind": "ASK", "difficulty": 2}
    dare = (await do(player, "dare.issue", {"target": player, **words}, squad))["dare"]
    report = {"dare": dare, "outcome": "REJECTED", "line": MARKERS["line"]}
    await do(player, "dare.report", report, squad)
    return code


def guest(handle: str) -> PlayerRegister:
    """What somebody new says."""
    return PlayerRegister(handle=handle, tz="UTC", adult=True)
