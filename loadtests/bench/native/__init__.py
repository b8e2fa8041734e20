"""The two C programs: built when needed, and the sink called with its options by name."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtests.bench.pinned import SINK_CORE, free_ports, pinned

HERE = Path(__file__).parent
BUILT = HERE.parent.parent.parent / ".cache" / "bench"
BINARY = 2
"""The opcode of a binary frame (RFC 6455)."""
COMPILER = ("gcc", "-O2", "-march=native", "-Wall", "-Wextra", "-Werror")


class Drained(Struct, frozen=True):
    """What the sink found. Times are of events published in the measured time."""

    ready: int
    errors: int
    connect_s: float
    connect_cpu_s: float
    rss_before_kib: int
    rss_connected_kib: int
    rss_end_kib: int
    seconds: float
    published: int
    deliveries: int
    in_time: int
    acks: int
    refusals: int
    lost: int
    strays: int
    frames: int
    bytes: int
    reads: int
    server_cpu_s: float
    sink_cpu_s: float
    socket_p50_ms: float
    socket_p99_ms: float
    last_p50_ms: float
    last_p99_ms: float
    last_most_ms: float
    ack_p50_ms: float
    ack_p99_ms: float
    first_refusal: str


class BenchFailed(Exception):
    """A measurement that would say nothing: somebody did not get in, or an event did not arrive."""


@contextmanager
def limit(*, is_together: bool) -> Iterator[tuple[int, int, int]]:
    """The C server; yields its pid, its port and its control port."""
    port, control = free_ports(2)
    mode = "together" if is_together else "one"
    with pinned([str(_built("limit")), str(port), str(control), mode]) as pid:
        yield pid, port, control


def sink(*flags: str, **options: object) -> Drained:
    """Run the sink; an option ``room_size=10`` is ``--room-size 10``.

    Raises:
        BenchFailed: somebody did not get in or was thrown out, or an event was lost or doubled.
    """
    arguments: list[str] = [f"--{flag}" for flag in flags]
    for name, value in options.items():
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    done = subprocess.run(
        ["taskset", "-c", str(SINK_CORE), str(_built("sink")), *arguments],
        check=True,
        stdout=subprocess.PIPE,
    )
    found = msgspec.json.decode(done.stdout, type=Drained)
    wanted = options["connections"]
    if found.ready != wanted or found.errors or found.lost or found.strays:
        raise BenchFailed(
            f"{found.ready} of {wanted} came in, {found.errors} ended, {found.lost} events lost,"
            f" {found.strays} doubled; {found.first_refusal}"
        )
    return found


class Message(Struct, frozen=True):
    """What a connection says; ``arrivals``: of a command's events, over its whole room."""

    payload: bytes
    opcode: int = BINARY
    arrivals: int = 0


def write_messages(path: Path, messages: Iterable[Sequence[Message]]) -> None:
    """For each connection its messages, as the sink reads them."""
    with path.open("wb") as file:
        for of_one in messages:
            file.write(len(of_one).to_bytes(4, "little"))
            for one in of_one:
                for number in (one.opcode, one.arrivals, len(one.payload)):
                    file.write(number.to_bytes(4, "little"))
                file.write(one.payload)


def _built(name: str) -> Path:
    """A program, compiled anew when its source is newer."""
    program, source = BUILT / name, HERE / f"{name}.c"
    newest = max(source.stat().st_mtime, (HERE / "websocket.h").stat().st_mtime)
    if not program.exists() or program.stat().st_mtime < newest:
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run([*COMPILER, "-o", str(program), str(source)], check=True)
    return program
