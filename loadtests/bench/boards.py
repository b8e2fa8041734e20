"""How long a squad's board and a player's own page take when there are a million players.

Both are read as a connection reads them, with the names opened, beside the same in a game of a
thousand players: whatever grows with the game shows as a ratio.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from domain.ids import Millis
from loadtests.bench.disk import CACHE
from loadtests.bench.latency import latencies
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.population import Population, populate
from server.app import open_keys, open_log, open_store, views_path
from server.clock import Clock, Dice
from server.live.read_models import ReadModels
from server.runner import Runner
from server.settings import Settings

SQUADS, FEW_SQUADS = 100_000, 100
SIZE = 10
REPORTS = 1
"""Members of each squad who are on its board with XP; the others are there with none."""
AT: Millis = 1_767_787_200_000
"""2026-01-07T12:00:00Z, a Wednesday: when all is done, and when it is asked for."""
ASKS = 2_000
REPEATS = 5


def trials(scale: float = 1.0) -> list[Trial]:
    """Boards and own pages; ``scale`` is of the hundred thousand squads.

    They are made first if they are not there yet, which takes six minutes for all of them.
    """
    sizes = (max(1, int(SQUADS * scale)), FEW_SQUADS)
    folders = {f"{squads * SIZE:,} players": populated(squads) for squads in sizes}
    return [
        Trial(
            name=name,
            contestants=[Contestant(who, partial(ask, data)) for who, data in folders.items()],
            repeats=REPEATS,
        )
        for name, ask in (("a squad's board", board), ("a player's own page", me))
    ]


def populated(squads: int, under: Path = CACHE) -> Path:
    """A folder with that many squads of ten, folded; made once and kept."""
    folder = under / f"squads-{squads}"
    if not folder.exists():
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        people = populate(new, squads=squads, size=SIZE, reports=REPORTS, at=AT)
        (new / "people").write_bytes(msgspec.msgpack.encode(people))
        new.rename(folder)
    settings = Settings(data_dir=str(folder))
    with (
        closing(open_log(settings)) as log,
        closing(open_store(views_path(settings))) as store,
        closing(Runner(log, store)) as runner,
    ):
        # Also when it was there: a projection may have a new version since.
        runner.catch_up()
    return folder


class Game(Struct, frozen=True):
    """What is asked, who is in it, and who is asked for."""

    models: ReadModels
    people: Population
    dice: Dice


@contextmanager
def open_game(data: Path) -> Iterator[Game]:
    """A folder's read models, at the instant to which it was made."""
    settings = Settings(data_dir=str(data))
    people = msgspec.msgpack.decode((data / "people").read_bytes(), type=Population)
    clock = Clock(people.at - Clock().now())
    with (
        closing(open_log(settings)) as log,
        closing(open_store(views_path(settings))) as store,
        closing(open_keys(settings)) as keys,
    ):
        yield Game(ReadModels(log, store, keys.open, clock), people, Dice(ASKS))


def board(data: Path) -> Figures:
    """The weeks that a squad is shown, of squads at random."""
    with open_game(data) as game:
        return _asked(partial(_board_of, game))


def me(data: Path) -> Figures:
    """A player's own page, of players at random."""
    with open_game(data) as game:
        return _asked(partial(_page_of, game))


def _board_of(game: Game) -> None:
    squad = game.dice.pick(game.people.squads)
    weeks = game.models.weeks_shown(squad)
    assert len(weeks[-1].rows) == SIZE, "everybody stands on the board"


def _page_of(game: Game) -> None:
    page = game.models.me(game.dice.pick(game.people.players))
    assert page is not None, "everybody is registered"
    assert page.handle is not None, "and has a key"


def _asked(ask: Callable[[], None]) -> Figures:
    took_ms = []
    for _ in range(ASKS):
        began = time.perf_counter()
        ask()
        took_ms.append((time.perf_counter() - began) * 1000)
    return latencies(took_ms)
