"""Upkeep: verifying, rebuilding, backing up and restoring a folder that was played in."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from domain.ids import PlayerId
from server.app import open_keys
from server.app import running as running_server
from server.cli import main
from server.commands.submission import Done
from server.eventlog.log import LogInUse, LogTooNew, LogUnavailable
from server.eventlog.sign_ins import Ending, LinkCode
from server.eventlog.sqlite import SQLiteLog
from server.protocol.bodies import PlayerRegister
from server.settings import Settings
from server.upkeep import backup, rebuild, restore, verify
from tests.server.world import done

MARKER = "Zebulon Quark"
FLIPPED = "CAST(substr(state, 1, 9) || x'21' || substr(state, 11) AS BLOB)"
"""A stored state with another byte in it."""
NEWER = "seq 6: dare.reported@9 was written by a newer Gutsy"


def quiet(_at: int, _of: int) -> None:
    """Show no progress."""


async def _play(settings: Settings) -> int:
    """Somebody comes in, founds a squad and is told no; returns the last ``seq``."""
    async with running_server(settings, quiet) as services:
        guest = PlayerRegister(handle=MARKER, tz="UTC", adult=True)
        player = str(done(await services.intake.register("g", guest))["player"])

        async def do(kind: str, squad: str | None = None, **body: object) -> dict[str, object]:
            reply = await services.intake.command(
                player,  # type: ignore[arg-type]  # a player's id
                address="peer",
                command_id=services.clock.new_id(),
                kind=kind,
                squad=squad,
                fields=body,
                arrived_at=services.clock.now(),
            )
            assert isinstance(reply, Done)
            return done(reply)

        squad = str((await do("squad.create", name="Owls", tz="UTC"))["squad"])
        dare = (await do("dare.issue", squad, target=player, card="which-apple"))["dare"]
        await do("dare.report", squad, dare=dare, outcome="REJECTED")
        last = services.log.last_seq()
        await services.runner.wait_for(last, 5)
    return last


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """A folder that was played in, at rest."""
    settings = Settings(data_dir=str(tmp_path / "data"))
    assert await _play(settings) == 6
    return settings


def gutsy(settings: Settings, *arguments: str) -> Result:
    """The command line, on this folder."""
    return CliRunner().invoke(main, [*arguments], env={"GUTSY_DATA_DIR": settings.data_dir})


def spoil(settings: Settings, name: str, statement: str) -> None:
    """Change a file behind everybody's back."""
    file = sqlite3.connect(settings.data_path / name)
    with file:
        file.execute(statement)
    file.close()


async def test_a_folder_in_order_is_in_order(settings: Settings) -> None:
    """Every row is what the log amounts to."""
    shown: list[tuple[int, int]] = []
    report = verify(settings, lambda at, of: shown.append((at, of)))

    assert (report.events, report.problems, shown[-1]) == (6, [], (6, 6))
    assert report.rows > 0


@pytest.mark.parametrize(
    ("name", "statement", "problem"),
    [
        ("gutsy.db", "DELETE FROM events WHERE seq=4", "seq 4 is missing"),
        ("gutsy.db", "DELETE FROM events WHERE seq=4", "seq 5 does not fit its hash"),
        ("gutsy.db", "DELETE FROM events WHERE seq=6", "is at seq 6 of 5"),
        ("gutsy.db", "UPDATE events SET version=9 WHERE seq=6", "has version 9 out of turn"),
        ("gutsy.db", f"UPDATE events SET state={FLIPPED} WHERE seq=4", "seq 4 does not fit"),
        ("gutsy.db", "UPDATE events SET actor='sam' WHERE seq=4", "seq 4 does not fit"),
        ("gutsy.db", "UPDATE events SET hash=zeroblob(16) WHERE seq=4", "seq 4 does not fit"),
        ("gutsy.db", "UPDATE events SET state=x'c1' WHERE seq=6", "seq 6 cannot be read"),
        ("gutsy.db", "UPDATE events SET topic='dare.reported@9' WHERE seq=6", NEWER),
        ("views.db", "DELETE FROM roster_squads", "roster_squads"),
        ("views.db", "UPDATE positions SET seq=3", "is at seq 3 of 6"),
    ],
)
async def test_what_is_wrong_is_named(
    settings: Settings, name: str, statement: str, problem: str
) -> None:
    """One line each."""
    spoil(settings, name, statement)
    problems = verify(settings, quiet).problems

    assert any(problem in one for one in problems), problems


