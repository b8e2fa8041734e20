"""Moving a log between databases: nothing is lost, nothing is there twice, and play goes on."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from loadtests.cluster.postgres import Postgres
from server import upkeep
from server.app import open_log
from server.cli import main
from server.eventlog.export_file import BadFile, frames
from server.eventlog.log import (
    Answer,
    Batch,
    Claim,
    Event,
    LogClosed,
    LogConflict,
    LogError,
    LogInUse,
    LogUnavailable,
    Position,
    Timer,
)
from server.eventlog.raw import LINKS, TABLES
from server.eventlog.sign_ins import Ending
from server.moving import export, import_log, reopen
from server.settings import Settings
from tests.server.moved import (
    EVENTS,
    KINDS,
    Places,
    about,
    boards,
    content,
    copied,
    played,
    quiet,
    raw_log,
)

pytestmark = pytest.mark.slow


class Cut(BaseException):
    """The end of a process, as far as the process itself can see."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A game that was played, at rest; not to be changed."""
    return played(tmp_path_factory.mktemp("played") / "data")


@pytest.fixture(scope="module")
def whole(original: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as a file; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    export(copied(original, folder / "data"), folder / "whole", quiet)
    return folder / "whole"


@pytest.fixture
def places(tmp_path: Path, postgres: Postgres) -> Places:
    """Empty places of this test's own."""
    return Places(tmp_path, postgres)


@pytest.fixture(params=KINDS)
def game(
    request: pytest.FixtureRequest, original: Settings, whole: Path, places: Places, tmp_path: Path
) -> Settings:
    """The game in a database of each kind, to be spoilt."""
    if request.param == "sqlite":
        return copied(original, tmp_path / "data")
    settings = places.empty("postgres", keys_of=original)
    import_log(settings, whole, quiet)
    return settings


def gutsy(settings: Settings, *arguments: str) -> Result:
    """The command line, with these settings."""
    environment = {"GUTSY_DATA_DIR": settings.data_dir, "GUTSY_PORT": "0"}
    if settings.database_url is not None:
        environment["GUTSY_DATABASE_URL"] = settings.database_url
    if settings.keys_url is not None:
        environment["GUTSY_KEYS_URL"] = settings.keys_url
    return CliRunner().invoke(main, [*arguments], env=environment)


def cut_after(calls: int) -> Callable[[int, int], None]:
    """Progress that ends everything when it is told of for so many times."""
    left = iter(range(calls))

    def progress(_at: int, _of: int) -> None:
        if next(left, None) is None:
            raise Cut

    return progress


def half_filled(place: Settings, whole: Path) -> None:
    """An import that was cut off when some of its frames were in."""
    with whole.open("rb") as file:
        checked = sum(1 for _ in frames(file, whole))
    with pytest.raises(Cut):
        import_log(place, whole, cut_after(checked + 5))


def test_a_log_is_the_same_wherever_it_is_moved_to(
    original: Settings, whole: Path, places: Places, tmp_path: Path
) -> None:
    """SQLite, PostgreSQL, SQLite: every row of every table, the id, and the file to the byte."""
    there, back = (places.empty(kind, keys_of=original) for kind in KINDS)
    import_log(there, whole, quiet)
    in_postgres = (content(there), about(there))
    export(there, tmp_path / "second", quiet)
    import_log(back, tmp_path / "second", quiet)
    in_sqlite = (content(back), about(back))
    export(back, tmp_path / "third", quiet)
    expected = (content(original), about(original))

    assert expected == in_postgres == in_sqlite
    assert {name for name, rows in expected[0].items() if rows} == {t.name for t in TABLES}
    assert len(expected[0]["events"]) >= EVENTS
    assert whole.read_bytes() == (tmp_path / "second").read_bytes()
    assert whole.read_bytes() == (tmp_path / "third").read_bytes()


def test_every_board_is_the_same_after_a_move(game: Settings, original: Settings) -> None:
    """Made anew from what came over; and everything is in order there."""
    rebuilt = upkeep.rebuild(game, quiet).problems
    verified, expected = upkeep.verify(game, quiet), upkeep.verify(original, quiet)

    assert ([], expected) == (rebuilt, verified)
    assert boards(original) == boards(game)
    assert sum(map(len, boards(game).values())) == expected.rows > 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_is_in_order_before_its_boards_are_made(
    kind: str, original: Settings, whole: Path, places: Places
) -> None:
    """Right after the import; what was folded there from another log is gone."""
    place = places.empty(kind, keys_of=original)
    if kind == "sqlite":
        shutil.copy(original.data_path / "views.db", place.data_path / "views.db")
    import_log(place, whole, quiet)

    assert upkeep.verify(place, quiet).problems == []
    assert [] == [name for name, rows in boards(place).items() if rows]


def test_what_was_moved_is_closed(game: Settings, tmp_path: Path) -> None:
    """Nobody can go on with it by accident: its id is the file's now."""
    export(game, tmp_path / "file", quiet)
    results = [gutsy(game, name) for name in ("serve", "verify")]

    with pytest.raises(LogClosed, match="was moved"):
        open_log(game)
    assert [1, 1] == [result.exit_code for result in results]
    assert "gutsy reopen" in results[1].output


def test_a_node_that_is_up_writes_nothing_to_what_was_moved(
    original: Settings, whole: Path, places: Places, tmp_path: Path
) -> None:
    """It looked long ago whether the log is open: the database refuses, whatever it writes."""
    place = places.empty("postgres", keys_of=original)
    import_log(place, whole, quiet)
    node = open_log(place)
    before = content(place)
    export(place, tmp_path / "file", quiet)
    for write in (
        lambda: node.append(Batch()),
        lambda: node.append(Batch(positions=[Position("someone", 9)])),
        lambda: node.sign_ins.end(Ending(player="p", sign_in="s", at=1, until=2)),
        lambda: node.forget(idle_before=1 << 60, issues_before=1 << 60),
    ):
        with pytest.raises(LogUnavailable, match="this log is closed"):
            write()
    node.close()

    assert before == content(place)


def test_a_move_waits_for_whoever_is_writing(
    original: Settings, whole: Path, places: Places, tmp_path: Path
) -> None:
    """Of many nodes, each in the middle of something: all that was answered is in the file."""
    place, back = (places.empty(kind, keys_of=original) for kind in KINDS)
    import_log(place, whole, quiet)
    written: list[str] = []
    refused: list[str] = []

    def write(number: int) -> None:
        node = open_log(place)
        for at in count():
            key = f"{number}-{at}"
            batch = Batch(
                events=[Event(key, 1, "squad.renamed@1", b"state")],
                answers=[
                    Answer(
                        actor="maya",
                        command=key,
                        digest=b"d",
                        body=b"{}",
                        is_refusal=False,
                        at=1,
                        last=0,
                    )
                ],
                claims=[Claim("seat", key, "maya", 1)],
                timers=[Timer(key, "week", 1)],
            )
            try:
                node.append(batch)
            except LogUnavailable as error:
                refused.append(str(error))
                break
            written.append(key)
        node.close()

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + 60
    while len(written) < 40:
        assert refused == []
        assert time.monotonic() < ends_at
        time.sleep(0.001)
    export(place, tmp_path / "file", quiet)
    for thread in threads:
        thread.join()
    import_log(back, tmp_path / "file", quiet)
    moved = content(back)

    assert [True] * 4 == ["this log is closed" in reason for reason in refused]
    for name, column in (("events", 1), ("answers", 1), ("claims", 1), ("timers", 0)):
        found = {row[column] for row in moved[name]} - {
            row[column] for row in content(original)[name]
        }
        assert set(written) == found


def test_what_was_moved_can_be_opened_again_under_a_new_id(game: Settings, tmp_path: Path) -> None:
    """With all that was in it: for when the other place cannot be had after all."""
    before, old_id = content(game), about(game)["log_id"]
    export(game, tmp_path / "file", quiet)
    reopen(game)
    log = open_log(game)
    log.append(Batch(positions=[Position("someone", 9)]))
    log.close()

    assert {"log_id"} == about(game).keys()
    assert old_id != about(game)["log_id"]
    assert {**before, "positions": [*before["positions"], ("someone", 9)]} == content(game)
    with pytest.raises(LogUnavailable, match="is open"):
        reopen(game)


def test_a_log_in_use_is_not_moved(original: Settings, tmp_path: Path) -> None:
    """The server's lock keeps it from being closed under it."""
    settings = copied(original, tmp_path / "data")
    log = open_log(settings)
    with pytest.raises(LogInUse):
        export(settings, tmp_path / "file", quiet)
    log.append(Batch(positions=[Position("someone", 9)]))
    log.close()

    assert [] == list(tmp_path.glob("file*"))


def test_a_copy_is_made_while_players_play(
    game: Settings, original: Settings, places: Places, tmp_path: Path
) -> None:
    """It stays open and gets an id of its own; a code lets in by the log that it is of."""
    log = open_log(game)
    export(game, tmp_path / "file", quiet, is_copy=True)
    log.append(Batch(positions=[Position("someone", 9)]))
    log.close()
    copy = places.empty("sqlite", keys_of=original)
    import_log(copy, tmp_path / "file", quiet)

    assert {**content(original), LINKS.name: []} == content(copy)
    assert about(game)["log_id"] != about(copy)["log_id"]
    assert [] == upkeep.verify(copy, quiet).problems


def test_a_copy_is_of_one_moment(game: Settings, places: Places, tmp_path: Path) -> None:
    """What is written in the middle is in none of its tables."""
    before = content(game)
    log = open_log(game)

    def written_meanwhile(at: int, _of: int) -> None:
        log.append(Batch(positions=[Position("someone", at)]))
        log.sign_ins.end(Ending(player="p", sign_in=str(at), at=1, until=1 << 50))

    export(game, tmp_path / "file", written_meanwhile, is_copy=True)
    log.close()
    copy = places.empty("sqlite")
    import_log(copy, tmp_path / "file", quiet)

    assert {**before, LINKS.name: []} == content(copy)
    assert len(content(game)["endings"]) > len(before["endings"]) + 2


def test_an_export_goes_on_where_it_was_cut_off(
    game: Settings, whole: Path, tmp_path: Path
) -> None:
    """However often: what is there in the end is the same to the byte."""
    target = tmp_path / "file"
    for calls in range(8):
        with pytest.raises(Cut):
            export(game, target, cut_after(calls))
    export(game, target, quiet)

    assert whole.read_bytes() == target.read_bytes()
    assert [target] == list(tmp_path.glob("file*"))


def test_a_copy_that_was_cut_off_is_of_the_moment_when_it_goes_on(
    original: Settings, places: Places, tmp_path: Path
) -> None:
    """The events that it has cannot have changed, all else it reads anew."""
    settings = copied(original, tmp_path / "data")
    with pytest.raises(Cut):
        export(settings, tmp_path / "file", cut_after(4), is_copy=True)
    log = open_log(settings)
    log.append(Batch(positions=[Position("someone", 9)]))
    log.close()
    export(settings, tmp_path / "file", quiet, is_copy=True)
    copy = places.empty("sqlite")
    import_log(copy, tmp_path / "file", quiet)

    assert {**content(settings), LINKS.name: []} == content(copy)


@pytest.mark.parametrize("kind", KINDS)
def test_an_import_goes_on_where_it_was_cut_off(
    kind: str, original: Settings, whole: Path, places: Places
) -> None:
    """Nobody can use what is there of it until then."""
    place = places.empty(kind, keys_of=original)
    calls_in_all = 0

    def counted(_at: int, _of: int) -> None:
        nonlocal calls_in_all
        calls_in_all += 1

    import_log(places.empty("sqlite"), whole, counted)
    for calls in range(calls_in_all // 2 + 1, calls_in_all):
        with pytest.raises(Cut):
            import_log(place, whole, cut_after(calls))
        with pytest.raises(LogClosed, match="has not come to its end"):
            open_log(place)
    import_log(place, whole, quiet)

    assert calls_in_all // 2 > 8
    assert (content(original), about(original)) == (content(place), about(place))
    assert upkeep.verify(place, quiet).problems == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_whole_yet_is_for_nothing_else(
    kind: str, original: Settings, whole: Path, places: Places, tmp_path: Path
) -> None:
    """Neither moved on, nor opened, nor filled from another file, nor restored from a backup."""
    place = places.empty(kind)
    half_filled(place, whole)
    settings = copied(original, tmp_path / "data")
    export(settings, tmp_path / "copy", quiet, is_copy=True)

    with pytest.raises(LogClosed):
        export(place, tmp_path / "file", quiet)
    with pytest.raises(LogClosed):
        reopen(place)
    with pytest.raises(LogUnavailable, match="another file"):
        import_log(place, tmp_path / "copy", quiet)
    if kind == "sqlite":
        upkeep.backup(original, tmp_path / "backup.db", quiet)
        with pytest.raises(LogClosed):
            upkeep.restore(settings, place.data_path / "gutsy.db", quiet)
    import_log(place, whole, quiet)
    assert content(original) == content(place)


def test_a_place_that_is_taken_is_left_alone(
    game: Settings, whole: Path, original: Settings, tmp_path: Path
) -> None:
    """Also if it is by that very log, or by one that was moved."""
    before = content(game)
    with pytest.raises(LogUnavailable, match="This very log is here already, with 2,"):
        import_log(game, whole, quiet)
    with raw_log(game) as log:
        log.open_up("another")
    with pytest.raises(LogUnavailable, match="A log is here already"):
        import_log(game, whole, quiet)
    export(game, tmp_path / "file", quiet)
    with pytest.raises(LogUnavailable, match="A log is here already"):
        import_log(game, whole, quiet)

    assert before == content(game)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO claims VALUES ('zzz', 'k', 'o', 1)", LogUnavailable),
        ("INSERT INTO endings VALUES ('maya', 'phone', 1, 2)", LogConflict),
    ],
)
def test_who_writes_into_a_place_that_is_filled_is_found(
    whole: Path, places: Places, statement: str, error: type[LogError]
) -> None:
    """By hand, past every lock; the log stays closed."""
    place = places.empty("sqlite")
    half_filled(place, whole)
    file = sqlite3.connect(place.data_path / "gutsy.db")
    with file:
        file.execute(statement)
    file.close()

    with pytest.raises(error, match=r"Somebody else|endings"):
        import_log(place, whole, quiet)
    with pytest.raises(LogClosed):
        open_log(place)


