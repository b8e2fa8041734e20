"""A writer to be killed: the real log, keys and group commit, working through commands for ever.

``python -m tests.server.writer FOLDER`` imports once, then forks a writer for each line on stdin:
``FIRST LAST``, the first command to send (some may have been sent before), and the one before which
to end by itself. On stdout: ``pid N``; ``sent N`` when so many are on their way or answered; a line
for every answer right after it came; ``end N``.
"""

import asyncio
import os
import sys
from pathlib import Path

from msgspec import Struct

from domain.ids import CommandId
from domain.scoring import Outcome
from server.clock import Clock, derived_id
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.submission import GUEST, Done, Reply, Submission
from server.eventlog.keys import Keys
from server.eventlog.sqlite import SQLiteLog
from server.protocol import bodies
from server.secret import Purpose, load_secret

WINDOW = 64
"""Commands in flight."""
A_LIFE = 90
"""Commands of one player: who comes in, founds a squad and plays; then the next one does."""
STEP_MS = 1_800_000
"""Between two commands of a player by their clock, so that they meet no limit of a day."""
BEGINNING = 1_795_435_200_000


class Answered(Struct, frozen=True):
    """One answer as the writer told it."""

    index: int
    q: int
    is_refusal: bool


def command_id(index: int) -> CommandId:
    """The id of a command; the same in every life of the writer."""
    return derived_id("writer", str(index))


def effects(index: int) -> int:
    """How many events a command leads to."""
    return len(_EFFECTS[_step(index)[0]])


_EFFECTS = {
    "player.register": ("player.registered",),
    "squad.create": ("squad.created", "member.joined"),
    "squad.invite": ("invite.issued",),
    "dare.issue": ("dare.issued", "dare.accepted"),
    "dare.report": ("dare.reported",),
    "dare.bail": (),  # of a dare that there is not: refused
}


def submission(index: int) -> Submission:
    """The command with a number, whole."""
    kind, body = _step(index)
    player = _player(index)
    return Submission(
        actor=GUEST if kind == "player.register" else player,
        command_id=command_id(index),
        kind=kind,
        body=body,
        digest=str(index).encode(),
        arrived_at=BEGINNING + index % A_LIFE * STEP_MS,
        new_id=player if kind == "player.register" else derived_id("new", str(index)),
        squad=None if kind in ("player.register", "squad.create") else _squad(index),
    )


def _step(index: int) -> tuple[str, bodies.CommandBody]:
    step = index % A_LIFE
    match step if step < 2 else step % 4 + 2:
        case 0:
            handle = f"Player {index // A_LIFE}"
            return "player.register", bodies.PlayerRegister(handle=handle, tz="UTC", adult=True)
        case 1:
            return "squad.create", bodies.SquadCreate(name="Night owls", tz="UTC")
        case 2:
            return "squad.invite", bodies.SquadInvite()
        case 3:
            return "dare.bail", bodies.DareOnly(dare=derived_id("nothing", str(index)))
        case 4:
            return "dare.issue", bodies.DareIssue(target=_player(index), card="which-apple")
        case _:
            dare = derived_id("new", str(index - 1))
            return "dare.report", bodies.DareReport(dare=dare, outcome=Outcome.REJECTED)


def _player(index: int) -> str:
    return derived_id("player", str(index // A_LIFE))


def _squad(index: int) -> str:
    return derived_id("new", str(index - index % A_LIFE + 1))


async def write(folder: Path, first: int, last: int) -> None:
    """Send commands, many at a time, and tell every answer."""
    secret = load_secret(None, folder)
    log = SQLiteLog(folder / "gutsy.db")
    keys = Keys(folder / "keys.db", secret.key(Purpose.KEYS))
    commands = GroupCommit(log, keys, Tools(Clock(), keys, secret, 1), WINDOW)
    task = asyncio.create_task(commands.run())
    room = asyncio.Semaphore(WINDOW)

    def tell(index: int, reply: Reply) -> None:
        room.release()
        is_refusal = not isinstance(reply, Done)
        q = reply.q or 0 if isinstance(reply, Done) else 0
        os.write(1, f"{index} {q} {is_refusal:d}\n".encode())

    for index in range(first, last):
        if room.locked():
            os.write(1, f"sent {index}\n".encode())
        await room.acquire()
        answer = commands.submit(submission(index))
        answer.add_done_callback(lambda done, index=index: tell(index, done.result()))  # type: ignore[misc]  # bound at once
    for _ in range(WINDOW):
        await room.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    commands.close()
    keys.close()
    log.close()


def main() -> None:
    """Fork a writer for every line."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        first, last = map(int, line.split())
        child = os.fork()
        if not child:
            os.write(1, f"pid {os.getpid()}\n".encode())
            asyncio.run(write(folder, first, last))
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, f"end {child}\n".encode())


if __name__ == "__main__":
    main()