async def test_one_changed_byte_is_one_line(settings: Settings) -> None:
    """What comes after it is as it was: only the event that does not fit is named."""
    spoil(settings, "gutsy.db", "UPDATE events SET command='other' WHERE seq=3")
    problems = verify(settings, quiet).problems

    assert ["seq 3 does not fit its hash: it or what was before it has changed"] == problems


async def test_the_hash_at_the_end_stands_for_the_whole_log(
    settings: Settings, tmp_path: Path
) -> None:
    """A backup has the same; one more event makes another."""
    before = verify(settings, quiet).hash
    backup(settings, tmp_path / "backup.db", quiet)
    await _play_more(settings)
    after = verify(settings, quiet).hash
    restore(settings, tmp_path / "backup.db", quiet)
    rebuild(settings, quiet)

    assert (before, []) == (verify(settings, quiet).hash, verify(settings, quiet).problems)
    assert before != after


@pytest.mark.parametrize("wrapped", ["x'00'", "zeroblob(60)"])
async def test_keys_that_open_nothing_are_one_problem(settings: Settings, wrapped: str) -> None:
    """However many texts there are: they were made with another secret, or are damaged."""
    spoil(settings, "keys.db", f"UPDATE keys SET wrapped={wrapped}")
    problems = verify(settings, quiet).problems

    assert len(problems) == 1
    assert "do not open with this secret" in problems[0]


async def test_a_text_that_does_not_fit_its_key_is_named(settings: Settings) -> None:
    """By its event; the text itself is nowhere to be seen."""
    keys = open_keys(settings)
    (player,) = _subjects(settings)
    spoil(settings, "keys.db", "DELETE FROM keys")
    keys.close()
    keys = open_keys(settings)
    keys.create(PlayerId(player), 1)
    keys.close()
    problems = verify(settings, quiet).problems

    assert [f"seq {seq}: A sealed text does not fit its key." for seq in (1, 2, 3)] == problems


async def test_keys_that_are_damaged_are_found(settings: Settings) -> None:
    """The log itself is looked through all the same."""
    (settings.data_path / "keys.db").write_bytes(b"not a database" * 100)
    spoil(settings, "gutsy.db", "UPDATE events SET command='other' WHERE seq=3")
    problems = verify(settings, quiet).problems

    assert [True, True] == ["keys" in problems[0], problems[1].startswith("seq 3 does not fit")]


async def test_erased_texts_are_in_order(settings: Settings) -> None:
    """Their key is gone for good, and nothing is wrong with that."""
    keys = open_keys(settings)
    keys.destroy(PlayerId(_subjects(settings)[0]), 1)
    keys.close()

    assert verify(settings, quiet).problems == []


def _subjects(settings: Settings) -> list[str]:
    file = sqlite3.connect(settings.data_path / "keys.db")
    subjects = [subject for (subject,) in file.execute("SELECT subject FROM keys")]
    file.close()
    return subjects


async def test_without_keys_nothing_is_looked_into_and_nothing_is_made(
    settings: Settings,
) -> None:
    """A copy of the log alone can be verified, and stays a copy of the log alone."""
    (settings.data_path / "keys.db").unlink()
    (settings.data_path / "secret").unlink()
    problems = verify(settings, quiet).problems

    assert ([], False, False) == (
        problems,
        (settings.data_path / "keys.db").exists(),
        (settings.data_path / "secret").exists(),
    )


async def test_keys_without_their_secret_are_found(settings: Settings) -> None:
    """No new secret is made for them."""
    (settings.data_path / "secret").unlink()
    problems = verify(settings, quiet).problems

    assert ["the secret is missing, so the keys open nothing"] == problems
    assert not (settings.data_path / "secret").exists()


async def test_verifying_leaves_nothing_behind(settings: Settings) -> None:
    """Beside what was there."""
    before = sorted(path.name for path in settings.data_path.iterdir())
    verify(settings, quiet)

    assert before == sorted(path.name for path in settings.data_path.iterdir())


async def test_read_models_that_are_damaged_are_made_anew(settings: Settings) -> None:
    """Verifying names the file, rebuilding replaces it."""
    (settings.data_path / "views.db").write_bytes(b"not a database" * 100)
    verified = verify(settings, quiet).problems
    rebuilt = rebuild(settings, quiet).problems

    assert [["views.db"], ["views.db"]] == [
        [problem.split()[0] for problem in problems] for problems in (verified, rebuilt)
    ]
    assert verify(settings, quiet).problems == []


