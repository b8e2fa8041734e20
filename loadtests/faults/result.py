"""What a run has shown, in numbers: how often what happened, how late it was, and what broke."""

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct

from loadtests.faults.checker import Violation
from loadtests.faults.clients import Player
from loadtests.faults.history import Asked, Ended, Failed, History, Operation


class Result(Struct, kw_only=True):
    """What a run has shown."""

    name: str
    says: str
    seed: int
    at: str
    machine: str
    rounds: int
    seconds: float
    done: dict[str, int]
    """How often what happened: outcomes, answers that came again, connections that came back …"""
    converged_s: list[float | None]
    late_s: dict[str, float]
    """p50, p99, max of how late what was acknowledged was seen."""
    acknowledged: list[int]
    """In each tenth of a second."""
    faults: list[Failed]
    violations: list[Violation]


def count(
    history: History, commands: Collection[Operation], players: Sequence[Player]
) -> Counter[str]:
    """What happened, and how often."""
    done = Counter[str](one.outcome for one in commands)
    done["commands"] = len(commands)
    done["given up"] = sum(one.was_given_up for one in commands)
    done["answered again"] = sum(one.again for one in commands)
    done["asked again"] = sum(isinstance(entry, Asked) for entry in history.entries)
    for player in players:
        done.update({f"end {code}": n for code, n in player.client.closes.items()})
        done["came back"] += sum(player.client.closes.values())
    feeds = [feed for player in players for feed in player.client.known.feeds.values()]
    done["gaps"] = sum(feed.gaps for feed in feeds)
    done["doubled"] = sum(feed.doubled for feed in feeds)
    done["events"] = sum(len(feed.events) for feed in feeds)
    done["snapshots"] = sum(feed.snapshot is not None for feed in feeds)
    return done


def lateness(delays: Sequence[float]) -> dict[str, float]:
    """Of delays: the middle one, the one that one in a hundred exceeds, and the longest."""
    if not delays:
        return {}
    ordered = sorted(delays)
    at = {"p50": 0.5, "p99": 0.99}
    found = {name: ordered[int(len(ordered) * share)] for name, share in at.items()}
    return {**found, "max": ordered[-1]}


def per_tenth(history: History) -> list[int]:
    """How many commands were acknowledged in each tenth of a second."""
    ends = [entry.at for entry in history.entries if isinstance(entry, Ended)]
    done = [e.at for e in history.entries if isinstance(e, Ended) and e.outcome == "ok"]
    counts = [0] * (int(max(ends, default=0) * 10) + 1)
    for at in done:
        counts[int(at * 10)] += 1
    return counts
