"""The check that ends a run: what a player saw against what the log holds for them."""

import msgpack

from loadtests.client import Feed, Seen


def differences_between(feed: Feed, head: int, rows: dict[int, list[object]]) -> list[str]:
    """How a player's feed differs from the log's ``rows`` 1..``head``, one line each."""
    if feed.have < head:
        return [f"has {feed.have} events of {head}"]
    found = [f"doubled {feed.doubled}, gaps {feed.gaps}"] if feed.doubled + feed.gaps else []
    for n, seen in enumerate(feed.events[:head], feed.first):
        if as_plain(row_of(seen)) != as_plain(rows[n]):
            found.append(f"event {n} differs")
    return found


def row_of(seen: Seen) -> list[object]:
    """An event as a row; empty for a blank."""
    return [] if seen is None else list(seen)


def as_plain(body: object) -> object:
    """A value as a second msgpack implementation reads it: for comparing across encodings."""
    return msgpack.unpackb(msgpack.packb(body))
