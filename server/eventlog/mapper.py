"""Facts to stored events and back: msgpack maps under short, versioned names."""

from collections.abc import Iterable, Mapping

import msgspec

from domain.facts import Fact, Recorded, name_of
from server.eventlog.log import LogTooNew, StoredEvent
from server.eventlog.names import FACTS, UPCASTS, VERSIONS, Stored, topic_of

_TOPICS = {fact: topic_of(fact) for fact in FACTS}
_DECODERS = {topic_of(fact): msgspec.msgpack.Decoder(fact) for fact in FACTS}
_CLASSES = {name_of(fact): fact for fact in FACTS}
_encode = msgspec.msgpack.Encoder().encode


def to_stored(fact: Fact) -> tuple[str, bytes]:
    """The topic and the state of a fact."""
    return _TOPICS[type(fact)], _encode(fact)


def to_fact(topic: str, state: bytes) -> Fact:
    """The fact of a stored event, brought up to the current version.

    Raises:
        LogTooNew: the name or the version is not known; never skipped (fail-stop).
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError: the state is damaged.
    """
    decoder = _DECODERS.get(topic)
    if decoder is not None:
        return decoder.decode(state)
    return _upcast(topic, state)


def refuse_newer(topics: Mapping[str, int]) -> None:
    """Pass if every topic is known.

    Args:
        topics: each with the ``seq`` of its first event.

    Raises:
        LogTooNew: names the first event that is not known.
    """
    for topic, seq in sorted(topics.items(), key=lambda item: item[1]):
        if not _is_known(topic):
            raise LogTooNew(f"Event {seq} of the log: {_unknown(topic)}")


def recorded(stored: Iterable[StoredEvent]) -> list[Recorded[Fact]]:
    """The facts with their places, in the order given.

    Raises:
        as ``to_fact``.
    """
    # As ``to_fact``, written out: a million calls at a start are half a second.
    facts = []
    find = _DECODERS.get
    for event in stored:
        decoder = find(event.topic)
        fact = (
            decoder.decode(event.state)
            if decoder is not None
            else _upcast(event.topic, event.state)
        )
        facts.append(Recorded(event.seq, event.stream, event.version, fact, event.command))
    return facts


def _upcast(topic: str, state: bytes) -> Fact:
    if not _is_known(topic):
        raise LogTooNew(_unknown(topic))
    name, _, number = topic.rpartition("@")
    fields: Stored = msgspec.msgpack.decode(state, type=Stored)
    for version in range(int(number), VERSIONS.get(name, 1)):
        fields = UPCASTS[name, version](fields)
    return msgspec.convert(fields, _CLASSES[name])


def _is_known(topic: str) -> bool:
    name, _, number = topic.rpartition("@")
    known = range(1, VERSIONS.get(name, 1) + 1)
    return name in _CLASSES and number in map(str, known)


def _unknown(topic: str) -> str:
    return f"{topic} was written by a newer Gutsy; this one cannot read it."
