"""The composition root: the only module that chooses adapters and puts the parts together."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from domain.ids import PlayerId
from projections.stores.postgres import PostgresStore
from projections.stores.sqlite import SQLiteStore
from projections.stores.store import Store, StoreError
from server.bus.bus import MemoryBus
from server.bus.links import Links
from server.clock import Clock
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.timers import Timers
from server.edge.auth import Auth
from server.edge.endings import Endings
from server.edge.http import make_http
from server.edge.http_connection import GutsyHttp
from server.edge.intake import Intake
from server.edge.outbox import Outbox
from server.edge.rates import CallRates
from server.edge.requests import Requests
from server.edge.services import AppState, Services
from server.edge.sessions import Sessions
from server.edge.sign_ins import SignIns
from server.edge.socket import GutsySocket
from server.edge.unfinished import Unfinished
from server.eventlog.key_tables import KeyTable, SQLiteKeyTable
from server.eventlog.keys import Keys, KeysError
from server.eventlog.log import IDLE_KEPT_MS, ISSUE_KEPT_MS, Log, LogError
from server.eventlog.mapper import refuse_newer
from server.eventlog.postgres import PostgresLog
from server.eventlog.postgres_keys import PostgresKeyTable
from server.eventlog.sqlite import SQLiteLog
from server.live.elsewhere import Elsewhere
from server.live.hub import Hub
from server.live.presence import Presence
from server.live.read_models import ReadModels
from server.live.views import BATTLE, ME, WEEK, Views
from server.logs import problems_counted
from server.metrics import Metrics, Readings
from server.nodes import Nodes
from server.pauses import rare_pauses, search_all
from server.reactions import Reactions
from server.runner import Runner
from server.secret import Purpose, load_secret
from server.settings import Settings, is_postgres

logger = logging.getLogger(__name__)

CLIENT = Path(__file__).parent.parent / "clients" / "web" / "dist"
SHUTDOWN_S = 5
LOOK_MS = 50
"""How often a server that drains looks whether all have left."""
BACKLOG = 128
"""Connections accepted in one turn of the loop: more would starve those that are live."""
HOUSEKEEPING_S = 600.0
POLL_S = 0.1
"""How often a node looks for what others have written, to fold it and to show what was folded."""

Progress = Callable[[int, int], None]


UNABLE = (LogError, KeysError, StoreError, OSError)
"""What can be said in a sentence: nobody needs a traceback for it."""


class Server(uvicorn.Server):
    """uvicorn's server, which lets its players move on before it ends.

    On SIGTERM it drains: ``/readyz`` says so, nobody comes in any more, whoever is here is told and
    served until they have left or ``drain_ms`` are over. Then, and on Ctrl+C or a second signal at
    once, uvicorn's own way: what is under way is answered, and every socket gets its 1012.
    """

    refusal: Exception | None = None
    """Why it did not start, where that can be said in a sentence."""
    _is_hurried = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would wait for nothing after a second Ctrl+C, and in the end raise the signal
        # anew and die by it: here the wait has its limits, and to end when asked is exit code 0.
        self._is_hurried = sig == signal.SIGINT or self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        services: Services = self.lifespan.state["services"]
        drain_ms = 0 if self._is_hurried else services.settings.drain_ms
        services.sessions.drain(drain_ms)
        for _ in range(0, drain_ms, LOOK_MS):
            if not services.sessions or self._is_hurried:
                break
            await asyncio.sleep(LOOK_MS / 1000)
        await super().shutdown(sockets)


def make_server(
    settings: Settings, progress: Progress = lambda _at, _of: None, *, client: Path = CLIENT
) -> Server:
    """The server, ready to run. Opens the log at start-up, not here.

    Args:
        settings: what can be set.
        progress: is told how far the log is read.
        client: the folder of the built web client.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[AppState]:
        try:
            async with running(settings, progress) as services:
                yield {"services": services}
        except UNABLE as error:
            server.refusal = error
            raise

    config = uvicorn.Config(
        Requests(make_http(lifespan, client)),
        host=settings.host,
        port=settings.port,
        http=GutsyHttp,
        ws=GutsySocket,
        lifespan="on",
        backlog=BACKLOG,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    server = Server(config)
    return server


@asynccontextmanager
async def running(settings: Settings, progress: Progress) -> AsyncIterator[Services]:
    """Every part, put together and running; on leaving, stopped in the opposite order."""
    settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = Clock(settings.clock_offset_ms)
    secret = load_secret(settings.secret, settings.data_path)
    async with AsyncExitStack() as stack:
        stack.enter_context(rare_pauses())
        log = open_log(settings)
        stack.callback(log.close)
        refuse_newer(log.topics())
        keys = open_keys(settings)
        stack.callback(keys.close)
        store = open_views(settings)
        stack.callback(store.close)
        tools = Tools(clock, keys, secret, settings.ruleset)
        metrics = Metrics()
        links = open_links(settings, log, tools, metrics)
        rates = None if links is None else links.rates
        commands = GroupCommit(log, keys, tools, settings.queue_limit, metrics.commits)
        stack.callback(commands.close)
        runner = Runner(log, store, POLL_S if log.is_shared else None)
        stack.callback(runner.close)
        await asyncio.to_thread(runner.catch_up, progress)
        models = ReadModels(log, store, keys.open, clock)
        heads_poll_s = settings.heads_poll_ms / 1000
        hub = Hub(log, keys.open, heads_poll_s, metrics.live)
        stack.push_async_callback(hub.close)
        views = Views(hub, models, lambda: runner.position, metrics.live)
        stack.callback(views.close)
        presence = Presence(hub, clock)
        commands.on_commit(hub.publish)
        commands.on_commit(runner.notify)
        runner.on_change(views.note)
        sessions = Sessions(settings, clock)
        endings = Endings(log.sign_ins.endings())
        auth = Auth(secret, clock, endings)
        sign_ins = SignIns(
            log, tools, settings, auth=auth, endings=endings, sessions=sessions, shared=rates
        )
        timers = Timers(log, commands, clock)
        reactions = Reactions(log, commands, keys, clock, _forgetting(sessions, hub, views))
        commands.on_commit(reactions.notify)
        work = [
            commands.run(),
            runner.run(),
            views.run(),
            presence.run(),
            hub.run(),
            sessions.run(),
            timers.run(),
            reactions.run(),
            _keep_house(log, clock, sign_ins),
        ]
        elsewhere = None
        if links is not None or log.is_shared:
            bus = MemoryBus() if links is None else links.bus  # nobody to tell: only looks
            nodes = Nodes(
                bus,
                hub,
                runner,
                react=lambda: reactions.notify(()),
                look_at_endings=sign_ins.look,
                poll_s=heads_poll_s,
            )
            commands.on_commit(nodes.committed)
            sign_ins.on_end(nodes.ended)
            work += [bus.run(), nodes.run()]
        if links is not None:
            elsewhere = Elsewhere(presence, hub, links.bus, links.leases, clock)
            work.append(elsewhere.run())
        failed: list[str] = []
        tasks = [_watched(one, failed) for one in work]
        stack.push_async_callback(_stop, tasks)
        if elsewhere is not None:
            stack.push_async_callback(elsewhere.close)
        stack.enter_context(problems_counted(metrics.problems))
        services = Services(
            settings=settings,
            clock=clock,
            log=log,
            tools=tools,
            commands=commands,
            runner=runner,
            models=models,
            hub=hub,
            views=views,
            presence=presence,
            auth=auth,
            intake=Intake(commands, tools, settings, clock, metrics.edge, shared=rates),
            sessions=sessions,
            outbox=Outbox(),
            rates=CallRates(settings, clock, rates),
            sign_ins=sign_ins,
            metrics=metrics,
            unfinished=Unfinished(settings),
            failed=failed,
            bus=None if links is None else links.bus,
        )
        metrics.read(_readings(services, reactions, timers))
        yield services


def log_path(settings: Settings) -> Path:
    """Where the event log is, unless it is in PostgreSQL."""
    return _path(settings.database_url, settings, "gutsy.db")


def views_path(settings: Settings) -> Path:
    """Where the read models are, unless they are in PostgreSQL; they can be made anew."""
    return settings.data_path / "views.db"


def keys_path(settings: Settings) -> Path:
    """Where the keys of personal text are, unless they are in PostgreSQL."""
    return key_path(settings, settings.keys_url)


def key_path(settings: Settings, url: str | None) -> Path:
    """Where a table of keys is, unless it is in PostgreSQL."""
    return _path(url, settings, "keys.db")


def open_key_table(settings: Settings, url: str | None) -> KeyTable:
    """A table of keys, those in use or others; made if need be."""
    return PostgresKeyTable(url) if is_postgres(url) else SQLiteKeyTable(key_path(settings, url))


def open_keys(settings: Settings) -> Keys:
    """The keys of personal text, under the secret."""
    secret = load_secret(settings.secret, settings.data_path)
    return Keys(open_key_table(settings, settings.keys_url), secret.key(Purpose.KEYS))


def open_log(settings: Settings) -> Log:
    """The event log; in a file it is for this process alone."""
    url = settings.database_url
    return PostgresLog(url) if is_postgres(url) else SQLiteLog(log_path(settings))


def open_views(settings: Settings) -> Store:
    """The read models in use: with the log in PostgreSQL, or in a file of their own."""
    url = settings.database_url
    return PostgresStore(url) if is_postgres(url) else open_store(views_path(settings))


def open_store(path: Path, *, is_draft: bool = False) -> Store:
    """A store of read models; a draft is thrown away should anything come between."""
    return SQLiteStore(path, is_draft=is_draft)


def open_links(settings: Settings, log: Log, tools: Tools, metrics: Metrics) -> Links | None:
    """The ways to the other nodes; None for one that is alone."""
    if settings.redis_url is None:
        return None
    from server.bus.redis_links import redis_links  # noqa: PLC0415 it says why

    # By the log's id: of two games on one Redis neither hears the other.
    return redis_links(
        settings.redis_url,
        log.log_id,
        tools.clock,
        metrics.bus,
        lambda address: tools.claim_key(f"rate {address}"),
    )


def _forgetting(sessions: Sessions, hub: Hub, views: Views) -> Callable[[PlayerId], None]:
    """What is live forgets somebody who was erased."""

    def forget(player: PlayerId) -> None:
        sessions.end(player)
        for squad in hub.forget(player):
            views.refresh((WEEK, squad))
            views.refresh((BATTLE, squad))
            for outlet in hub.followers(squad):
                views.refresh((ME, outlet.player))

    return forget


def _readings(services: Services, reactions: Reactions, timers: Timers) -> Readings:
    """What the metrics read when somebody asks."""
    log, keys, hub = services.log, services.tools.keys, services.hub
    commands, runner = services.commands, services.runner
    return Readings(
        log_id=log.log_id,
        queue=lambda: commands.waiting_count,
        head=lambda: _head(log),
        positions=lambda: runner.positions,
        stopped=lambda: runner.stopped,
        failing=lambda: {
            "commands": commands.failure is not None,
            "log": log.failure is not None,
            "keys": keys.failure is not None,
            "projections": runner.trouble is not None,
            "reactions": reactions.is_failing,
            "bus": services.bus is not None and services.bus.failure is not None,
        },
        ended=lambda: len(services.failed),
        overdue_s=lambda: timers.overdue_ms / 1000,
        sockets=lambda: len(services.sessions),
        players=lambda: len(hub.outlets),
        rooms=lambda: hub.room_count,
        bytes=lambda: _sizes(services.settings),
    )


def _head(log: Log) -> int | None:
    try:
        return log.last_seq()
    except LogError:
        return None


def _sizes(settings: Settings) -> dict[str, int]:
    """The bytes of each database on this disk."""
    paths = {"log": log_path(settings), "keys": keys_path(settings), "views": views_path(settings)}
    if is_postgres(settings.database_url):
        del paths["log"], paths["views"]
    if is_postgres(settings.keys_url):
        del paths["keys"]
    return {
        name: sum(_size(path.with_name(path.name + suffix)) for suffix in ("", "-wal", "-shm"))
        for name, path in paths.items()
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # SQLite has just taken it away
        return 0


async def _keep_house(log: Log, clock: Clock, sign_ins: SignIns) -> None:
    """Drop what is kept only for a while."""
    while True:
        now = clock.now()
        try:
            await asyncio.to_thread(
                log.forget,
                idle_before=now - IDLE_KEPT_MS,
                issues_before=now - ISSUE_KEPT_MS,
            )
            await sign_ins.forget()
        except LogError:
            logger.exception("what is old could not be dropped")
        search_all()
        await asyncio.sleep(HOUSEKEEPING_S)


def _watched(work: Coroutine[Any, Any, None], failed: list[str]) -> asyncio.Task[None]:
    """A task that is to run for ever: should it end by itself, ``/readyz`` says so."""

    def note(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            failed.append(task.get_name())
            logger.error("%s has ended", task.get_name(), exc_info=task.exception())

    task = asyncio.create_task(work, name=getattr(work, "__qualname__", "a task"))
    task.add_done_callback(note)
    return task


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _path(url: str | None, settings: Settings, name: str) -> Path:
    return settings.data_path / name if url is None else Path(url.removeprefix("sqlite:///"))