def test_a_backup_of_what_was_moved_is_restored_under_a_new_id(
    original: Settings, tmp_path: Path
) -> None:
    """As every backup: it can be served."""
    settings = copied(original, tmp_path / "data")
    export(settings, tmp_path / "file", quiet)
    upkeep.backup(settings, tmp_path / "backup.db", quiet)
    upkeep.restore(settings, tmp_path / "backup.db", quiet)

    assert about(settings)["log_id"] != about(original)["log_id"]
    assert upkeep.verify(settings, quiet).problems == []


def test_what_does_not_fit_is_not_carried_elsewhere(original: Settings, tmp_path: Path) -> None:
    """An event that was changed, or one that is missing."""
    for number, statement in enumerate(
        ("UPDATE events SET actor='sam' WHERE seq=1500", "DELETE FROM events WHERE seq=1500")
    ):
        settings = copied(original, tmp_path / f"data-{number}")
        file = sqlite3.connect(settings.data_path / "gutsy.db")
        with file:
            file.execute(statement)
        file.close()
        with pytest.raises(LogUnavailable, match=r"seq 150\d does not fit its hash"):
            export(settings, tmp_path / f"file-{number}", quiet)

    assert [] == list(tmp_path.glob("file-?"))


def test_an_export_does_not_go_on_with_a_log_that_has_lost_its_end(
    original: Settings, tmp_path: Path
) -> None:
    """Which nothing else would tell: what is left of it fits."""
    settings = copied(original, tmp_path / "data")
    with pytest.raises(Cut):
        export(settings, tmp_path / "file", cut_after(1))
    file = sqlite3.connect(settings.data_path / "gutsy.db")
    with file:
        file.execute("DELETE FROM events WHERE seq>1500")
    file.close()

    with pytest.raises(LogUnavailable, match="An event is missing"):
        export(settings, tmp_path / "file", quiet)