async def test_rebuilding_mends_the_read_models(settings: Settings) -> None:
    """And says what was different."""
    spoil(settings, "views.db", "DELETE FROM roster_squads")
    found = rebuild(settings, quiet).problems

    assert (
        ["roster_squads" in problem for problem in found],
        rebuild(settings, quiet).problems,
        verify(settings, quiet).problems,
    ) == ([True], [], [])


async def test_a_backup_is_taken_while_players_play(settings: Settings, tmp_path: Path) -> None:
    """It holds what was committed, and nobody's words."""
    target = tmp_path / "backup.db"
    log = SQLiteLog(settings.data_path / "gutsy.db")
    events = backup(settings, target, quiet)
    log.close()
    content = target.read_bytes()

    assert (events, MARKER.encode() in content) == (6, False)


async def test_a_backup_overwrites_nothing(settings: Settings, tmp_path: Path) -> None:
    """Another backup least of all."""
    (tmp_path / "backup.db").write_bytes(b"precious")

    with pytest.raises(LogUnavailable):
        backup(settings, tmp_path / "backup.db", quiet)


async def test_a_restored_log_is_the_one_that_was_backed_up(
    settings: Settings, tmp_path: Path
) -> None:
    """Under a new id, so that clients load it anew; what was there is kept beside it."""
    target = tmp_path / "backup.db"
    backup(settings, target, quiet)
    old = SQLiteLog(settings.data_path / "gutsy.db")
    old_id, old_events = old.log_id, old.read_all(0, 100)
    old.close()
    await _play_more(settings)
    events = restore(settings, target, quiet)
    new = SQLiteLog(settings.data_path / "gutsy.db")
    new_id, new_events = new.log_id, new.read_all(0, 100)
    new.close()

    assert (6, old_events, True) == (events, new_events, old_id != new_id)
    assert (settings.data_path / "gutsy.before-restore").exists()
    assert not (settings.data_path / "views.db").exists()


async def _play_more(settings: Settings) -> None:
    async with running_server(settings, quiet) as services:
        guest = PlayerRegister(handle="Somebody else", tz="UTC", adult=True)
        await services.intake.register("h", guest)


@pytest.mark.parametrize("is_damaged", [False, True])
async def test_what_was_signed_out_after_a_backup_stays_so_when_it_is_put_back(
    settings: Settings, tmp_path: Path, is_damaged: bool
) -> None:
    """As far as the log that is replaced can be read; a code in the backup is over."""
    target = tmp_path / "backup.db"
    early = Ending(player="maya", sign_in="phone", at=1, until=9)
    again, late = (replace(early, at=5), replace(early, sign_in="laptop"))
    log = SQLiteLog(settings.data_path / "gutsy.db")
    log.sign_ins.end(early)
    log.sign_ins.keep_link(LinkCode(key="k", player="maya", sign_in="phone", expires_at=9))
    backup(settings, target, quiet)
    log.sign_ins.end(again)
    log.sign_ins.end(late)
    log.close()
    if is_damaged:
        spoil(settings, "gutsy.db", "DROP TABLE endings")
    restore(settings, target, quiet)
    log = SQLiteLog(settings.data_path / "gutsy.db")
    found = (log.sign_ins.endings(), log.sign_ins.take_link("k") is None)
    log.close()

    assert ([early] if is_damaged else [late, again], True) == found


async def test_codes_in_a_backup_are_over_in_an_empty_folder_too(
    settings: Settings, tmp_path: Path
) -> None:
    """Where nothing is replaced."""
    target, other = tmp_path / "backup.db", Settings(data_dir=str(tmp_path / "other"))
    log = SQLiteLog(settings.data_path / "gutsy.db")
    log.sign_ins.keep_link(LinkCode(key="k", player="maya", sign_in="phone", expires_at=9))
    log.close()
    backup(settings, target, quiet)
    restore(other, target, quiet)
    log = SQLiteLog(other.data_path / "gutsy.db")
    found = log.sign_ins.take_link("k")
    log.close()

    assert found is None


