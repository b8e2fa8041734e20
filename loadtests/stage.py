"""The stage: starts the game, calls out what all are to do at one instant, and judges in the end.

It is in the process that leads: the only one, or Locust's master; what is said to the players goes
by Locust's messages, so that it is the same with workers. A scenario hands itself to ``present``.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from queue import Queue
from typing import Any

import gevent
from gevent.pool import Pool
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner
from msgspec import Struct, field, to_builtins

from loadtests.game import Game
from loadtests.players import Player, evening

logger = logging.getLogger(__name__)

GATHER_S = 180.0
LOOK_S = 0.1
COMPARE_S = 600.0
COMPARED_AT_ONCE = 10
SHOWN = 20
"""Differences that are printed."""


class Scenario(Struct, frozen=True, kw_only=True):
    """A scenario as the stage knows it.

    ``conduct`` runs in the process that leads, once there is a game, until all has been played.
    ``needs`` is what must have happened (``Evening.done``): a run in which nothing did proves
    nothing. ``settings`` are the server's own, if it is ours; ``is_ours_only``: it has to be.
    """

    conduct: Callable[["Stage"], None]
    needs: tuple[str, ...]
    settings: Mapping[str, str] = {}
    is_ours_only: bool = False


class Account(Struct):
    """What the players of a process have found, in one comparison."""

    players: int = 0
    squads: int = 0
    wrong: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    busy_s: float = 0.0
    """Seconds of a core that the process took while all played."""
    answered: int = 0
    """Commands in that time."""
    delivered: int = 0
    """Events of theirs that came to somebody in that time."""


class Stage:
    """What the scenario's ``conduct`` works with."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        options = environment.parsed_options
        assert options is not None, "Locust was started with a command line"
        self.environment = environment
        self.seconds: float = options.seconds
        self.players: int = options.num_users or 1
        self._scenario = scenario
        self._here = 0
        self._processes = 1
        """With players."""
        self._accounts: Queue[Account] = Queue()
        self._began_at = self._seconds = self._served_s = self._server_s = 0.0
        self._game: Game | None = None
        if environment.host is None:
            self._game = Game(**scenario.settings)
            self._game.start()
            environment.host = self._game.url
        elif scenario.is_ours_only:
            raise RuntimeError("this scenario starts and stops the server: it has to be our own")

    @property
    def has_own_game(self) -> bool:
        """Whether the server is our own, to be stopped and started."""
        return self._game is not None

    @property
    def game(self) -> Game:
        """The server, where it is our own."""
        assert self._game is not None, "checked at the start"
        return self._game

    def wait_until_all_are_here(self) -> None:
        """Return when every player has come in and sat down.

        Raises:
            RuntimeError: one could not.
        """
        runner = self.environment.runner
        assert runner is not None, "Locust has made it"

        def are_here() -> bool:
            if runner.exceptions:
                raise RuntimeError("a player could not come in")
            return self._here >= self.players

        self.wait_until(are_here, "not all players came in")

    def wait_until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to be so.

        Raises:
            TimeoutError: it was not, for a long time; that says ``otherwise``.
        """
        until = time.monotonic() + GATHER_S
        while not is_so():
            if time.monotonic() > until:
                raise TimeoutError(otherwise)
            gevent.sleep(LOOK_S)

    def cue(self, name: str) -> None:
        """Call something out, to all players of all processes."""
        self._send("cue", name)

    def play(self, *cues: str) -> None:
        """Call out what they are to do, and let them play for as long as was asked for."""
        self.begin()
        for name in cues:
            self.cue(name)
        self.sleep(self.seconds)
        self.end()

    def begin(self) -> None:
        """From here on it counts how busy everybody is."""
        self._served_s = self._game.busy_s() if self._game else 0.0
        self._began_at = time.monotonic()
        self.cue("begin")

    def end(self) -> None:
        """Up to here; what is under way is finished."""
        self.cue("end")
        self._seconds = time.monotonic() - self._began_at
        self._server_s = (self._game.busy_s() if self._game else 0.0) - self._served_s

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        gevent.sleep(seconds)

    def run(self) -> None:
        """The whole run; Locust's exit code says how it went."""
        runner = self.environment.runner
        assert runner is not None, "Locust has made it"
        try:
            self.environment.process_exit_code = 1 if self._run(runner) else 0
        except Exception:
            logger.exception("the run could not be judged")
        finally:
            runner.quit()

    def _run(self, runner: Runner) -> list[str]:
        problems: list[str] = []
        try:
            self._scenario.conduct(self)
        except Exception as error:
            logger.exception("the scenario broke off")
            problems.append(f"{type(error).__name__}: {error}")
        self._stop(runner)
        found = self._compare(is_rebuilt=False)
        problems += found.wrong
        if self._game is not None:
            problems += self._compare_rebuilt(self._game)
        missing = [what for what in self._scenario.needs if not found.done.get(what)]
        problems += [f"{what}: never happened" for what in missing]
        problems += [
            f"{error.method} {error.name}: {error.error}" for error in runner.errors.values()
        ]
        problems += [str(row["msg"]) for row in runner.exceptions.values()]
        if found.players != self.players:
            problems.append(f"{found.players} players of {self.players} came in")
        self._tell(found, problems)
        return problems

    def remove_game(self) -> None:
        """Take our own server away."""
        if self._game is not None:
            self._game.remove()

    def heard_here(self, _: object) -> None:
        """A player is there."""
        self._here += 1

    def heard_compared(self, account: dict[str, Any]) -> None:
        """A process has compared its players."""
        self._accounts.put(Account(**account))

    def _stop(self, runner: Runner) -> None:
        """Have every player finish; Locust's workers are gone for a while after that."""
        if isinstance(runner, MasterRunner):
            self._processes = runner.worker_count
        runner.stop()
        if isinstance(runner, MasterRunner):
            self.wait_until(lambda: runner.worker_count == self._processes, "a worker was lost")

    def _compare_rebuilt(self, game: Game) -> list[str]:
        """The same again with a server whose read models were made anew from the log."""
        game.stop()
        problem = game.rebuild()
        game.start()
        found = self._compare(is_rebuilt=True).wrong
        return ([problem] if problem else []) + [f"rebuilt: {line}" for line in found]

    def _compare(self, is_rebuilt: bool) -> Account:
        """What all processes have found."""
        total, done = Account(), Counter[str]()
        self._send("compare", is_rebuilt)
        for _ in range(self._processes):
            account = self._accounts.get(timeout=COMPARE_S)
            total.players += account.players
            total.squads += account.squads
            total.wrong += account.wrong
            total.busy_s += account.busy_s
            total.answered += account.answered
            total.delivered += account.delivered
            done += Counter(account.done)
        total.done = dict(done)
        return total

    def _send(self, kind: str, data: object) -> None:
        assert self.environment.runner is not None, "Locust has made it"
        self.environment.runner.send_message(kind, data)

    def _tell(self, total: Account, problems: list[str]) -> None:
        for line in problems[:SHOWN]:
            print(line)
        done = dict(total.done)
        delivered = done.pop("delivered", 0)
        done.pop("answered", 0)
        print(f"done: {', '.join(f'{what} {count:,}' for what, count in sorted(done.items()))}")
        seconds = self._seconds
        if seconds:
            server = f", the server {self._server_s / seconds:.0%}" if self._game else ""
            print(
                f"while all played ({seconds:.0f} s): {total.answered / seconds:,.0f} commands/s,"
                f" {total.delivered / seconds:,.0f} deliveries/s; busy, of a core: Locust"
                f" {total.busy_s / seconds:.0%}{server}"
            )
        where = "the log and its rebuild" if self._game else "the server"
        print(
            f"check: {total.players} players, {total.squads} squads, {delivered:,} deliveries,"
            f" {len(problems)} differences from {where}"
        )


