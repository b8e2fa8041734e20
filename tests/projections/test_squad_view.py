"""What one member sees of their squad (protocol, ``snap``)."""

import json
from typing import Annotated, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audience import SHOWN_TO_NOBODY, DareNotTaken, sights
from domain.dares.state import LIVE
from domain.facts import Fact, name_of
from domain.ids import PlayerId, SquadId
from domain.personal import Sealed
from domain.room import RoomFact
from domain.squads.events import InviteIssued, MemberJoined
from projections.squad_view import FEED_LENGTH, Fields, Seen, SquadView, fold
from tests.domain.histories import World, worlds
from tests.examples import PEOPLE, SQUAD
from tests.projections.folding import restored
from tests.projections.squad_view_vectors import (
    ANA,
    AT,
    BEN,
    CLEO,
    DARE,
    EVENTS,
    GOLDEN,
    START,
    about,
    agreed,
    asks_no_more,
    banned,
    changed,
    cheered,
    corrected,
    created,
    event,
    invited,
    issued,
    joined,
    kicked,
    not_taken,
    reported,
    requested,
    revoked,
    role_changed,
    started,
    terms,
    unbanned,
    vectors,
)

each_vector = pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)


def view_of(*events: Seen) -> SquadView:
    """The fold of some events."""
    view = SquadView()
    for one in events:
        fold(view, one)
    return view


