"""Old logs come along: a real folder of schema 1 is brought up, whole or not at all."""

import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from domain.dares.events import DareReported
from domain.players.events import PlayerRegistered
from domain.room import Room, RoomFact, evolve
from domain.scoring import Outcome
from domain.squads.events import MemberJoined
from projections import ledger
from server.app import open_store, views_path
from server.eventlog import migrations
from server.eventlog.keys import Keys
from server.eventlog.log import NO_HASH, Batch, LogUnavailable, hash_of
from server.eventlog.mapper import recorded
from server.eventlog.sign_ins import Ending
from server.eventlog.sqlite import SCHEMA_VERSION, SQLiteLog
from server.secret import Purpose, load_secret
from server.settings import Settings
from server.upkeep import backup, rebuild, restore, verify
from tests.fixtures import SCHEMA_1, copy_of, truth_of

NEW_CLAIMS = ("known", "open")
TRUTH = truth_of(SCHEMA_1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder that a Gutsy of schema 1 left."""
    return copy_of(SCHEMA_1, tmp_path / "data")


def settings_of(folder: Path) -> Settings:
    """Settings for a folder."""
    return Settings(data_dir=str(folder))


def rows(folder: Path, sql: str) -> list[Any]:
    """What is in a log's file, read past the log."""
    file = sqlite3.connect(folder / "gutsy.db")
    found = file.execute(sql).fetchall()
    file.close()
    return found


def opened(folder: Path) -> None:
    """Open the log once, which brings it up."""
    SQLiteLog(folder / "gutsy.db").close()


def content(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table of a log's file."""
    tables = [name for (name,) in rows(folder, "SELECT name FROM sqlite_master WHERE type='table'")]
    return {name: rows(folder, f"SELECT * FROM {name}") for name in sorted(tables)}


def quiet(_at: int, _of: int) -> None:
    """Show no progress."""


def test_nothing_of_an_old_log_is_lost(folder: Path) -> None:
    """Its id, its heads and every column of every event."""
    columns = "seq, stream, version, topic, state, actor, command, correlation, causation"
    before = rows(folder, f"SELECT {columns} FROM events ORDER BY seq")
    log = SQLiteLog(folder / "gutsy.db")
    found = (log.log_id, log.last_seq(), log.heads(list(TRUTH.heads)), sorted(log.topics()))
    log.close()

    assert (TRUTH.log_id, TRUTH.events, TRUTH.heads, TRUTH.topics) == found
    assert before == rows(folder, f"SELECT {columns} FROM events ORDER BY seq")


def test_the_fixture_holds_every_kind_of_its_time() -> None:
    """Seventeen, all at version 1."""

    assert (17, {"1"}) == (len(TRUTH.topics), {topic.partition("@")[2] for topic in TRUTH.topics})


def test_an_old_log_is_chained_from_its_first_event_on(folder: Path) -> None:
    """As if it had been from the beginning; the next event goes on."""
    log = SQLiteLog(folder / "gutsy.db")
    previous, wrong = NO_HASH, []
    for event in log.read_all(0, 1000):
        previous = hash_of(previous, event.seq, event)
        if event.hash != previous:
            wrong.append(event.seq)
    log.close()

    assert (wrong, previous != NO_HASH) == ([], True)


def test_every_week_that_was_played_gets_a_timer(folder: Path) -> None:
    """Due at once, beside the timers of dares that were pending."""
    opened(folder)
    weeks = {(f"squad-{board['squad']}", f"week:{board['week']}", 0) for board in TRUTH.boards}

    assert weeks | set(TRUTH.timers) == set(rows(folder, "SELECT stream, key, due_at FROM timers"))


def test_kept_answers_and_claims_come_along(folder: Path) -> None:
    """Row by row."""
    queries = ("SELECT * FROM answers", f"SELECT * FROM claims WHERE kind NOT IN {NEW_CLAIMS}")
    before = [rows(folder, query) for query in queries]
    opened(folder)

    assert before == [rows(folder, query) for query in queries]
    assert len(TRUTH.refusals) == sum(is_refusal for *_, is_refusal in _answers(folder))


def test_who_is_known_where_is_claimed(folder: Path) -> None:
    """Everybody who ever joined, whether they are there or not."""
    opened(folder)
    log = SQLiteLog(folder / "gutsy.db")
    facts = recorded(log.read_all(0, 1000))
    known = {
        f"{one.fact.player}:{one.stream.removeprefix('squad-')}"
        for one in facts
        if isinstance(one.fact, MemberJoined)
    }
    log.close()

    assert {(key,) for key in known} == set(
        rows(folder, "SELECT key FROM claims WHERE kind='known'")
    )


def test_what_waits_for_somebody_is_claimed(folder: Path) -> None:
    """Every dare without an answer, an outcome or an end."""
    opened(folder)
    log = SQLiteLog(folder / "gutsy.db")
    rooms: dict[str, Room] = {}
    for one in recorded(log.read_all(0, 1000)):
        if one.stream.startswith("squad-"):
            evolve(rooms.setdefault(one.stream, Room()), cast(RoomFact, one.fact))
    log.close()
    waiting = {
        (f"{dare.target}:{dare.dare}", f"{stream.removeprefix('squad-')}:{dare.issuer}")
        for stream, room in rooms.items()
        for dare in room.dares.open_dares()
    }

    assert waiting
    assert waiting == set(rows(folder, "SELECT key, owner FROM claims WHERE kind='open'"))


def _answers(folder: Path) -> list[Any]:
    return rows(folder, "SELECT actor, is_refusal FROM answers")


def test_an_old_folder_is_in_order_once_it_is_brought_up(folder: Path) -> None:
    """Hashes, keys, and the read models that the old code left."""
    report = verify(settings_of(folder), quiet)

    assert (report.events, report.problems) == (TRUTH.events, [])


def test_what_the_old_code_showed_is_still_shown(folder: Path) -> None:
    """The main grants by player, squad and week, folded anew from the old events.

    The old code knew no other kind of entry; the issuer's share came later, by the same ruleset.
    """
    settings = settings_of(folder)
    (folder / "views.db").unlink()
    rebuild(settings, quiet)
    boards = {
        (board["squad"], board["week"], row["player"]): (
            row["score"],
            row["rejections"],
            row["reached_at"],
        )
        for board in TRUTH.boards
        for row in board["rows"]
    }

    assert ({p: xp for p, xp in TRUTH.xp.items() if xp}, boards) == by_main_grants(settings)


def by_main_grants(settings: Settings) -> tuple[dict[str, int], dict[Any, tuple[int, int, int]]]:
    """XP by player, and score, rejections and when it was reached by squad, week and player."""
    store = open_store(views_path(settings))
    xp: Counter[str] = Counter()
    boards: dict[Any, tuple[int, int, int]] = {}
    for grant in store.select(ledger.GRANTS):
        entry = grant.entry
        xp[entry.player] += entry.amount
        place = (entry.squad, grant.week, entry.player)
        score, rejections, reached_at = boards.get(place, (0, 0, 0))
        boards[place] = (
            score + entry.amount,
            rejections + (entry.outcome is Outcome.REJECTED),
            max(reached_at, entry.board_at or 0) if entry.amount else reached_at,
        )
    store.close()
    return dict(xp), boards


def test_old_words_can_still_be_read(folder: Path) -> None:
    """Handles and lines, with the folder's own keys and secret."""
    log = SQLiteLog(folder / "gutsy.db")
    keys = Keys(folder / "keys.db", load_secret(None, folder).key(Purpose.KEYS))
    facts = [one.fact for one in recorded(log.read_all(0, 1000))]
    handles = {
        str(fact.player): keys.open(fact.handle)
        for fact in facts
        if isinstance(fact, PlayerRegistered)
    }
    lines = {
        str(fact.dare): keys.open(fact.line)
        for fact in facts
        if isinstance(fact, DareReported) and fact.line is not None
    }
    keys.close()
    log.close()

    assert (TRUTH.handles, TRUTH.lines) == (handles, lines)


def test_a_log_that_is_up_to_date_is_left_as_it_is(folder: Path) -> None:
    """Opened a second time."""
    opened(folder)
    before = content(folder)
    opened(folder)

    assert before == content(folder)


def test_an_old_log_ends_with_the_tables_of_a_new_one(folder: Path, tmp_path: Path) -> None:
    """Column by column, index by index."""
    opened(folder)
    SQLiteLog(tmp_path / "gutsy.db").close()
    question = (
        'SELECT m.type, m.name, m.tbl_name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m'
        " LEFT JOIN pragma_table_info(m.name) c ORDER BY 1, 2, c.cid"
    )

    assert rows(tmp_path, question) == rows(folder, question)
    assert [(str(SCHEMA_VERSION),)] == rows(folder, "SELECT value FROM about WHERE name='schema'")


def test_what_cannot_be_brought_up_stays_as_it_was(folder: Path) -> None:
    """Every row and every table, and the error names the event."""
    file = sqlite3.connect(folder / "gutsy.db")
    with file:
        file.execute(
            "UPDATE events SET state=x'c1' WHERE seq="
            "(SELECT max(seq) FROM events WHERE topic='dare.reported@1')"
        )
    file.close()
    before = content(folder)
    with pytest.raises(LogUnavailable, match="Event 96 cannot be read"):
        SQLiteLog(folder / "gutsy.db")

    assert before == content(folder)


DIE_HALF_WAY = """
import os, sys
from pathlib import Path
from server.eventlog import migrations
from server.eventlog.sqlite import SQLiteLog

def die(previous, seq, event, right=migrations.hash_of):
    if seq == 50:
        os._exit(9)
    return right(previous, seq, event)

migrations.hash_of = die
SQLiteLog(Path(sys.argv[1]))
"""


def test_a_log_whose_migration_was_killed_can_be_brought_up_again(folder: Path) -> None:
    """Half way is as before: one transaction."""
    before = content(folder)
    program = [sys.executable, "-c", DIE_HALF_WAY, str(folder / "gutsy.db")]
    killed = subprocess.run(program, check=False).returncode
    after = content(folder)
    opened(folder)

    assert (9, before) == (killed, after)
    assert verify(settings_of(folder), quiet).problems == []


def test_a_backup_of_an_old_log_can_be_restored(folder: Path, tmp_path: Path) -> None:
    """It is brought up when it is opened."""
    backup(settings_of(folder), tmp_path / "backup.db", quiet)
    other = settings_of(copy_of(SCHEMA_1, tmp_path / "other"))
    restore(other, tmp_path / "backup.db", quiet)
    log = SQLiteLog(other.data_path / "gutsy.db")
    found = (log.last_seq(), log.log_id != TRUTH.log_id)
    log.append(Batch())
    log.close()

    assert (TRUTH.events, True) == found


def test_a_log_of_schema_2_gets_room_for_sign_ins(folder: Path) -> None:
    """And every row that it had stays."""
    file = sqlite3.connect(folder / "gutsy.db", isolation_level=None)
    file.execute("BEGIN")
    migrations.bring_up(file, 1, 2)
    file.execute("COMMIT")
    file.close()
    before = content(folder)
    opened(folder)
    after = content(folder)

    assert [("log_id", TRUTH.log_id), ("schema", "3")] == after.pop("about")
    assert {**before, "links": [], "endings": []} == {**after, "about": before["about"]}


def test_an_old_log_keeps_sign_ins_once_it_is_brought_up(folder: Path) -> None:
    """As a new one does."""
    ending = Ending(player="maya", sign_in="phone", at=1, until=2)
    log = SQLiteLog(folder / "gutsy.db")
    log.sign_ins.end(ending)
    log.close()
    log = SQLiteLog(folder / "gutsy.db")
    found = log.sign_ins.endings()
    log.close()

    assert [ending] == found