class Figures(Struct, frozen=True):
    """What a process has done up to an instant, or between two."""

    busy_s: float = 0.0
    answered: int = 0
    delivered: int = 0

    @classmethod
    def now(cls) -> "Figures":
        """Up to now."""
        done = evening.done
        return cls(time.process_time(), done["answered"], done["delivered"])

    def since(self, before: "Figures") -> "Figures":
        """From another instant on."""
        return Figures(
            self.busy_s - before.busy_s,
            self.answered - before.answered,
            self.delivered - before.delivered,
        )


class Wings:
    """What a process with players does when the stage says something."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._began = self._took = Figures()

    def cued(self, name: str) -> None:
        """Tell every player, and wake whoever waits for it."""
        if name == "begin":
            self._began = Figures.now()
        if name == "end":
            self._took = Figures.now().since(self._began)
        evening.cue(name).set()
        for player in list(evening.players):
            player.cued(name)

    def compare(self, is_rebuilt: bool) -> None:
        """Compare every player, and report to the stage."""
        if not is_rebuilt:
            Pool(COMPARED_AT_ONCE).map(lambda player: player.come_to_rest(), evening.players)
        done = Counter(evening.done)
        for player in evening.players:
            feeds = player.client.known.feeds.values()
            done["began with a snapshot"] += sum(feed.snapshot is not None for feed in feeds)
            done.update({f"closed {code}": n for code, n in player.client.closes.items()})
            done["moved"] += player.client.moves
        found = Pool(COMPARED_AT_ONCE).imap(
            lambda player: _differences(player, is_rebuilt), list(evening.players)
        )
        account = Account(
            players=len(evening.players),
            squads=len(evening.tables),
            wrong=[line for lines in found for line in lines],
            done=dict(done),
            busy_s=self._took.busy_s,
            answered=self._took.answered,
            delivered=self._took.delivered,
        )
        assert self._environment.runner is not None, "Locust has made it"
        self._environment.runner.send_message("compared", to_builtins(account))


def present(scenario: Scenario) -> None:
    """Have Locust play a scenario. Called once, by the file that Locust was given."""

    @events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust types it not
    def add_options(parser: LocustArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=30, help="How long all play.")

    @events.init.add_listener  # type: ignore[untyped-decorator]  # the same
    def set_up(environment: Environment, **_: object) -> None:
        runner = environment.runner
        assert runner is not None, "Locust has made it"
        wings = Wings(environment)
        hears: dict[str, Callable[[Any], None]] = {"cue": wings.cued, "compare": wings.compare}
        if not isinstance(runner, WorkerRunner):
            # Until the end has shown that all is well.
            environment.process_exit_code = 1
            stage = Stage(environment, scenario)
            events.quitting.add_listener(lambda **_: stage.remove_game())  # type: ignore[no-untyped-call]  # locust's
            hears |= {"here": stage.heard_here, "compared": stage.heard_compared}
            gevent.spawn(stage.run)
        for kind, listener in hears.items():
            runner.register_message(kind, _hearing(listener), concurrent=True)


def _hearing(listener: Callable[[Any], None]) -> Callable[..., None]:
    return lambda environment, msg: listener(msg.data)


def _differences(player: Player, is_rebuilt: bool) -> list[str]:
    try:
        found = player.differences(is_rebuilt)
        if not is_rebuilt:
            # What it knows stays as it is: the rebuilt server would push its own views.
            player.client.close()
    except Exception as error:
        logger.exception("a player could not be compared")
        found = [f"{type(error).__name__}: {error}"]
    return [f"{player.client.player}: {line}" for line in found]
