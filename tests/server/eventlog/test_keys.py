"""Keys: text is sealed for one person, opened for whoever has the secret, gone when destroyed."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import PlayerId
from domain.personal import Sealed
from loadtests.cluster.postgres import Postgres
from server.eventlog.key_tables import KeyTable, SQLiteKeyTable
from server.eventlog.keys import ID_LENGTH, NONCE_LENGTH, Keys, KeysError
from server.eventlog.postgres_keys import PostgresKeyTable
from tests.server.world import LIMIT_S

MAYA, SAM = PlayerId("0" * 26), PlayerId("1" * 26)
SECRET = b"k" * 32


@pytest.fixture(params=["sqlite", "postgres"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keys]:
    """Keys of Maya and Sam, in a table of each kind."""
    table: KeyTable
    if request.param == "sqlite":
        table = SQLiteKeyTable(tmp_path / "keys.db")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        table = PostgresKeyTable(postgres.place())
    with closing(Keys(table, SECRET)) as keys:
        for person in (MAYA, SAM):
            keys.create(person, 1)
        yield keys


@pytest.fixture
def file_keys(tmp_path: Path) -> Iterator[Keys]:
    """The same, in a file."""
    with closing(Keys(tmp_path / "keys.db", SECRET)) as keys:
        for person in (MAYA, SAM):
            keys.create(person, 1)
        yield keys


def file_of(keys: Keys) -> sqlite3.Connection:
    """The SQLite file that keys are in."""
    assert isinstance(keys._table, SQLiteKeyTable)
    return keys._table._file


@given(text=st.text(max_size=600))
def test_what_was_sealed_opens_to_the_same(text: str) -> None:
    """Whatever the text."""
    keys = Keys(":memory:", SECRET)
    keys.create(MAYA, 1)
    opened = keys.open(keys.seal(MAYA, text))
    keys.close()

    assert opened == text


def test_the_same_text_is_never_sealed_to_the_same_bytes(keys: Keys) -> None:
    """So that nobody can tell that two people wrote the same."""
    sealed = {keys.seal(MAYA, "no") for _ in range(50)}

    assert len(sealed) == 50


def test_a_sealed_text_does_not_hold_its_plain_text(keys: Keys) -> None:
    """Only its subject can be read off it."""
    sealed = keys.seal(MAYA, "a purple umbrella")

    assert (b"umbrella" in bytes(sealed), MAYA.encode() in bytes(sealed)) == (False, True)


@pytest.mark.parametrize("place", [1 + ID_LENGTH, 1 + ID_LENGTH + NONCE_LENGTH, -1])
def test_a_text_that_was_changed_does_not_open(keys: Keys, place: int) -> None:
    """Nonce, text or mark: one bit is enough."""
    sealed = bytearray(keys.seal(MAYA, "a purple umbrella"))
    sealed[place] ^= 1

    with pytest.raises(KeysError):
        keys.open(Sealed(bytes(sealed)))


def test_a_text_cannot_be_passed_off_as_somebody_elses(keys: Keys) -> None:
    """The subject is authenticated with it."""
    sealed = keys.seal(MAYA, "no")
    forged = Sealed(sealed.replace(MAYA.encode(), SAM.encode()))

    with pytest.raises(KeysError):
        keys.open(forged)


@pytest.mark.parametrize("sealed", [b"", b"\x02" + b"0" * 60, b"plain text"])
def test_what_is_no_sealed_text_is_not_opened(keys: Keys, sealed: bytes) -> None:
    """Its first byte says so."""

    with pytest.raises(KeysError):
        keys.open(Sealed(sealed))


def test_a_text_cut_short_does_not_open(keys: Keys) -> None:
    """Nor raise anything that is not its own error."""
    sealed = keys.seal(MAYA, "a purple umbrella")

    with pytest.raises(KeysError):
        keys.open(Sealed(sealed[: 1 + ID_LENGTH + NONCE_LENGTH + 4]))


def test_without_a_key_nothing_is_sealed(keys: Keys) -> None:
    """Rather than with somebody else's."""

    with pytest.raises(KeysError):
        keys.seal(PlayerId("2" * 26), "no")


def test_a_second_key_is_not_made(keys: Keys) -> None:
    """What the first has sealed still opens."""
    sealed = keys.seal(MAYA, "no")
    keys.create(MAYA, 2)

    assert keys.open(sealed) == "no"


def test_a_key_is_durable_when_it_has_been_made(tmp_path: Path) -> None:
    """Before anything is sealed with it: opened again, the file has it."""
    first = Keys(tmp_path / "keys.db", SECRET)
    first.create(MAYA, 1)
    sealed = first.seal(MAYA, "no")
    second = Keys(tmp_path / "keys.db", SECRET)
    opened = second.open(sealed)
    (synchronous,) = file_of(first).execute("PRAGMA synchronous").fetchone()
    first.close()
    second.close()

    assert (opened, synchronous) == ("no", 2)


def test_with_another_secret_nothing_opens(tmp_path: Path) -> None:
    """And the error says what is wrong."""
    first = Keys(tmp_path / "keys.db", SECRET)
    first.create(MAYA, 1)
    sealed = first.seal(MAYA, "no")
    first.close()
    second = Keys(tmp_path / "keys.db", b"x" * 32)
    with pytest.raises(KeysError, match="GUTSY_SECRET"):
        second.open(sealed)
    second.close()


