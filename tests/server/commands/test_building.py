"""Building: what a command needs beside its words, and what only one may have."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.dares.events import DareAccepted, DareIssued, DareReported
from domain.ids import PlayerId
from domain.refusals import RefusalCode
from domain.squads.events import JoinDeclined
from server.commands.building import HANDLERS
from server.commands.for_squads import read_code
from server.commands.submission import Done, Refused
from server.protocol.bodies import BODIES, PlayerRegister
from tests.server.world import HOUR_MS, Client, World, done, refusal, running

WORDS = {"text": "Ask for a purple umbrella", "kind": "ASK", "difficulty": 2}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


def test_every_command_that_a_client_may_send_has_a_handler() -> None:
    """And beside those only what the edge and the system send."""

    assert {"player.forget", "player.register", "squad.forget", "timer.ring"} == set(
        HANDLERS
    ) - set(BODIES)
    assert set(BODIES) <= set(HANDLERS)


# Codes


@pytest.mark.parametrize(
    "typed",
    [
        "01AB0CDE1F",
        "o1ab-ocde-lf",
        " 0iab 0cde 1f ",
        "OIABOCDELF",
        "01AB0CDE1FXXXX",
        "01aB_0cDe.1f",
    ],
)
def test_a_code_is_read_as_it_was_meant(typed: str) -> None:
    """Case, dashes, spaces and look-alikes are forgiven."""

    assert read_code(typed) == "01AB0CDE1F"


def test_of_what_is_no_code_little_is_left() -> None:
    """Nothing that could be looked up."""

    assert read_code("ü!? ☂") == ""


async def test_a_code_has_50_bits_of_crockfords_base32(world: World) -> None:
    """Ten characters, none to misread."""
    squad, (maya,) = await world.squad_of("Maya")
    code = await world.invite(maya, squad)

    assert (10, code) == (len(code), read_code(code))


async def test_a_code_lets_in_however_it_is_typed(world: World) -> None:
    """As on a phone."""
    squad, (maya,) = await world.squad_of("Maya")
    sam = await world.register("Sam")
    code = await world.invite(maya, squad)
    reply = await world.do(sam, "squad.join", {"code": f" {code[:5].lower()}-{code[5:].lower()} "})

    assert {"squad": squad} == done(reply)


async def test_the_log_knows_a_code_by_its_keyed_hash(world: World) -> None:
    """Whoever reads the log cannot come in by it."""
    squad, (maya,) = await world.squad_of("Maya")
    code = await world.invite(maya, squad)
    key = world.tools.claim_key(code)
    claim = world.log.find_claims([("invite", key)])[("invite", key)]

    assert (squad, False) == (claim.owner, code in key)


async def test_an_unknown_code_is_invalid(world: World) -> None:
    """It names no squad."""
    sam = await world.register("Sam")
    reply = await world.do(sam, "squad.join", {"code": "0000000000"})

    assert refusal(reply) == "INVITE_INVALID"


async def test_an_invite_is_over_after_its_hours(world: World) -> None:
    """At that very instant."""
    squad, (maya,) = await world.squad_of("Maya")
    sam = await world.register("Sam")
    code = await world.invite(maya, squad, expires_h=1)
    world.clock.pass_ms(HOUR_MS)
    reply = await world.do(sam, "squad.join", {"code": code})

    assert refusal(reply) == "INVITE_EXPIRED"


async def test_an_invite_is_used_up(world: World) -> None:
    """By as many as it was for, also when they come at once."""
    squad, (maya,) = await world.squad_of("Maya")
    others = [await world.register(f"Guest {n}") for n in range(4)]
    code = await world.invite(maya, squad, max_uses=2)
    replies = await asyncio.gather(
        *(world.submit(other, "squad.join", {"code": code}) for other in others)
    )

    assert [Done, Done, Refused, Refused] == [type(reply) for reply in replies]


async def test_coming_in_twice_is_a_yes_without_an_event(world: World) -> None:
    """INV-C1 by another id: nothing happens."""
    squad, (maya,) = await world.squad_of("Maya")
    code = await world.invite(maya, squad)
    before = world.log.last_seq()
    reply = await world.do(maya, "squad.join", {"code": code})

    assert (Done(squad=squad, n=None, q=None, body={"squad": squad}), before) == (
        reply,
        world.log.last_seq(),
    )


# Seats


async def test_nobody_is_in_more_than_ten_squads(world: World) -> None:
    """The eleventh is refused, founded or joined."""
    maya = await world.register("Maya")
    other, (sam,) = await world.squad_of("Sam")
    code = await world.invite(sam, other)
    for n in range(10):
        await world.create_squad(maya, f"Squad {n}")
    founded = await world.do(maya, "squad.create", {"name": "One more", "tz": "UTC"})
    joined = await world.do(maya, "squad.join", {"code": code})

    assert [refusal(founded), refusal(joined)] == ["TOO_MANY_SQUADS"] * 2


async def test_ten_seats_hold_when_many_squads_are_founded_at_once(world: World) -> None:
    """The claims decide."""
    maya = await world.register("Maya")
    replies = await asyncio.gather(
        *(world.submit(maya, "squad.create", {"name": f"S{n}", "tz": "UTC"}) for n in range(13))
    )

    assert (
        sum(isinstance(reply, Done) for reply in replies),
        sum(isinstance(reply, Refused) for reply in replies),
        len(world.log.find_claims_under("seat", maya)),
    ) == (10, 3, 10)


async def test_leaving_gives_the_seat_back(world: World) -> None:
    """So that another squad may take it."""
    maya = await world.register("Maya")
    squads = [await world.create_squad(maya, f"Squad {n}") for n in range(10)]
    done(await world.do(maya, "squad.leave", squad=squads[4]))
    again = await world.create_squad(maya)
    seats = {claim.key[-1]: claim.owner for claim in world.log.find_claims_under("seat", maya)}

    assert (again, 10) == (seats["4"], len(seats))


# Names


async def asking(world: World, squad: str, owner: str, *handles: str) -> list[PlayerId]:
    """People who ask a squad to be let in."""
    code = await world.invite(owner, squad)
    people = [await world.register(handle) for handle in handles]
    for player in people:
        done(await world.do(player, "squad.request", {"code": code}))
    return people


@pytest.mark.parametrize("kind", ["squad.archive", "squad.leave"])
async def test_when_a_squad_ends_nobody_asks_it_any_more(world: World, kind: str) -> None:
    """Their places among ten requests are free."""
    squad, (maya,) = await world.squad_of("Maya")
    people = await asking(world, squad, maya, "Sam", "Kim")
    before = [len(world.log.find_claims_under("request", player)) for player in people]
    done(await world.do(maya, kind, squad=squad))
    after = [len(world.log.find_claims_under("request", player)) for player in people]
    facts = [one.fact for one in world.facts(squad)]
    declined = [fact.player for fact in facts if isinstance(fact, JoinDeclined)]

    assert ([1, 1], [0, 0], people) == (before, after, declined)


async def test_the_fourth_request_of_a_day_is_told_when_to_come_back(world: World) -> None:
    """And works then."""
    squad, (maya,) = await world.squad_of("Maya")
    code = await world.invite(maya, squad)
    sam = await world.register("Sam")
    for _ in range(3):
        done(await world.do(sam, "squad.request", {"code": code}))
        done(await world.do(sam, "squad.cancel", squad=squad))
        world.clock.pass_ms(HOUR_MS)
    fourth = await world.do(sam, "squad.request", {"code": code})
    assert isinstance(fourth, Refused)
    assert fourth.retry_after_ms is not None
    world.clock.pass_ms(fourth.retry_after_ms)
    later = await world.do(sam, "squad.request", {"code": code})

    assert (RefusalCode.QUOTA, 21 * HOUR_MS) == (fourth.code, fourth.retry_after_ms)
    assert isinstance(later, Done)


@pytest.mark.parametrize("way_out", ["left", "kicked", "declined"])
async def test_a_leader_bans_somebody_who_is_out(world: World, way_out: str) -> None:
    """The next snapshot shows them as banned; by name, where they had one in the roster."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    whom = sam
    if way_out == "left":
        done(await world.do(sam, "squad.leave", squad=squad))
    elif way_out == "kicked":
        done(await world.do(maya, "squad.kick", {"player": sam}, squad=squad))
    else:
        (whom,) = await asking(world, squad, maya, "Kim")
        done(await world.do(maya, "squad.decline", {"player": whom}, squad=squad))
    done(await world.do(maya, "squad.ban", {"player": whom}, squad=squad))
    client = Client(world, maya)
    await client.follow(squad)
    (snap,) = client.of("snap")
    shown = {"player": whom} | ({} if way_out == "declined" else {"handle": "Sam"})

    assert snap["b"]["banned"] == [shown]