def as_sent(value: object) -> object:
    """A body as it arrives: tuples are lists."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))


# The vectors


def test_the_stored_vectors_are_those_of_this_fold() -> None:
    """After a change, write them anew and look at the difference; the web client runs them too."""
    assert GOLDEN.read_text(encoding="utf-8") == vectors()


def test_the_stored_vectors_can_be_folded_as_they_stand() -> None:
    for vector in json.loads(GOLDEN.read_text(encoding="utf-8")):
        body = view_of(*map(tuple, vector["events"])).body()

        assert as_sent(body) == vector["view"]


SHOWN = [fact for fact in (*get_args(RoomFact), DareNotTaken) if fact not in SHOWN_TO_NOBODY]
"""Every kind of fact that anybody sees."""


def test_the_vectors_hold_every_kind_that_anybody_sees() -> None:
    kinds = {name_of(fact) for fact in SHOWN}
    held = {one[1] for events in EVENTS.values() for one in events}

    assert kinds - held == set()


def test_the_vectors_hold_every_field_that_anybody_sees() -> None:
    held: dict[str, set[str]] = {}
    for one in (one for events in EVENTS.values() for one in events):
        held.setdefault(one[1], set()).update(one[5])
    for fact in SHOWN:
        assert (name_of(fact), fields_of(fact)) == (name_of(fact), held[name_of(fact)])


@each_vector
def test_the_numbers_of_a_vector_rise(events: tuple[Seen, ...]) -> None:
    numbers = [one[0] for one in events]

    assert numbers == sorted(set(numbers))


@each_vector
def test_a_snapshot_and_the_later_events_are_the_whole_fold(events: tuple[Seen, ...]) -> None:
    for n in range(len(events) + 1):
        view = restored(view_of(*events[:n]).body())
        for one in events[n:]:
            fold(view, one)

        assert as_sent(view.body()) == as_sent(view_of(*events).body())


# One kind at a time


def test_a_view_of_nothing_has_no_name() -> None:
    assert view_of().body() == {
        "tz": "UTC",
        "size": 0,
        "join_policy": "CODE",
        "roster": [],
        "requests": [],
        "banned": [],
        "invites": [],
        "dares": [],
        "feed": [],
    }


def test_a_new_squad_has_its_settings() -> None:
    body = view_of(created()).body()

    assert {name: body[name] for name in ("name", "tz", "size", "join_policy")} == {
        "name": "Bakers",
        "tz": "Europe/Berlin",
        "size": 20,
        "join_policy": "CODE",
    }


def test_a_member_enters_the_roster() -> None:
    assert view_of(created(), joined(2, ANA, "OWNER")).roster == {
        ANA: {"player": ANA, "handle": "Ana", "role": "OWNER", "joined_at": AT + 2_000}
    }


def test_a_member_without_a_handle_has_none() -> None:
    assert "handle" not in view_of(created(), joined(2, ANA, handle=None)).roster[ANA]


@pytest.mark.parametrize(
    "out",
    [event(4, "member.left", {"player": BEN}), kicked(4), banned(4)],
    ids=lambda one: one[1],
)
def test_whoever_is_out_is_marked(out: Seen) -> None:
    assert view_of(*START, out).roster[BEN]["left"] is True


@pytest.mark.parametrize(
    "out", [event(4, "member.left", {"player": BEN}), kicked(4)], ids=lambda one: one[1]
)
def test_whoever_comes_back_is_marked_no_more(out: Seen) -> None:
    view = view_of(*START, out, joined(5, BEN))

    assert view.roster[BEN] == {
        "player": BEN,
        "handle": "Ben",
        "role": "MEMBER",
        "joined_at": AT + 5_000,
    }


def test_ownership_passes_on() -> None:
    view = view_of(*START, event(4, "ownership.passed", {"player": BEN, "previous": ANA}))

    assert [view.roster[who]["role"] for who in (ANA, BEN)] == ["MEMBER", "OWNER"]


def test_a_captain_is_shown_as_one() -> None:
    assert view_of(*START, role_changed(4, "CAPTAIN")).roster[BEN]["role"] == "CAPTAIN"


def test_another_name_is_shown() -> None:
    assert view_of(*START, event(4, "squad.renamed", {"name": "Millers"})).name == "Millers"


def test_another_name_by_somebody_erased_is_none() -> None:
    assert "name" not in view_of(*START, event(4, "squad.renamed", {})).body()


@pytest.mark.parametrize(
    "setting", [{"size": 9}, {"join_policy": "APPROVAL"}, {"tz": "Asia/Tokyo"}], ids=str
)
def test_a_setting_changes_alone(setting: dict[str, object]) -> None:
    assert view_of(created(), changed(2, **setting)).body() == {
        **view_of(created()).body(),
        **setting,
        "feed": [created(), changed(2, **setting)],
    }


def test_whoever_asks_is_shown_with_when() -> None:
    assert view_of(*START, requested(4)).requests == {
        CLEO: {"player": CLEO, "handle": "Cleo", "asked_at": AT + 4_000}
    }


@pytest.mark.parametrize(
    "answer",
    [asks_no_more(5, "cancelled"), asks_no_more(5, "declined"), joined(5, CLEO), banned(5, CLEO)],
    ids=lambda one: one[1],
)
def test_an_answer_ends_the_asking(answer: Seen) -> None:
    assert view_of(*START, requested(4), answer).requests == {}


@pytest.mark.parametrize("came", [joined(4, CLEO), requested(4)], ids=lambda one: one[1])
def test_whoever_is_banned_is_known_by_name(came: Seen) -> None:
    view = view_of(*START, came, banned(5, CLEO))

    assert view.banned == {CLEO: {"player": CLEO, "handle": "Cleo"}}


def test_whoever_was_banned_while_asking_is_in_no_roster() -> None:
    assert CLEO not in view_of(*START, requested(4), banned(5, CLEO)).roster


def test_a_ban_can_be_lifted() -> None:
    assert view_of(*START, banned(4), unbanned(5)).banned == {}


def test_an_invite_is_shown_to_its_maker_with_its_code() -> None:
    assert view_of(*START, invited(4, expires_at=AT + 9_000, code="ABCDE12345")).invites == {
        "k4": {
            "invite": "k4",
            "by": ANA,
            "code": "ABCDE12345",
            "expires_at": AT + 9_000,
            "max_uses": 17,
            "issued_at": AT + 4_000,
        }
    }


def test_an_invite_is_shown_to_the_others_without_a_code() -> None:
    assert "code" not in view_of(*START, invited(4)).invites["k4"]


def test_an_invite_that_left_the_feed_is_still_shown() -> None:
    view = view_of(*START, invited(4), *(cheered(n) for n in range(5, 60)))

    assert ("invite.issued" in {one[1] for one in view.feed}, [*view.invites]) == (False, ["k4"])


def test_an_invite_that_was_closed_is_shown_no_more() -> None:
    assert [*view_of(*START, invited(4), invited(5), revoked(6, "k4")).invites] == ["k5"]


def test_the_next_invite_takes_the_place_of_those_that_are_over_by_then() -> None:
    over, still_open = invited(4, expires_at=AT + 6_000), invited(5, expires_at=AT + 6_001)

    assert [*view_of(*START, over, still_open, invited(6)).invites] == ["k5", "k6"]


def test_an_archived_squad_has_no_ways_in() -> None:
    assert view_of(*START, invited(4), event(5, "squad.archived", {})).invites == {}


def test_an_archived_squad_says_so() -> None:
    assert view_of(*START, event(4, "squad.archived", {})).body()["archived"] is True


def test_an_offer_is_shown_with_its_terms() -> None:
    expected = {name: value for name, value in terms().items() if name != "ruleset"}

    assert view_of(issued(1)).dares == {
        DARE: {**expected, "state": "OFFERED", "answer_by": AT + 86_400_000}
    }


def test_a_yes_replaces_the_offer() -> None:
    dare = view_of(issued(1), agreed(2, difficulty=2)).dares[DARE]

    assert (dare["state"], dare["difficulty"], dare["attempt_by"], "answer_by" in dare) == (
        "ACCEPTED",
        2,
        AT + 259_200_000,
        False,
    )


def test_going_in_says_until_when() -> None:
    dare = view_of(agreed(1), started(2)).dares[DARE]

    assert (dare["state"], dare["lapses_at"]) == ("IN_PROGRESS", AT + 7_200_000)


def test_nothing_came_of_it_is_as_before() -> None:
    before = view_of(agreed(1))

    assert view_of(agreed(1), started(2), about(3, "dare.start_lapsed")).dares == before.dares


def test_a_report_says_what_the_world_answered() -> None:
    dare = view_of(agreed(1), started(2), reported(3, line="Ha.")).dares[DARE]

    assert (dare["state"], dare["outcome"], dare["line"], "lapses_at" in dare) == (
        "REPORTED",
        "REJECTED",
        "Ha.",
        False,
    )


def test_a_report_put_right_keeps_its_line() -> None:
    dare = view_of(agreed(1), reported(2, line="Ha."), corrected(3)).dares[DARE]

    assert (dare["outcome"], dare["line"]) == ("GRANTED", "Ha.")


def test_a_report_put_right_has_the_new_counts_or_none() -> None:
    counts = {"asked": 3, "no": 2, "yes": 1, "ignored": 0}
    dare = view_of(agreed(1), reported(2, counts=counts), corrected(3)).dares[DARE]

    assert "counts" not in dare


@pytest.mark.parametrize("one", [cheered(9), event(9, "week.closed", {"week": "2026-W48"})])
def test_a_cheer_and_the_end_of_a_week_only_enter_the_feed(one: Seen) -> None:
    before = view_of(*START, agreed(4)).body()

    assert view_of(*START, agreed(4), one).body() == {
        **before,
        "feed": [*START, agreed(4), one],
    }


@pytest.mark.parametrize(
    "gone",
    [
        *(
            about(9, f"dare.{end}")
            for end in ("declined", "bailed", "expired", "withdrawn", "settled")
        ),
        not_taken(9),
    ],
    ids=lambda one: one[1],
)
def test_an_ended_dare_is_shown_no_more(gone: Seen) -> None:
    assert view_of(agreed(1), gone).dares == {}


@pytest.mark.parametrize(
    "one",
    [started(9), about(9, "dare.start_lapsed"), reported(9), corrected(9), not_taken(9)],
    ids=lambda one: one[1],
)
def test_a_reference_to_an_unknown_dare_is_passed_over(one: Seen) -> None:
    assert view_of(one).dares == {}


def test_every_visible_event_enters_the_feed_unknown_ones_too() -> None:
    future = event(4, "dare.transmogrified", {"dare": DARE})

    assert view_of(*START, future).feed == [*START, future]


def test_the_feed_holds_the_last_fifty() -> None:
    events = [cheered(n) for n in range(1, 80)]

    assert view_of(*events).feed == events[-50:]
    assert FEED_LENGTH == 50


def test_a_view_shares_nothing_with_another() -> None:
    view_of(*START, issued(4))

    assert view_of() == SquadView()


# Whole histories, as the wire shows them


def fields_of(fact: type[Fact]) -> set[str]:
    """The fields of a fact that go on the wire."""
    hints = get_type_hints(fact, include_extras=True)
    return {name for name, hint in hints.items() if not _is_unseen(hint)}


def _is_unseen(hint: object) -> bool:
    notes = getattr(hint, "__metadata__", ()) if isinstance(hint, type(Annotated[int, 0])) else ()
    return any((note.extra or {}).get("on_wire") is False for note in notes)


def _frames(world: World, squad: SquadId, viewer: PlayerId) -> list[Seen]:
    """A viewer's events of one squad, blanks left out: a second, plain implementation."""
    answer: list[Seen] = []
    for recorded in world.log:
        if recorded.stream != f"squad-{squad}":
            continue
        assert isinstance(recorded.fact, get_args(RoomFact))
        sight = sights(recorded.fact).of(viewer)
        if sight is None:
            continue
        values = ((name, getattr(sight, name)) for name in sorted(fields_of(type(sight))))
        body = {name: _opened(value) for name, value in values if value is not None}
        command = None if isinstance(sight, DareNotTaken) else recorded.command
        answer.append((recorded.n, name_of(type(sight)), sight.at, sight.by, command, body))
    return answer


