"""Stored events are for ever: every sample ever made is still read, and none is skipped."""

import msgspec
import pytest

from domain.facts import Fact, name_of
from domain.ids import CommandId
from domain.players.events import PlayerRegistered
from domain.squads.events import MemberLeft
from server.eventlog import mapper, names
from server.eventlog.log import NO_HASH, LogTooNew, StoredEvent
from server.eventlog.mapper import recorded, to_fact, to_stored
from server.eventlog.names import FACTS, UPCASTS, VERSIONS, topic_of
from tests.golden.make_events import SAMPLES, Sample, make, path_of

GOLDEN = sorted(SAMPLES.glob("*.json"))
CLASSES = {name_of(fact): fact for fact in FACTS}


def sample(topic: str) -> Sample:
    """A sample as it was kept."""
    return msgspec.json.decode(path_of(topic).read_bytes(), type=Sample)


@pytest.mark.parametrize("fact", FACTS, ids=name_of)
def test_every_version_of_every_fact_has_a_sample(fact: type[Fact]) -> None:
    """Made by ``python -m tests.golden.make_events`` when it was new."""
    name = name_of(fact)
    versions = range(1, VERSIONS.get(name, 1) + 1)

    assert [v for v in versions if not path_of(f"{name}@{v}").exists()] == []


def test_no_sample_was_dropped() -> None:
    """Each belongs to a fact that there still is, and nothing is missing."""

    assert {path.stem.partition("@")[0] for path in GOLDEN} == set(CLASSES)
    assert make() == []


@pytest.mark.parametrize("topic", [topic_of(fact) for fact in FACTS])
def test_a_sample_is_read_as_what_it_meant(topic: str) -> None:
    """Field by field."""
    kept = sample(topic)
    expected = msgspec.convert(kept.fact, CLASSES[topic.partition("@")[0]])

    assert expected == to_fact(kept.topic, bytes.fromhex(kept.state))


@pytest.mark.parametrize("fact", FACTS, ids=name_of)
def test_a_fact_is_written_as_it_always_was(fact: type[Fact]) -> None:
    """The very bytes: other programs may have them."""
    kept = sample(topic_of(fact))

    assert (kept.topic, bytes.fromhex(kept.state)) == to_stored(
        to_fact(kept.topic, bytes.fromhex(kept.state))
    )


def test_a_stored_event_gets_its_place_and_its_command() -> None:
    """As live and projections take it."""
    topic, state = "member.left@1", bytes.fromhex(sample("member.left@1").state)
    (one, other) = recorded(
        [
            StoredEvent(7, "squad-A", 3, topic, state, CommandId("c1"), "maya", NO_HASH),
            StoredEvent(8, "squad-A", 4, topic, state, None, None, NO_HASH),
        ]
    )

    assert (one.seq, one.stream, one.n, one.command, other.command) == (7, "squad-A", 3, "c1", None)


@pytest.mark.parametrize(
    "topic",
    [
        *("squad.danced@1", "member.left@2", "member.left", "member.left@x", "member.left@-1", ""),
        *("member.left@0", "member.left@01", "member.left@\u00b2"),
    ],
)
def test_what_is_newer_or_unknown_is_never_skipped(topic: str) -> None:
    """It stops whoever reads: an older Gutsy cannot know what it meant."""

    with pytest.raises(LogTooNew):
        to_fact(topic, bytes.fromhex(sample("member.left@1").state))


def test_a_registration_of_the_first_version_says_that_its_player_was_of_age() -> None:
    """The real one: version 1 stored no age, for nobody came in without attesting to 18."""
    old, new = sample("player.registered@1"), sample("player.registered@2")

    assert msgspec.convert(new.fact, PlayerRegistered) == to_fact(
        old.topic, bytes.fromhex(old.state)
    )
    assert "attested_age" not in old.fact


def test_an_older_version_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """By pure functions of its fields."""
    topic = "member.left"
    fields = msgspec.msgpack.decode(bytes.fromhex(sample(f"{topic}@1").state))
    fields["chair"] = fields.pop("seat")
    monkeypatch.setitem(VERSIONS, topic, 3)
    monkeypatch.delitem(mapper._DECODERS, f"{topic}@1")
    monkeypatch.setitem(
        UPCASTS, (topic, 1), lambda old: {**_without(old, "chair"), "place": old["chair"]}
    )
    monkeypatch.setitem(
        UPCASTS, (topic, 2), lambda old: {**_without(old, "place"), "seat": old["place"]}
    )
    expected = msgspec.convert(sample(f"{topic}@1").fact, MemberLeft)

    assert (expected, f"{topic}@3") == (
        to_fact(f"{topic}@1", msgspec.msgpack.encode(fields)),
        names.topic_of(MemberLeft),
    )


def _without(fields: names.Stored, name: str) -> names.Stored:
    return {key: value for key, value in fields.items() if key != name}


def test_damage_in_an_old_version_is_damage_too() -> None:
    """No matter that it takes another way."""
    with pytest.raises(msgspec.ValidationError):
        to_fact("player.registered@1", b"\xed")