async def test_a_stranger_cannot_be_banned(world: World) -> None:
    """Nobody knows them there."""
    squad, (maya,) = await world.squad_of("Maya")
    kim = await world.register("Kim")

    assert "NOT_FOUND" == refusal(await world.do(maya, "squad.ban", {"player": kim}, squad=squad))


async def test_a_name_is_taken_however_it_is_written(world: World) -> None:
    """Case, width and white space make no other name; a free one is offered."""
    await world.register("Maya Lee")
    reply = await world.intake.register("b", _guest("\uff4dAYA   lee"))
    assert isinstance(reply, Refused)

    assert (
        reply.code,
        reply.field,
        None if reply.free is None else reply.free.replace("\uff4d", "m"),
    ) == (RefusalCode.HANDLE_TAKEN, "handle", "mAYA lee2")


async def test_the_offered_name_is_free(world: World) -> None:
    """The numbers that are taken too are passed over."""
    for handle in ("Maya", "Maya2", "maya3"):
        await world.register(handle)
    reply = await world.intake.register("d", _guest("Maya"))
    assert isinstance(reply, Refused)
    again = await world.intake.register("d", _guest(reply.free or ""))

    assert (reply.free, isinstance(again, Done)) == ("Maya4", True)


async def test_when_all_near_names_are_taken_none_is_offered(world: World) -> None:
    """Nobody is made to wait for a search without an end."""
    for handle in ("Maya", *(f"Maya{n}" for n in range(2, 10))):
        await world.register(handle)
    reply = await world.intake.register("d", _guest("Maya"))
    assert isinstance(reply, Refused)

    assert (reply.code, reply.free) == (RefusalCode.HANDLE_TAKEN, None)


