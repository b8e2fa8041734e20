"""The page of faults: the table, the picture, and what each fault is."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from loadtests.faults.picture import draw
from loadtests.faults.presence import Ghosts
from loadtests.faults.result import Result

COLUMNS = (
    "fault",
    "times",
    "commands",
    "refused",
    "never answered",
    "answered again",
    "connections lost",
    "events seen",
    "**lost**",
    "**doubled**",
    "**gaps**",
    "level after, s",
    "seen late, s: p50, p99, most",
)
HEAD = """# Faults

Made by `make faults`; do not edit. Three nodes on one PostgreSQL and a Redis Cluster of three
primaries with a replica each, every one a process of its own; 48 players in squads of six, each
with one command under way at a time, come by a proxy. A fault is injected and healed again and
again while they play. Then every command's answer, everything that every player saw, and every
board are held against the log (`loadtests/faults/checker.py`, whose own tests break each promise
by hand).

- *lost*: acknowledged, and not in the log where the answer said (P1). *doubled*: in the log twice,
  refused and in it nevertheless, or answered otherwise when asked again (P2). *gaps*: anybody's
  feed that is not the log, event by event (P3). Boards are the same at each node and as pushed, and
  `gutsy verify`, which folds the whole log anew, finds no difference.
- *level after*: the longest time from healing until every player is live and has all that anybody
  had heard of by then; at most 5 s (P4). Players wait at most 1 s before they come back, so that
  it is the house's time and not theirs.
- *seen late*: from a command's answer until each member of the squad has its event.
- *never answered*: not even once all was healed and everybody had come to rest.
- *answered again*: commands that had been done when they were sent once more.
"""


def row(result: Result) -> list[str]:
    """A line of the table."""
    broken = Counter(one.promise for one in result.violations)
    done, late = result.done, result.late_s
    took = [one for one in result.converged_s if one is not None]
    never = " (and never)" if None in result.converged_s else ""
    return [
        result.name,
        f"{result.rounds}",
        f"{done.get('commands', 0):,}",
        f"{done.get('fail', 0):,}",
        f"{done.get('unknown', 0):,}",
        f"{done.get('answered again', 0):,}",
        f"{done.get('came back', 0):,}",
        f"{done.get('events', 0):,}",
        f"{broken['P1']}",
        f"{broken['P2']}",
        f"{broken['P3']}",
        f"{max(took, default=0):.1f}{never}",
        ", ".join(f"{late.get(which, 0):.2f}" for which in ("p50", "p99", "max")),
    ]


def write(page: Path, results: Sequence[Result], ghosts: Ghosts | None) -> None:
    """Write the page, and the picture beside it."""
    picture = page.parent / "figures" / "faults.svg"
    draw(picture, results)
    commands = sum(result.done.get("commands", 0) for result in results)
    broken = sum(len(result.violations) for result in results)
    lines = [
        HEAD,
        f"{len(results)} kinds, {commands:,} commands, **{broken} broken promises**.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
        *(f"| {' | '.join(row(result))} |" for result in results),
        "",
        "![commands a second under each fault](figures/faults.svg)",
        "",
        "Commands acknowledged a second; red: from injecting to healing; green: all level again.",
        "",
        "| fault | what is done |",
        "|---|---|",
        *(f"| {result.name} | {result.says} |" for result in results),
        "",
    ]
    if ghosts is not None:
        lines += [
            f"*Presence*: of {ghosts.players} players who are around, {ghosts.gone} are at a node"
            f" that gets `kill -9`, and cannot come back. After {ghosts.gone_s:.1f} s nobody is"
            f" shown them any more; everybody else was shown to all throughout"
            f" ({len(ghosts.violations)} broken promises).",
            "",
        ]
    lines += ["Measured:", ""]
    ran: list[Result | Ghosts] = [*results, *([ghosts] if ghosts else [])]
    for made_on in dict.fromkeys(one.machine for one in ran):
        those = [one for one in ran if one.machine == made_on]
        times = sorted(one.at for one in those)
        names = ", ".join(one.name for one in those)
        lines.append(f"- {times[0]} to {times[-1]}, {made_on}: {names}")
    page.write_text("\n".join(lines) + "\n")
