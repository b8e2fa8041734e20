"""The check that ends a run: what a player saw against what the server says, now and rebuilt.

What a player saw is folded as any client folds it: events in order, snapshots in place of what was
before, of each view the newest.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack

from loadtests.client import Feed, Known, Pushed, Seen

PAGE = 256
"""Events or entries asked for in one call."""

IN_SNAPSHOT = 50
"""Newest visible events in a snapshot (protocol)."""
LIVE = {
    "dare.issued": "OFFERED",
    "dare.accepted": "ACCEPTED",
    "dare.started": "IN_PROGRESS",
    "dare.start_lapsed": "ACCEPTED",
    "dare.reported": "REPORTED",
    "dare.corrected": "REPORTED",
}
"""What a dare is after an event; with any other of its events it has ended."""
ENDS = ("declined", "bailed", "not_taken", "expired", "withdrawn", "settled")
ABOUT_DARES = {*LIVE, *(f"dare.{end}" for end in ENDS)}

Get = Callable[[str], Any]
"""A path to the server's answer to this player, as JSON."""
Row = Sequence[Any]
"""An event: kind, actor, command id, body. Empty for a blank."""


def differences(known: Known, get: Get) -> list[str]:
    """How what a player knows differs from what the server answers, one line each."""
    found: list[str] = []
    for squad, feed in list(known.feeds.items()):
        rows = all_events(squad, get)
        found += feed_differences(feed, rows)
        found += _effect_differences(squad, known.acked, rows)
        found += _week_differences(squad, known.views, rows, get)
    me = without_cards_n(get("/api/me"))
    pushed = known.views.get(("me",))
    if pushed is None:
        found.append("me was never pushed")
    else:
        found += body_differences("me", without_cards_n(pushed.body), me)
    if sum(entry["amount"] for entry in _ledger(get)) != me["xp"]:
        found.append("the ledger does not add up to the XP")
    return found


def feed_differences(feed: Feed, rows: Sequence[Row]) -> list[str]:
    """How a player's feed differs from all events of the squad, as the player may see them.

    One that began with a snapshot holds the events after it, and the newest ones in it.
    """
    if feed.have < len(rows):
        return [f"has {feed.have} events of {len(rows)}"]
    found = [f"doubled {feed.doubled}, gaps {feed.gaps}"] if feed.doubled + feed.gaps else []
    after = rows[feed.first - 1 :]
    for n, (seen, row) in enumerate(zip(feed.events, after, strict=False), feed.first):
        if as_plain(row_of(seen)) != as_plain(row):
            found.append(f"event {n} differs")
    return found + _snapshot_differences(feed, rows[: feed.first - 1])


def body_differences(name: str, pushed: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """How a view as it was pushed differs from the server's answer, key by key."""
    keys = sorted((pushed.keys() | asked.keys()) - {"q"})
    return [
        f"{name}: {key} differs"
        for key in keys
        if as_plain(pushed.get(key)) != as_plain(asked.get(key))
    ]


def all_events(squad: str, get: Get) -> list[Row]:
    """Every event of a squad, from the first."""
    rows: list[Row] = []
    head = 1
    while len(rows) < head:
        page = get(f"/api/squads/{squad}/events?limit={PAGE}&after={len(rows)}")
        head = page["head"]
        for event in page["events"]:
            assert event["n"] == len(rows) + 1, "pages are in order and without a gap"
            is_blank = "k" not in event
            rows.append([] if is_blank else [event.get(key) for key in ("k", "u", "c", "b")])
    return rows


def row_of(seen: Seen) -> list[object]:
    """An event as a row; empty for a blank."""
    return [] if seen is None else list(seen)


def as_plain(body: object) -> object:
    """A value as a second msgpack implementation reads it: for comparing across encodings."""
    return msgpack.unpackb(msgpack.packb(body), strict_map_key=False)


def _snapshot_differences(feed: Feed, before: Sequence[Row]) -> list[str]:
    """A snapshot's newest events, roster and live dares, against the events that made them."""
    if feed.snapshot is None:
        return []
    shown: Any = feed.snapshot
    found = []
    newest = [(n, *row) for n, row in enumerate(before, 1) if row][-IN_SNAPSHOT:]
    if as_plain([(n, k, u, c, b) for n, k, _at, u, c, b in shown["feed"]]) != as_plain(newest):
        found.append("the snapshot's events differ")
    founder = {row[1] for row in before if row and row[0] == "squad.created"}
    joined = {row[3]["player"] for row in before if row and row[0] == "member.joined"}
    if {member["player"] for member in shown["roster"]} != founder | joined:
        found.append("the snapshot's roster differs")
    last = {row[3]["dare"]: LIVE.get(row[0]) for row in before if row and row[0] in ABOUT_DARES}
    live = {dare: state for dare, state in last.items() if state is not None}
    if {dare["dare"]: dare["state"] for dare in shown["dares"]} != live:
        found.append("the snapshot's dares differ")
    return found


def _effect_differences(
    squad: str, acked: Mapping[str, tuple[str, int]], rows: Sequence[Row]
) -> list[str]:
    """Commands that were answered and are not in the log, or are there twice (P1, P2)."""
    mine = {command: n for command, (where, n) in list(acked.items()) if where == squad}
    lost = [n for command, n in mine.items() if n > len(rows) or rows[n - 1][2:3] != [command]]
    times = Counter((row[2], row[0]) for row in rows if row and row[2] in mine)
    twice = [kind for (_, kind), count in times.items() if count > 1]
    return [f"event {n} was acknowledged and is another" for n in lost] + [
        f"one command led to {kind} twice" for kind in twice
    ]


def _week_differences(
    squad: str, views: Mapping[tuple[str, ...], Pushed], rows: Sequence[Row], get: Get
) -> list[str]:
    """Each board as it was told last; one that was closed is to be the final one."""
    closed = [row[3]["week"] for row in rows if row and row[0] == "week.closed"]
    boards = {key[2]: view.body for key, view in list(views.items()) if key[:2] == ("week", squad)}
    found = [] if boards else ["no week was pushed"]
    found += [f"week {week} was closed twice" for week in set(closed) if closed.count(week) > 1]
    for week, pushed in boards.items():
        asked = get(f"/api/squads/{squad}/weeks/{week}")
        # That a week is over, a client sees by its own clock; that it is closed, by the event.
        is_over = (pushed["state"], asked["state"]) == ("OPEN", "SETTLING")
        state = {"state": "SETTLING"} if is_over and week not in closed else {}
        found += body_differences(f"week {week}", {**pushed, **state}, asked)
    return found


def without_cards_n(me: Mapping[str, Any]) -> dict[str, Any]:
    """``view me`` without the event as of which it counts cards: others' events move only that."""
    squads = []
    for squad in me["squads"]:
        cards = {key: value for key, value in squad.get("cards", {}).items() if key != "n"}
        squads.append({**squad, "cards": cards})
    return {**me, "squads": squads}


def _ledger(get: Get) -> list[dict[str, Any]]:
    """Every XP entry of the player, newest first."""
    entries: list[dict[str, Any]] = []
    has_more = True
    while has_more:
        before = f"&before={entries[-1]['entry']}" if entries else ""
        page = get(f"/api/me/ledger?limit={PAGE}{before}")
        entries += page["entries"]
        has_more = page["more"]
    return entries
