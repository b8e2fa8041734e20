"""Copying keys between tables: nobody's words are lost, and nobody who was erased comes back."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql

from domain.ids import PlayerId
from loadtests.cluster.postgres import Postgres
from server import upkeep
from server.app import open_keys
from server.eventlog.export_file import frames
from server.eventlog.key_tables import KeysError
from server.eventlog.keys import Keys, WrongSecret
from server.moving import copy_keys, export, has_keys, import_log
from server.settings import Settings
from tests.server.moved import KINDS, copied, played, quiet

SECRET = "a secret that is long enough to be one"
MAYA, SAM, ZOE = (PlayerId(f"{number:026d}") for number in (1, 2, 3))


def _texts(table: str) -> sql.Composed:
    return sql.SQL("SELECT {0}::text FROM {0}").format(sql.Identifier(table))


class Tables:
    """Places for keys, of both kinds, under one secret."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self._folder = folder
        self._postgres = postgres

    def empty(self, kind: str, name: str) -> Settings:
        """Whoever has these settings has this table, empty as yet."""
        data = self._folder / name
        data.mkdir()
        url = f"sqlite:///{data / 'keys.db'}" if kind == "sqlite" else self._postgres.place()
        return Settings(data_dir=str(data), keys_url=url, secret=SECRET)


@pytest.fixture
def tables(tmp_path: Path, postgres: Postgres) -> Tables:
    """Places of this test's own."""
    return Tables(tmp_path, postgres)


def url_of(settings: Settings) -> str:
    """Where its keys are."""
    assert settings.keys_url is not None
    return settings.keys_url


def with_keys(settings: Settings, *subjects: PlayerId) -> Keys:
    """Its keys, with one for each of these; the test's own to close."""
    keys = open_keys(settings)
    for subject in subjects:
        keys.create(subject, 1)
    return keys


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_words_are_read_by_the_copied_keys(tables: Tables, source: str, target: str) -> None:
    """Whoever was erased stays so; and twice is as once."""
    there, here = tables.empty(source, "there"), tables.empty(target, "here")
    keys = with_keys(there, MAYA, SAM)
    sealed = {subject: keys.seal(subject, "words") for subject in (MAYA, SAM)}
    keys.destroy(SAM, 2)
    keys.close()
    counts = [copy_keys(here, url_of(there), quiet) for _ in range(2)]
    copies = open_keys(here)
    copies.create(SAM, 3)
    found = ([copies.open(text) for text in sealed.values()], copies.destroyed())
    copies.close()

    assert (["words", None], [SAM]) == found
    assert [2, 2] == counts


@pytest.mark.parametrize("target", KINDS)
def test_nobody_is_brought_back_by_an_old_copy(tables: Tables, target: str) -> None:
    """Erased here or there, they are erased here; whoever is only known here stays."""
    there, here = tables.empty("sqlite", "there"), tables.empty(target, "here")
    old = with_keys(there, MAYA, SAM)
    sealed = [old.seal(subject, "words") for subject in (MAYA, SAM)]
    copy_keys(here, url_of(there), quiet)
    old.destroy(MAYA, 2)
    old.close()
    new = with_keys(here, ZOE)
    new.destroy(SAM, 2)
    sealed.append(new.seal(ZOE, "words"))
    new.close()
    copy_keys(here, url_of(there), quiet)
    keys = open_keys(here)
    found = ([keys.open(text) for text in sealed], keys.destroyed())
    keys.close()

    assert ([None, None, "words"], [MAYA, SAM]) == found


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_is_another_is_not_overwritten(tables: Tables, kind: str) -> None:
    """Whoever plays here has words under it."""
    there, here = tables.empty(kind, "there"), tables.empty(kind, "here")
    with_keys(there, MAYA).close()
    keys = with_keys(here, MAYA)
    sealed = keys.seal(MAYA, "words")
    keys.close()
    with pytest.raises(KeysError, match=f"{MAYA} has another key here"):
        copy_keys(here, url_of(there), quiet)
    keys = open_keys(here)
    found = keys.open(sealed)
    keys.close()

    assert found == "words"


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_another_secret_are_not_copied(tables: Tables, kind: str) -> None:
    """They would open nothing; nor are any without a secret, of which none is made."""
    there, here = tables.empty(kind, "there"), tables.empty(kind, "here")
    with_keys(there, MAYA).close()
    with pytest.raises(WrongSecret):
        copy_keys(replace(here, secret=SECRET.upper()), url_of(there), quiet)
    with pytest.raises(KeysError, match="secret is missing"):
        copy_keys(replace(here, secret=None), url_of(there), quiet)

    assert not has_keys(here)
    assert not (here.data_path / "secret").exists()


def test_where_there_are_no_keys_none_are_made(tables: Tables, tmp_path: Path) -> None:
    """By a name that was mistyped."""
    here = tables.empty("sqlite", "here")
    with pytest.raises(KeysError, match="There are no keys at"):
        copy_keys(here, f"sqlite:///{tmp_path / 'nowhere.db'}", quiet)

    assert [] == list(tmp_path.glob("*.db"))
    assert [False, False] == [has_keys(here), (here.data_path / "keys.db").exists()]


@pytest.mark.slow
def test_no_key_is_in_a_log_that_is_moved(tmp_path: Path, postgres: Postgres) -> None:
    """Neither in the file, whose frames are opened for this, nor where it is put."""
    original = played(tmp_path / "played", events=300)
    settings = copied(original, tmp_path / "data")
    file = sqlite3.connect(original.data_path / "keys.db")
    subjects, keys = zip(*file.execute("SELECT subject, wrapped FROM keys"), strict=True)
    file.close()
    export(settings, tmp_path / "file", quiet)
    place = Settings(
        data_dir=str(tmp_path / "place"),
        database_url=postgres.place(),
        keys_url=postgres.place(),
    )
    import_log(place, tmp_path / "file", quiet)
    assert place.database_url is not None
    with psycopg.connect(place.database_url) as connection:
        stored = "".join(
            row
            for table in ("events", "answers", "claims", "timers", "about")
            for (row,) in connection.execute(_texts(table)).fetchall()
        )
    with (tmp_path / "file").open("rb") as written:
        unpacked = b"".join(bytes(frame.body) for frame in frames(written, tmp_path / "file"))

    assert len(keys) > 2
    assert [] == [s for s in subjects if s.encode() not in unpacked or s not in stored]
    assert [] == [key for key in keys if key in unpacked or key.hex() in stored]
    assert not has_keys(place)
    assert upkeep.verify(original, quiet).problems == []