def test_destroying_a_key_is_erasure(keys: Keys) -> None:
    """What it sealed opens to nothing; others' texts still open."""
    mine, theirs = keys.seal(MAYA, "no"), keys.seal(SAM, "yes")
    keys.destroy(MAYA, 2)

    assert (keys.open(mine), keys.open(theirs)) == (None, "yes")


def test_a_destroyed_key_never_comes_back(keys: Keys) -> None:
    """Nor does a new one take its place."""
    sealed = keys.seal(MAYA, "no")
    keys.destroy(MAYA, 2)
    keys.create(MAYA, 3)
    with pytest.raises(KeysError):
        keys.seal(MAYA, "again")

    assert keys.open(sealed) is None


@pytest.mark.parametrize("is_here", [True, False], ids=["destroyed here", "found destroyed"])
def test_a_text_of_somebody_erased_waits_for_no_file(tmp_path: Path, is_here: bool) -> None:
    """It is opened on the loop, while somebody's new key may be on its way to the disk."""
    keys = Keys(tmp_path / "keys.db", SECRET)
    keys.create(MAYA, 1)
    sealed = keys.seal(MAYA, "no")
    keys.destroy(MAYA, 2)
    if not is_here:
        keys.close()
        keys = Keys(tmp_path / "keys.db", SECRET)
        keys.open(sealed)
    with ThreadPoolExecutor(1) as thread, keys._table_lock:
        opened = thread.submit(keys.open, sealed).result(timeout=LIMIT_S)
    keys.close()

    assert opened is None


def test_a_key_that_is_not_there_yet_is_looked_for_again(file_keys: Keys, tmp_path: Path) -> None:
    """Another process may make it; only that it was destroyed is so for ever."""
    new = PlayerId("9" * 26)
    with pytest.raises(KeysError):
        file_keys.seal(new, "no")
    other = Keys(tmp_path / "keys.db", SECRET)
    other.create(new, 1)
    other.close()

    assert file_keys.open(file_keys.seal(new, "yes")) == "yes"


def test_a_destroyed_key_is_in_no_file(tmp_path: Path) -> None:
    """Its bytes are overwritten, in the write-ahead log too."""
    keys = Keys(tmp_path / "keys.db", SECRET)
    keys.create(MAYA, 1)
    with sqlite3.connect(tmp_path / "keys.db") as file:
        (wrapped,) = file.execute("SELECT wrapped FROM keys").fetchone()
    file.close()
    keys.destroy(MAYA, 2)
    contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    keys.close()

    assert wrapped not in contents


def test_keys_are_kept_wrapped(tmp_path: Path) -> None:
    """The file alone opens nothing: no key stands in it."""
    keys = Keys(tmp_path / "keys.db", SECRET)
    keys.create(MAYA, 1)
    row = file_of(keys).execute("SELECT wrapped FROM keys").fetchone()
    keys.close()

    assert len(row[0]) == NONCE_LENGTH + 32 + 16


def test_only_so_many_keys_are_held_in_memory(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read again."""
    monkeypatch.setattr("server.eventlog.keys.CACHED_KEYS", 1)
    keys.create(PlayerId("9" * 26), 0)  # somebody new takes the one place
    mine, theirs = keys.seal(MAYA, "no"), keys.seal(SAM, "yes")

    assert (keys.open(mine), keys.open(theirs), len(keys._ready)) == ("no", "yes", 1)


def test_while_no_key_can_be_made_the_reason_is_told(file_keys: Keys, tmp_path: Path) -> None:
    """Until one can be made again; keys that are there are used meanwhile."""
    file_of(file_keys).execute("PRAGMA busy_timeout=1")
    sealed = file_keys.seal(MAYA, "words")
    other = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(KeysError, match="database is locked"):
        file_keys.create(PlayerId("2" * 26), 1)
    locked = (file_keys.is_failing(), file_keys.failure, file_keys.open(sealed))
    other.execute("ROLLBACK")
    other.close()
    free = (file_keys.is_failing(), file_keys.failure)

    assert (
        True,
        "The keys of personal text cannot be used: database is locked.",
        "words",
    ) == locked
    assert (False, None) == free


def test_a_trial_leaves_no_key_behind(file_keys: Keys, tmp_path: Path) -> None:
    """Only those of people."""
    file_keys.failure = "it was locked"
    file_keys.is_failing()
    file = sqlite3.connect(tmp_path / "keys.db")
    subjects = [subject for (subject,) in file.execute("SELECT subject FROM keys")]
    file.close()

    assert [MAYA, SAM] == subjects


def test_a_file_that_holds_no_keys_is_not_used(tmp_path: Path) -> None:
    """Nor is one that cannot be opened."""
    (tmp_path / "keys.db").write_bytes(b"not a database" * 100)
    for path in (tmp_path / "keys.db", tmp_path / "nowhere" / "keys.db"):
        with pytest.raises(KeysError, match="cannot be used"):
            Keys(path, SECRET)


def test_whose_keys_were_destroyed_is_known(keys: Keys) -> None:
    """So that whoever was erased stays erased, though an older log is put back."""
    keys.destroy(SAM, 5)

    assert [SAM] == keys.destroyed()