def test_where_there_is_nothing_nothing_is_moved(places: Places, tmp_path: Path) -> None:
    """And no log is made by looking for one."""
    nowhere, empty = places.empty("sqlite"), places.empty("sqlite")
    empty.data_path.mkdir()
    open_log(empty).close()
    for settings, said in ((nowhere, "There is no log"), (empty, "There is no event")):
        with pytest.raises(LogUnavailable, match=said):
            export(settings, tmp_path / "file", quiet)
    with pytest.raises(LogUnavailable, match="There is no log"):
        reopen(nowhere)

    assert not nowhere.data_path.exists()
    open_log(empty).close()  # it is still open


def test_an_export_overwrites_nothing(original: Settings, tmp_path: Path) -> None:
    """Neither a file nor the beginning of another; and the log stays open."""
    settings = copied(original, tmp_path / "data")
    (tmp_path / "file").write_bytes(b"precious")
    (tmp_path / "other.part").write_bytes(b"precious, too")
    with pytest.raises(LogUnavailable, match="is there already"):
        export(settings, tmp_path / "file", quiet)
    with pytest.raises(BadFile, match="Take it away first"):
        export(settings, tmp_path / "other", quiet)

    assert b"precious, too" == (tmp_path / "other.part").read_bytes()
    open_log(settings).close()


