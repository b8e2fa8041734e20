"""Frames: one fact, three audiences, each encoded once and the same for whoever is in it."""

from collections.abc import AsyncIterator

import pytest

from domain.dares.events import (
    AboutDare,
    DareBailed,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareWithdrawn,
    WithdrawReason,
)
from domain.dares.terms import DareKind
from domain.facts import Fact, Recorded
from domain.ids import CommandId, DareId, Fingerprint, InviteKey, PlayerId
from domain.personal import Sealed
from domain.squads.events import InviteIssued
from server.live.frames import Frames
from server.protocol.codec import framed
from server.protocol.server_messages import ServerMessage
from tests.server.world import Client, World, decoded, done, running

SQUAD = "0" * 26
MAYA, SAM, KIM, LEE = (PlayerId(f"{n}" * 26) for n in range(1, 5))
DARE = DareId("5" * 26)


def frames(fact: Fact, *, n: int = 7, command: str | None = "c") -> Frames:
    """The frames of a fact, with texts that open to themselves."""
    recorded = Recorded(
        1, f"squad-{SQUAD}", n, fact, None if command is None else CommandId(command)
    )
    return Frames(recorded, SQUAD, lambda sealed: sealed.decode() or None)


def offer(issuer: PlayerId = MAYA, target: PlayerId = SAM) -> DareIssued:
    """Maya dares Sam in her own words."""
    return DareIssued(
        at=1,
        by=issuer,
        dare=DARE,
        issuer=issuer,
        target=target,
        was_accepted=False,
        kind=DareKind.ASK,
        difficulty=1,
        categories=(),
        fingerprint=Fingerprint("words:1"),
        ruleset=1,
        text=Sealed(b"Ask the time"),
        answer_by=2,
        attempt_within_ms=3,
        policy_version=1,
    )


ENDS: dict[str, type[AboutDare]] = {
    "decline": DareDeclined,
    "bail": DareBailed,
    "expiry": DareExpired,
}