async def test_an_offered_name_is_never_too_long(world: World) -> None:
    """24 characters hold the number as well."""
    await world.register("M" * 24)
    reply = await world.intake.register("b", _guest("m" * 24))
    assert isinstance(reply, Refused)

    assert reply.free == "m" * 22 + "2"


@pytest.mark.parametrize(
    ("guest", "code", "field"),
    [
        ({"handle": "Ma"}, "BAD_INPUT", "handle"),
        ({"handle": "M" * 25}, "BAD_INPUT", "handle"),
        ({"handle": "  \u0000 \u200b "}, "BAD_INPUT", "handle"),
        ({"tz": "Mars/Olympus"}, "BAD_INPUT", "tz"),
        ({"adult": False}, "CONSENT_REQUIRED", "adult"),
    ],
)
async def test_a_guest_that_is_refused_has_no_name(
    world: World, guest: dict[str, object], code: str, field: str
) -> None:
    """The name stays free, and nothing is in the log."""
    words = {"handle": "Maya", "tz": "UTC", "adult": True, **guest}
    reply = await world.intake.register("a", PlayerRegister(**words))  # type: ignore[arg-type]  # a table of the fields
    assert isinstance(reply, Refused)

    assert (code, field, 0) == (reply.code, reply.field, world.log.last_seq())


async def test_consent_given_later_lets_in(world: World) -> None:
    """A refusal of other words is not kept for these."""
    no = await world.intake.register("a", PlayerRegister(handle="Maya", tz="UTC", adult=False))
    yes = await world.intake.register("a", _guest("Maya"))

    assert (refusal(no), isinstance(yes, Done)) == ("CONSENT_REQUIRED", True)