def _opened(value: object) -> object:
    return bytes(Sealed(value)).decode() if isinstance(value, bytes) else as_sent(value)


@given(worlds(), st.sampled_from(PEOPLE), st.integers(0, 100))
def test_wire_law_for_every_viewer_a_snapshot_and_the_later_events_are_the_whole_fold(
    world: World, viewer: PlayerId, percent: int
) -> None:
    frames = _frames(world, SQUAD, viewer)
    n = len(frames) * percent // 100
    view = restored(view_of(*frames[:n]).body())
    for one in frames[n:]:
        fold(view, one)

    assert as_sent(view.body()) == as_sent(view_of(*frames).body())


@given(worlds())
def test_a_viewer_sees_the_live_dares_that_are_theirs_or_agreed(world: World) -> None:
    """Against the room: the view needs no state of the server's to be right."""
    for squad, room in world.rooms.items():
        for viewer in PEOPLE:
            seen = view_of(*_frames(world, squad, viewer)).dares

            assert {dare: fields["state"] for dare, fields in seen.items()} == {
                dare.dare: dare.state
                for dare in room.dares.by_id.values()
                if dare.state in LIVE
                and (dare.was_accepted or viewer in (dare.issuer, dare.target))
            }


@given(worlds())
def test_a_viewer_sees_the_terms_that_were_agreed(world: World) -> None:
    for squad, room in world.rooms.items():
        for fields in view_of(*_frames(world, squad, PEOPLE[3])).dares.values():
            dare = next(d for d in room.dares.by_id.values() if d.dare == fields["dare"])

            assert (fields["difficulty"], fields["issuer"], fields["target"]) == (
                dare.terms.difficulty,
                dare.issuer,
                dare.target,
            )


