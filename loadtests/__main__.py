"""``make load``: have Locust play a scenario against a server in a folder of its own, and judge."""

import subprocess
import sys
from pathlib import Path

import click

from loadtests.node import free_port

SCENARIOS = Path(__file__).with_name("scenarios")
NAMES = [path.stem.replace("_", "-") for path in sorted(SCENARIOS.glob("[a-z]*.py"))]
COME_IN_PER_S = 50
"""As many as come in while a server that is busy accepts at most 128 connections at a time."""
STOP_S = 2
"""For what a player is doing when the end comes."""


@click.command()
@click.option(
    "--scenario", type=click.Choice([*NAMES, "all"]), default="squad-evening", show_default=True
)
@click.option("--players", default=50, show_default=True, help="Players, mostly in squads of ten.")
@click.option("--seconds", default=30.0, show_default=True, help="How long they play.")
@click.option("--workers", default=0, help="Locust processes with players, beside one that leads.")
@click.option("--report", type=click.Path(path_type=Path), help="Write Locust's HTML report here.")
@click.option("--host", help="Play at this address, not against a server of our own.")
def main(
    *,
    scenario: str,
    players: int,
    seconds: float,
    workers: int,
    report: Path | None,
    host: str | None,
) -> None:
    """Many players at once over real sockets; every event of each is compared in the end."""
    names = NAMES if scenario == "all" else [scenario]
    codes = []
    for name in names:
        print(f"{name}: {players} players", flush=True)
        command = [
            *(sys.executable, "-m", "locust", "--headless", "--only-summary"),
            *("-f", str(SCENARIOS / f"{name.replace('-', '_')}.py")),
            *("--users", str(players), "--spawn-rate", str(COME_IN_PER_S)),
            *("--seconds", str(seconds), "--stop-timeout", str(STOP_S)),
        ]
        if workers:
            port = str(free_port())
            command += ["--processes", str(workers)]
            command += ["--master-port", port, "--master-bind-port", port]
        if host is not None:
            command += ["--host", host]
        if report is not None:
            own = report if len(names) == 1 else report.with_stem(f"{report.stem}-{name}")
            command += ["--html", str(own)]
        codes.append(subprocess.run(command, check=False).returncode)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