async def test_a_guest_id_lets_in_one_player(world: World) -> None:
    """With another name it is somebody else's."""
    await world.register("Maya", "one guest")
    reply = await world.intake.register("one guest", _guest("Sam"))

    assert (refusal(reply), getattr(reply, "field", None)) == ("COMMAND_ID_REUSED", "id")


async def test_a_command_of_nobody_is_unauthenticated(world: World) -> None:
    """A ticket outlives a log that was thrown away."""
    reply = await world.do("0" * 26, "squad.create", {"name": "A", "tz": "UTC"})

    assert refusal(reply) == "UNAUTHENTICATED"


# Dares


async def test_a_dare_from_the_deck_has_the_cards_terms(world: World) -> None:
    """And is the same thing asked, whoever asks."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    await world.dare(maya, sam, squad, "coffee-discount")
    fact = world.facts(squad)[-1].fact
    assert isinstance(fact, DareIssued)

    assert (
        fact.card,
        fact.text,
        fact.difficulty,
        fact.fingerprint,
        fact.categories,
        fact.ruleset,
    ) == ("coffee-discount", None, 2, "card:coffee-discount", ("money", "food_drink"), 1)


async def test_own_words_are_kept_sealed(world: World) -> None:
    """Under the key of whoever wrote them."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    done(await world.do(maya, "dare.issue", {"target": sam, **WORDS}, squad=squad))
    fact = world.facts(squad)[-1].fact
    assert isinstance(fact, DareIssued)
    assert fact.text is not None
    before = world.keys.open(fact.text)
    world.keys.destroy(maya, 0)

    assert (WORDS["text"], None) == (before, world.keys.open(fact.text))


async def test_words_that_say_the_same_are_the_same_thing_asked(world: World) -> None:
    """Case, width and punctuation make nothing new."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    for text in ("Ask for a purple umbrella!", "ask: for a  PURPLE umbrella", "Ask for a red one"):
        done(
            await world.do(maya, "dare.issue", {"target": sam, **WORDS, "text": text}, squad=squad)
        )
    prints = [r.fact.fingerprint for r in world.facts(squad) if isinstance(r.fact, DareIssued)]

    assert (prints[0] == prints[1], prints[1] == prints[2]) == (True, False)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"card": "no-such-card"}, "NOT_FOUND", "card"),
        ({}, "BAD_INPUT", "text"),
        ({"text": "Do it"}, "BAD_INPUT", "kind"),
        ({"text": "Do it", "kind": "ASK"}, "BAD_INPUT", "difficulty"),
        ({"text": "Do it", "kind": "SING"}, "BAD_INPUT", "kind"),
        ({"text": "Do it", "kind": "ASK", "difficulty": 6}, "BAD_INPUT", "difficulty"),
        ({**WORDS, "categories": ["violence"]}, "BAD_INPUT", "categories"),
        ({**WORDS, "card": "which-apple"}, "BAD_INPUT", "text"),
        ({**WORDS, "text": " \u0000 "}, "BAD_INPUT", "text"),
        ({**WORDS, "text": "a" * 281}, "BAD_INPUT", "text"),
        ({"card": "which-apple", "answer_within_s": 899}, "BAD_INPUT", "answer_within_s"),
        (
            {"card": "which-apple", "attempt_within_s": 14 * 86400 + 1},
            "BAD_INPUT",
            "attempt_within_s",
        ),
        ({"card": "which-apple", "repeat_of": "nope"}, "BAD_INPUT", "repeat_of"),
        ({"card": "which-apple", "call": "nope"}, "BAD_INPUT", "call"),
    ],
)
async def test_a_dare_that_is_not_one_is_refused_with_its_field(
    world: World, body: dict[str, object], code: str, field: str
) -> None:
    """So that the form can say where."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    reply = await world.do(maya, "dare.issue", {"target": sam, **body}, squad=squad)
    assert isinstance(reply, Refused)

    assert (code, field) == (reply.code, reply.field)


@pytest.mark.parametrize("squad", [None, "", "nope", "squad-" + "0" * 26, "8" + "0" * 25])
async def test_a_command_to_no_squad_is_refused(world: World, squad: str | None) -> None:
    """``s`` must be an id."""
    maya = await world.register("Maya")
    reply = await world.do(maya, "squad.invite", squad=squad)
    assert isinstance(reply, Refused)

    assert (reply.code, reply.field) == (RefusalCode.BAD_INPUT, "s")