def end(kind: str, *, was_accepted: bool, by: PlayerId | None = SAM) -> AboutDare:
    """One of the ways in which a dare is not taken."""
    return ENDS[kind](at=1, by=by, dare=DARE, issuer=MAYA, target=SAM, was_accepted=was_accepted)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work."""
    async with running() as world:
        yield world


def test_everybody_in_an_audience_gets_the_same_bytes() -> None:
    """The very same object: encoded once."""
    shown = frames(offer())

    assert shown.frame(KIM) is shown.frame(LEE)


def test_what_is_the_same_for_two_audiences_is_encoded_once() -> None:
    """As an acceptance, which all may see."""
    invited = InviteIssued(
        at=1, by=MAYA, invite=InviteKey("k"), code=None, expires_at=2, max_uses=3
    )
    offered = frames(offer())

    assert frames(invited).frame(SAM) == frames(invited).frame(KIM)
    assert offered.frame(MAYA) is offered.frame(SAM)


def test_who_may_not_see_an_event_gets_a_blank() -> None:
    """Which counts, and says nothing."""

    assert decoded(frames(offer()).frame(KIM)) == {"t": "ev", "s": SQUAD, "n": 7}


def test_an_event_shows_its_fields_and_not_those_of_the_server() -> None:
    """Texts are opened; fingerprints, seats and policies stay."""

    assert decoded(frames(offer()).frame(SAM)) == {
        "t": "ev",
        "s": SQUAD,
        "n": 7,
        "k": "dare.issued",
        "at": 1,
        "u": MAYA,
        "c": "c",
        "b": {
            "dare": DARE,
            "issuer": MAYA,
            "target": SAM,
            "kind": "ASK",
            "difficulty": 1,
            "categories": [],
            "ruleset": 1,
            "text": "Ask the time",
            "answer_by": 2,
            "attempt_within_ms": 3,
        },
    }


def test_a_text_of_somebody_erased_is_absent() -> None:
    """The event stands."""
    recorded = Recorded(1, f"squad-{SQUAD}", 7, offer(), None)
    shown = Frames(recorded, SQUAD, lambda _sealed: None)

    assert "text" not in decoded(shown.frame(SAM))["b"]


def test_only_its_maker_sees_an_invites_code() -> None:
    """The others see that there is one, and its name, by which a captain may close it."""
    invited = InviteIssued(
        at=1, by=MAYA, invite=InviteKey("k"), code=Sealed(b"CODE"), expires_at=2, max_uses=3
    )
    shown = frames(invited)

    assert [decoded(shown.frame(viewer))["b"] for viewer in (MAYA, SAM)] == [
        {"invite": "k", "code": "CODE", "expires_at": 2, "max_uses": 3},
        {"invite": "k", "expires_at": 2, "max_uses": 3},
    ]


@pytest.mark.parametrize("viewer", [MAYA, KIM])
def test_inv_d6_a_decline_a_bail_and_an_expiry_look_the_same_to_others(viewer: PlayerId) -> None:
    """Byte for byte, whoever caused it and by whatever command."""
    shown = {
        frames(end("decline", was_accepted=True)).frame(viewer),
        frames(end("bail", was_accepted=True), command="another").frame(viewer),
        frames(end("expiry", was_accepted=True, by=None), command=None).frame(viewer),
    }
    (only,) = shown

    assert decoded(only) == {
        "t": "ev",
        "s": SQUAD,
        "n": 7,
        "k": "dare.not_taken",
        "at": 1,
        "b": {"dare": DARE},
    }


@pytest.mark.parametrize("kind", sorted(ENDS))
def test_inv_d6_whoever_was_dared_sees_how_it_ended(kind: str) -> None:
    """They alone."""
    assert (
        decoded(frames(end(kind, was_accepted=True)).frame(SAM))["k"]
        == ({"decline": "dare.declined", "bail": "dare.bailed", "expiry": "dare.expired"}[kind])
    )


@pytest.mark.parametrize("kind", ["decline", "expiry"])
def test_inv_d6_of_an_offer_that_was_not_taken_the_squad_sees_nothing(kind: str) -> None:
    """It never saw the offer."""
    assert decoded(frames(end(kind, was_accepted=False)).frame(KIM)) == {
        "t": "ev",
        "s": SQUAD,
        "n": 7,
    }


@pytest.mark.parametrize(
    ("was_accepted", "bodies"),
    [
        (True, [{"reason"}, {"reason"}, set()]),
        (False, [{"reason"}, {"reason"}, None]),
    ],
)
def test_why_a_dare_was_withdrawn_stays_between_the_two(
    was_accepted: bool, bodies: list[set[str] | None]
) -> None:
    """The squad learns of it only if it saw the dare."""
    fact = DareWithdrawn(
        at=1,
        by=MAYA,
        dare=DARE,
        issuer=MAYA,
        target=SAM,
        was_accepted=was_accepted,
        reason=WithdrawReason.SAFETY,
    )
    seen = [decoded(frames(fact).frame(viewer)).get("b") for viewer in (MAYA, SAM, KIM)]

    assert bodies == [None if b is None else set(b) & {"reason"} for b in seen]


async def test_an_event_is_encoded_once_for_each_audience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many follow: three audiences, and here two different sights."""
    handles = ["Maya", "Sam", *(f"Member {n}" for n in range(12))]
    squad, players = await world.squad_of(*handles)
    clients = [Client(world, player) for player in players]
    for client in clients:
        await client.follow(squad, len(world.facts(squad)))
    encoded: list[ServerMessage] = []

    def counted(message: ServerMessage) -> bytes:
        encoded.append(message)
        return framed(message)

    monkeypatch.setattr("server.live.frames.framed", counted)
    dare = await world.dare(players[0], players[1], squad)
    done(await world.do(players[1], "dare.decline", {"dare": dare}, squad=squad))
    n = len(world.facts(squad))
    for client in clients:
        await client.reach(squad, n)

    # The offer: whole for two, a blank for twelve. The decline: its target's, its issuer's, blanks.
    assert len(encoded) == 2 + 3


async def test_everybody_in_an_audience_is_written_the_same_object(world: World) -> None:
    """Through the hub, too."""
    squad, players = await world.squad_of("Maya", "Sam", "Kim", "Lee")
    clients = [Client(world, player) for player in players]
    for client in clients:
        await client.follow(squad, len(world.facts(squad)))
    await world.folded()
    for client in clients:
        client.forget()
    await world.dare(players[0], players[1], squad)
    written = [
        next(frame for frame in client.far_end.frames if decoded(frame)["t"] == "ev")
        for client in clients
    ]

    assert (
        written[0] is written[1],
        written[2] is written[3],
        written[0] is written[2],
    ) == (True, True, False)
