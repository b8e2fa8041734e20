"""What was to be reached, as ratios within one run, and what was found."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from loadtests.bench.capacity import MOST_MS
from loadtests.bench.measure import Outcome
from loadtests.bench.shapes import GUTSY, LIMIT, LIMIT_TOGETHER, Shape
from loadtests.bench.whole import WHOLE

RATE = "deliveries_per_s"
PLAYERS = 20_000
PEERS = ("ws", "Colyseus", "socket.io", "websockets broadcast", "Starlette WebSocketRoute")
Found = Mapping[str, Outcome]


class Target(Struct, frozen=True):
    """One line of the table."""

    name: str
    wanted: str
    found: str
    is_met: bool


def targets(found: Found, climb: Sequence[Mapping[str, float]]) -> list[Target]:
    """Those of which everything was measured."""
    rows: list[Target] = []
    for make in (_hub, _ahead, _whole, _latency, _commands, _idle, _reading):
        rows += make(found)
    reached = [step["players"] for step in climb if step["last_p99_ms"] <= MOST_MS]
    if climb:
        most = max(reached, default=0)
        name = "live players on one core, p99 to the last socket within 100 ms"
        rows.append(Target(name, f"{PLAYERS:,}", f"{most:,.0f}", most >= PLAYERS))
    return rows


def _hub(found: Found) -> list[Target]:
    rows = []
    for connections in (1_000, 5_000):
        for size, window, limit, least in (
            (10, 1, LIMIT, 0.55),
            (50, 1, LIMIT, 0.7),
            (50, 4, LIMIT_TOGETHER, 0.7),
        ):
            shape = Shape(connections=connections, room_size=size, window=window)
            outcome = found.get(f"hub: {shape.name}")
            if outcome is not None:
                ratio = outcome.ratio(GUTSY, limit, RATE)
                rows.append(_least(f"hub, {shape.name}, share of the {limit}", ratio, least))
    return rows


def _ahead(found: Found) -> list[Target]:
    hubs = [outcome for name, outcome in found.items() if name.startswith("hub: ")]
    if not hubs:
        return []
    rows = []
    for peer in PEERS:
        ratios = [outcome.ratio(GUTSY, peer, RATE) for outcome in hubs]
        name = f"hub against {peer}, the worst of {len(ratios)} shapes"
        rows.append(_least(name, min(ratios), 1.0))
    return rows


def _whole(found: Found) -> list[Target]:
    return [
        _least(f"{name}, share of the hub", outcome.ratio(WHOLE, GUTSY, RATE), 0.6)
        for name, outcome in found.items()
        if name.startswith("whole house: ")
    ]


def _latency(found: Found) -> list[Target]:
    rows = []
    for name, outcome in found.items():
        if name.startswith("half load: "):
            ratio = outcome.ratio(WHOLE, LIMIT, "p99_ms")
            rows.append(_most(f"{name}, p99 as a multiple of the limit's", ratio, 3.0))
    return rows


def _commands(found: Found) -> list[Target]:
    outcome = found.get("durable commands, 64 clients")
    if outcome is None:
        return []
    ours, rate = "gutsy, by sockets", "commands_per_s"
    return [
        _least(
            "durable commands, 64 clients, against a stock save in a thread",
            outcome.ratio(ours, "stock application", rate),
            10.0,
        ),
        _least("the same, share of raw sqlite3", outcome.ratio(ours, "raw sqlite3", rate), 0.4),
    ]


def _idle(found: Found) -> list[Target]:
    rows = []
    for name, outcome in found.items():
        if name.startswith("idle: "):
            kib = outcome.median(GUTSY, "kib_per_connection")
            rows.append(_most("KiB for an idle connection", kib, 8.0))
    return rows


def _reading(found: Found) -> list[Target]:
    rows = []
    if "replay" in found:
        ratio = found["replay"].ratio(GUTSY, "select and typed decode", "events_per_s")
        rows.append(_least("replay, share of select and typed decode", ratio, 0.6))
    if "start" in found:
        start = found["start"]
        more = start.median("everything folded", "seconds") - start.median(
            "an empty folder", "seconds"
        )
        rows.append(_most("s of a start with everything folded, beyond an empty one", more, 1.0))
    return rows


def _most(name: str, figure: float, most: float) -> Target:
    return Target(name, f"at most {most:g}", f"{figure:.2f}", figure <= most)


def _least(name: str, ratio: float, least: float) -> Target:
    return Target(name, f"{least:g}", f"{ratio:.2f}", ratio >= least)