def test_two_do_not_write_one_file(original: Settings, tmp_path: Path) -> None:
    """The second is told so."""
    settings = copied(original, tmp_path / "data")

    def second(_at: int, _of: int) -> None:
        with pytest.raises(BadFile, match="by another process"):
            export(settings, tmp_path / "file", quiet, is_copy=True)

    export(settings, tmp_path / "file", second, is_copy=True)


def test_two_do_not_move_one_log(
    whole: Path, original: Settings, places: Places, tmp_path: Path
) -> None:
    """Whatever each of them does."""
    place = places.empty("postgres", keys_of=original)
    tried = 0

    def second(_at: int, _of: int) -> None:
        nonlocal tried
        with pytest.raises(LogInUse):
            export(place, tmp_path / f"file-{tried}", quiet)
        tried += 1

    import_log(place, whole, quiet)
    export(place, tmp_path / "file", second)

    assert tried > 2


def test_a_database_that_cannot_be_had_is_a_sentence(whole: Path, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=str(tmp_path / "data"),
        database_url="postgresql://127.0.0.1:1/gutsy",
        keys_url="postgresql://127.0.0.1:1/keys",
    )
    results = [gutsy(settings, *command) for command in (["import", str(whole)], ["reopen"])]

    assert [1, 1] == [result.exit_code for result in results]
    assert all("cannot be used" in result.output for result in results)


