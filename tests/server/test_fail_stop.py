"""What this Gutsy cannot read it does not guess at: it does not start, or it stops and says so."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from server.edge.services import Services
from server.eventlog.log import Batch, Event
from server.eventlog.sqlite import SQLiteLog
from tests.fixtures import SCHEMA_1, copy_of, truth_of
from tests.server.serving import ending, fresh_id, serving
from tests.server.world import until

END = truth_of(SCHEMA_1).events
LINE = "was written by a newer Gutsy; this one cannot read it."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that was played in."""
    return copy_of(SCHEMA_1, tmp_path / "data")


def append(folder: Path, topic: str, state: bytes = b"\x80") -> None:
    """An event as somebody else would write it."""
    log = SQLiteLog(folder / "gutsy.db")
    log.append(Batch(events=[Event("squad-X", 1, topic, state)]))
    log.close()


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["dare.reported@9", "squad.danced@1"])
def test_a_server_does_not_start_on_a_log_that_it_cannot_read(folder: Path, topic: str) -> None:
    """It ends with 1 and one line."""
    append(folder, topic)

    assert ending("serve", folder) == (
        1,
        [f"Gutsy cannot start: Event {END + 1} of the log: {topic} {LINE}"],
    )


@pytest.mark.slow
def test_it_does_not_start_when_the_read_models_are_past_the_event(folder: Path) -> None:
    """As after going back to an older Gutsy: nobody would have noticed until somebody played."""
    append(folder, "dare.reported@9")
    views = sqlite3.connect(folder / "views.db")
    with views:
        views.execute("UPDATE positions SET seq=?", (END + 1,))
    views.close()

    assert ending("serve", folder)[0] == 1


@pytest.mark.slow
def test_verifying_names_an_event_that_cannot_be_read(folder: Path) -> None:
    """And ends with 1."""
    append(folder, "dare.reported@9")
    code, lines = ending("verify", folder)

    assert code == 1
    assert f"seq {END + 1}: dare.reported@9 {LINE}" in lines
    assert "Traceback" not in "".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gutsy.db", "keys.db", "views.db"])
def test_a_server_does_not_start_on_a_damaged_file(folder: Path, name: str) -> None:
    """It ends with 1 and one line."""
    SQLiteLog(folder / "gutsy.db").close()
    (folder / name).write_bytes(b"not a database" * 1000)
    code, lines = ending("serve", folder)

    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("Gutsy cannot start: ")
    assert lines[0].endswith("cannot be used: file is not a database.")


async def test_an_event_that_came_meanwhile_stops_projections_and_shows_in_readyz(
    tmp_path: Path,
) -> None:
    """Nothing is skipped, and whoever asks for more in that squad gets no ack."""
    async with serving(tmp_path) as served, served.guest() as maya:
        services: Services = served.services
        squad, other = await maya.squad("Owls"), await maya.squad("Larks")
        await until(lambda: services.runner.position == services.log.last_seq())
        end = services.log.last_seq()
        (head,) = services.log.heads([f"squad-{squad}"]).values()
        unknown = Event(f"squad-{squad}", head + 1, "dare.reported@9", b"\x80")
        await asyncio.to_thread(services.log.append, Batch(events=[unknown]))
        await maya.do("squad.invite", other)
        await until(lambda: services.runner.stopped)
        body = {"id": fresh_id(), "k": "squad.invite", "s": squad, "b": {}}
        answers = [await maya.http.post("/api/cmd", json=body) for _ in range(3)]
        ready = await maya.http.get("/readyz")
        alive = await maya.http.get("/healthz")

    assert {(500, "INTERNAL")} == {(a.status_code, a.json()["error"]["code"]) for a in answers}
    assert (503, end, 200) == (ready.status_code, ready.json()["position"], alive.status_code)
    assert f"roster@2 stopped at seq {end + 1}: dare.reported@9 {LINE}" in ready.json()["reasons"]