@given(worlds())
def test_the_roster_that_a_viewer_sees_is_the_rooms(world: World) -> None:
    for squad, room in world.rooms.items():
        view = view_of(*_frames(world, squad, PEOPLE[4]))
        present = {
            player: (fields["role"], fields["joined_at"])
            for player, fields in view.roster.items()
            if "left" not in fields
        }

        assert present == {m.player: (m.role, m.joined_at) for m in room.squad.members.values()}
        assert view.is_archived == room.squad.is_archived
        assert set(view.roster) == {
            fact.player for fact in world.facts(squad) if isinstance(fact, MemberJoined)
        }


@given(worlds())
def test_a_viewer_sees_the_rooms_invites_and_only_their_own_codes(world: World) -> None:
    """Those that were over when the last one was made are gone."""
    for squad, room in world.rooms.items():
        made = [fact.at for fact in world.facts(squad) if isinstance(fact, InviteIssued)]
        for viewer in PEOPLE:
            seen = view_of(*_frames(world, squad, viewer)).invites
            shown = {key: (row["by"], row["max_uses"], "code" in row) for key, row in seen.items()}

            assert shown == {
                key: (invite.by, invite.max_uses, invite.by == viewer)
                for key, invite in room.squad.invites.items()
                if invite.expires_at > made[-1] and not room.squad.is_archived
            }


@given(worlds())
def test_inv_d6_two_who_are_no_party_see_the_same(world: World) -> None:
    """Whoever has no part in any dare sees what every such person sees, invites apart."""
    for squad in world.rooms:
        parties: set[str] = set()
        for dare in world.rooms[squad].dares.by_id.values():
            parties |= {dare.issuer, dare.target}
        others = [who for who in PEOPLE if who not in parties]
        views: list[Fields] = [
            {"dares": list(view_of(*_frames(world, squad, who)).dares.values())} for who in others
        ]

        assert all(view == views[0] for view in views)
