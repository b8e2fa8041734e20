"""Several nodes on one machine against one: deliveries and durable commands, the whole house.

Everything but the sink shares one core: the nodes, PostgreSQL and Redis. So this does not show how
many more players more machines carry, but what it costs to be many: as many figures as ``server
cores``, the nodes' own share of that core, allow. A squad's members sit at all nodes in turn, and
so do its commands come in: what a balancer does that knows no squads.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from loadtests.bench.disk import scratch
from loadtests.bench.gutsy import House, OpenHouse, house, serving
from loadtests.bench.measure import Contestant, Trial
from loadtests.bench.pinned import on_the_servers_core
from loadtests.bench.population import Population
from loadtests.bench.shapes import Shape
from loadtests.bench.sockets import by_sockets
from loadtests.bench.whole import cheered
from loadtests.cluster.postgres import postgres_server
from loadtests.cluster.redis_servers import one_redis
from server.app import keys_path, open_log
from server.commands.streams import squad_stream
from server.moving import copy_keys, export, import_log
from server.settings import Settings

REPEATS = 3
SECONDS = 2.0
CLIENTS = 64
SHAPES = ((1_000, 10, 1), (1_000, 50, 1))
"""Connections, members of a squad, events outstanding in each squad."""


def trials(scale: float = 1.0) -> list[Trial]:
    """Deliveries for each shape, and commands; ``scale`` makes each measurement longer."""
    seconds = SECONDS * scale
    shapes = [
        Shape(connections=connections, room_size=size, window=window, seconds=seconds)
        for connections, size, window in SHAPES
    ]
    opened: dict[str, OpenHouse] = {
        "one node, SQLite": house,
        "one node": partial(nodes, 1),
        "two nodes": partial(nodes, 2),
        "three nodes": partial(nodes, 3),
    }
    return [
        *(
            Trial(
                name=f"several nodes: {shape.name}",
                contestants=[
                    Contestant(name, partial(cheered, shape, one)) for name, one in opened.items()
                ],
                repeats=REPEATS,
            )
            for shape in shapes
        ),
        Trial(
            name=f"several nodes: durable commands, {CLIENTS} clients",
            contestants=[
                Contestant(name, partial(by_sockets, CLIENTS, seconds, one))
                for name, one in opened.items()
            ],
            repeats=REPEATS,
        ),
    ]


@contextmanager
def nodes(count: int, folder: Path, population: Population) -> Iterator[House]:
    """So many nodes, on a PostgreSQL with what is in a folder, and a Redis."""
    with ExitStack() as stack:
        home = stack.enter_context(scratch())
        with on_the_servers_core():
            postgres = stack.enter_context(postgres_server())
            portal = stack.enter_context(start_blocking_portal())
            redis = stack.enter_context(portal.wrap_async_context_manager(one_redis(home)))
        settings = Settings(
            data_dir=str(folder), database_url=postgres.place(), keys_url=postgres.place()
        )
        _move(folder, settings)
        with closing(open_log(settings)) as log:
            heads = log.heads([squad_stream(squad) for squad in population.squads])
        shared = {
            "GUTSY_DATABASE_URL": str(settings.database_url),
            "GUTSY_KEYS_URL": str(settings.keys_url),
            "GUTSY_REDIS_URL": redis.url,
        }
        served = []
        for number in range(count):
            own = home / f"node-{number}"
            own.mkdir()
            shutil.copy(folder / "secret", own)
            served.append(stack.enter_context(serving(own, population, shared)))
        yield House(
            pids=[pid for pid, _, _ in served],
            ports=[port for _, port, _ in served],
            control_port=served[0][2],
            folder=home / "node-0",
            population=population,
            heads=heads,
        )


def _move(folder: Path, settings: Settings) -> None:
    """A folder's log and keys into PostgreSQL; the folder stays as it is."""
    file = folder / "moved"
    export(Settings(data_dir=str(folder)), file, _quiet, is_copy=True)
    import_log(settings, file, _quiet)
    copy_keys(settings, f"sqlite:///{keys_path(Settings(data_dir=str(folder)))}", _quiet)


def _quiet(_at: int, _of: int) -> None:
    pass