async def test_whoever_is_dared_may_drop_words(world: World) -> None:
    """What is left stays under the issuer's key."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = done(await world.do(maya, "dare.issue", {"target": sam, **WORDS}, squad=squad))["dare"]
    body = {"dare": dare, "text": "Ask for umbrella", "difficulty": 1}
    done(await world.do(sam, "dare.accept", body, squad=squad))
    fact = world.facts(squad)[-1].fact
    assert isinstance(fact, DareAccepted)
    assert fact.text is not None
    before = world.keys.open(fact.text)
    world.keys.destroy(maya, 0)

    assert (before, fact.difficulty, world.keys.open(fact.text)) == ("Ask for umbrella", 1, None)


@pytest.mark.parametrize("text", ["Ask for a green umbrella", "umbrella purple", ""])
async def test_whoever_is_dared_may_not_add_words(world: World, text: str) -> None:
    """Nor turn them round."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = done(await world.do(maya, "dare.issue", {"target": sam, **WORDS}, squad=squad))["dare"]
    reply = await world.do(sam, "dare.accept", {"dare": dare, "text": text}, squad=squad)

    assert refusal(reply) == "BAD_INPUT"


async def test_nobody_else_may_change_the_words(world: World) -> None:
    """Nor those of a card, nor of a dare that is not there."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    theirs = done(await world.do(maya, "dare.issue", {"target": sam, **WORDS}, squad=squad))["dare"]
    card = await world.dare(maya, sam, squad)
    replies = [
        await world.do(who, "dare.accept", {"dare": dare, "text": "Ask"}, squad=squad)
        for who, dare in ((maya, theirs), (sam, card), (sam, "0" * 26))
    ]

    assert [refusal(reply) for reply in replies] == ["BAD_INPUT"] * 3


async def test_a_line_is_cleaned_sealed_and_the_reporters_own(world: World) -> None:
    """Under the key of whoever reported."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = await world.dare(maya, sam, squad)
    done(await world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
    body = {"dare": dare, "outcome": "REJECTED", "line": "  She\nlaughed \u0000 "}
    done(await world.do(sam, "dare.report", body, squad=squad))
    fact = world.facts(squad)[-1].fact
    assert isinstance(fact, DareReported)
    assert fact.line is not None
    before = world.keys.open(fact.line)
    world.keys.destroy(sam, 0)

    assert (before, world.keys.open(fact.line)) == ("She laughed", None)


async def test_a_report_without_a_line_has_none(world: World) -> None:
    """An empty one is none."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    dare = await world.dare(maya, sam, squad)
    done(await world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
    body = {"dare": dare, "outcome": "REJECTED", "line": "", "claimed_at": 1}
    done(await world.do(sam, "dare.report", body, squad=squad))
    fact = world.facts(squad)[-1].fact
    assert isinstance(fact, DareReported)

    assert (fact.line, fact.claimed_at) == (None, 1)


async def test_the_ways_out_of_a_dare_are_commands(world: World) -> None:
    """Decline, bail, withdraw: each ends it."""
    squad, (maya, sam) = await world.squad_of("Maya", "Sam")
    declined, bailed, withdrawn = [
        await world.dare(maya, sam, squad, card)
        for card in ("which-apple", "best-thing-today", "time-phone-in-hand")
    ]
    done(await world.do(sam, "dare.decline", {"dare": declined}, squad=squad))
    done(await world.do(sam, "dare.accept", {"dare": bailed}, squad=squad))
    done(await world.do(sam, "dare.start", {"dare": bailed}, squad=squad))
    done(await world.do(sam, "dare.bail", {"dare": bailed}, squad=squad))
    done(await world.do(maya, "dare.withdraw", {"dare": withdrawn}, squad=squad))

    assert world.log.due_timers(1 << 62, 10) == []


def _guest(handle: str) -> PlayerRegister:
    return PlayerRegister(handle=handle, tz="UTC", adult=True)