def test_tables_are_all_that_there_is(game: Settings) -> None:
    """A new column or table of the log must be moved, too."""
    url = game.database_url
    if url is None:
        file = sqlite3.connect(game.data_path / "gutsy.db")
        names = [n for (n,) in file.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        found = {n: [row[1] for row in file.execute(f"PRAGMA table_info({n})")] for n in names}
        file.close()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)"
                " FROM information_schema.columns WHERE table_schema=current_schema() GROUP BY 1"
            ).fetchall()
        # Projections' tables have a version in their name, and theirs are rows, not the log.
        found = {name: columns for name, columns in rows if name in {t.name for t in TABLES}}
    found.pop("about", None)

    assert {table.name: list(table.columns) for table in TABLES} == found


def test_the_command_line_moves_a_game(original: Settings, places: Places, tmp_path: Path) -> None:
    """There and back, and says what is still missing."""
    settings, file = copied(original, tmp_path / "data"), str(tmp_path / "file")
    place = places.empty("postgres", keys_of=None)
    place.data_path.mkdir()
    shutil.copy(original.data_path / "secret", place.data_path)
    exported, imported = gutsy(settings, "export", file), gutsy(place, "import", file)
    keys = gutsy(place, "copy-keys", f"sqlite:///{settings.data_path / 'keys.db'}")
    rebuilt, verified = gutsy(place, "projections", "rebuild"), gutsy(place, "verify")
    opened = gutsy(settings, "reopen")
    copy = gutsy(settings, "export", "--copy", str(tmp_path / "copy"))
    told = [exported, imported, keys, rebuilt, verified, opened, copy]

    assert [0] * 7 == [result.exit_code for result in told], [result.output for result in told]
    assert ["This log is closed", False] == [
        "This log is closed" if "This log is closed" in exported.output else "",
        "closed" in copy.output,
    ]
    assert "There are no keys yet" in imported.output
    assert verified.output.split()[-1].rstrip(".") in exported.output


def test_the_command_line_says_what_cannot_be(original: Settings, tmp_path: Path) -> None:
    """With 1, and a word instead of a traceback; with 2 what is no such call."""
    (tmp_path / "file").write_bytes(b"not a log")
    other = replace(original, data_dir=str(tmp_path / "other"))
    results = [
        gutsy(original, "export", str(tmp_path / "file")),
        gutsy(other, "import", str(tmp_path / "file")),
        gutsy(original, "reopen"),
        gutsy(other, "copy-keys", "sqlite:///nowhere"),
        gutsy(original, "copy-keys", "sqlite:///nowhere"),
        gutsy(original, "copy-keys", "nowhere"),
    ]

    assert [1, 1, 1, 1, 1, 2] == [result.exit_code for result in results]
    assert all(isinstance(result.exception, SystemExit) for result in results)
    assert not other.data_path.exists()