async def test_a_file_that_is_no_database_any_more_is_replaced_and_kept(
    settings: Settings, tmp_path: Path
) -> None:
    """As it is: that is what a backup is for."""
    log, target = settings.data_path / "gutsy.db", tmp_path / "backup.db"
    backup(settings, target, quiet)
    damaged = b"not a database" * 1_000
    log.write_bytes(damaged)
    result = gutsy(settings, "restore", str(target))
    rebuilt = gutsy(settings, "projections", "rebuild")

    assert (0, 0) == (result.exit_code, rebuilt.exit_code), result.output
    assert damaged == log.with_suffix(".before-restore").read_bytes()
    assert verify(settings, quiet).problems == []


async def test_what_cannot_be_read_beside_a_damaged_log_is_no_part_of_the_restored_one(
    settings: Settings, tmp_path: Path
) -> None:
    """It stays with the one that it was of."""
    log, target = settings.data_path / "gutsy.db", tmp_path / "backup.db"
    backup(settings, target, quiet)
    beside = log.with_name("gutsy.db-wal")
    beside.write_bytes(b"not a database" * 1_000)
    log.with_name("gutsy.db-shm").unlink()
    log.with_name("gutsy.db-shm").mkdir()  # so that SQLite cannot even look at it
    restore(settings, target, quiet)
    kept = log.with_name("gutsy.before-restore-wal")

    assert (False, True) == (beside.exists(), kept.exists())
    assert rebuild(settings, quiet).events == 6


async def test_a_backup_from_before_there_were_codes_is_restored(
    settings: Settings, tmp_path: Path
) -> None:
    """It has no place for them."""
    target = tmp_path / "backup.db"
    backup(settings, target, quiet)
    file = sqlite3.connect(target)
    with file:
        file.execute("DROP TABLE links")
        file.execute("DROP TABLE endings")
        file.execute("UPDATE about SET value='2' WHERE name='schema'")
    file.close()
    restore(settings, target, quiet)

    assert verify(settings, quiet).problems == []


async def test_a_log_may_be_restored_into_an_empty_folder(
    settings: Settings, tmp_path: Path
) -> None:
    """On another machine."""
    backup(settings, tmp_path / "backup.db", quiet)
    other = Settings(data_dir=str(tmp_path / "other"))

    assert restore(other, tmp_path / "backup.db", quiet) == 6
    assert rebuild(other, quiet).events == 6


async def test_a_folder_in_use_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    """By all that would disturb whoever serves from it."""
    backup(settings, tmp_path / "backup.db", quiet)
    log = SQLiteLog(settings.data_path / "gutsy.db")
    for work in (
        lambda: verify(settings, quiet),
        lambda: rebuild(settings, quiet),
        lambda: restore(settings, tmp_path / "backup.db", quiet),
    ):
        with pytest.raises(LogInUse):
            work()
    log.close()


async def test_what_is_no_log_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    """Nor one that is newer, nor one that is not there."""
    path = tmp_path / "backup.db"
    with pytest.raises(LogUnavailable):
        restore(settings, path, quiet)
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(LogUnavailable):
        restore(settings, path, quiet)
    path.unlink()
    backup(settings, path, quiet)
    file = sqlite3.connect(path)
    with file:
        file.execute("UPDATE about SET value='99' WHERE name='schema'")
    file.close()

    with pytest.raises(LogTooNew):
        restore(settings, path, quiet)


async def test_the_command_line_does_all_that(settings: Settings, tmp_path: Path) -> None:
    """Ending with 0 when all is well."""
    target = str(tmp_path / "backup.db")
    results = [
        gutsy(settings, "verify"),
        gutsy(settings, "projections", "rebuild"),
        gutsy(settings, "backup", target),
        gutsy(settings, "restore", target),
        gutsy(settings, "projections", "rebuild"),
    ]

    assert [result.exit_code for result in results] == [0, 0, 0, 0, 0]


async def test_the_command_line_says_what_is_wrong(
    settings: Settings,
) -> None:
    """With 1, and a word instead of a traceback."""
    spoil(settings, "views.db", "DELETE FROM roster_squads")
    unverified = gutsy(settings, "verify")
    wrong = gutsy(settings, "projections", "rebuild")
    missing = gutsy(Settings(data_dir=settings.data_dir + "/nowhere"), "projections", "rebuild")

    assert [(1, SystemExit)] * 3 == [
        (result.exit_code, type(result.exception)) for result in (unverified, wrong, missing)
    ]
