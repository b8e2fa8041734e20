"""The secret: one, kept safe, and a key of its own for each purpose."""

import stat
from pathlib import Path

from server.secret import Purpose, Secret, load_secret


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """And kept in the data folder, for its owner's eyes only."""
    first = load_secret(None, tmp_path)
    second = load_secret(None, tmp_path)
    path = tmp_path / "secret"

    assert (first.key(Purpose.KEYS), 32, 0o600) == (
        second.key(Purpose.KEYS),
        len(path.read_bytes()),
        stat.S_IMODE(path.stat().st_mode),
    )


def test_a_half_made_secret_is_made_anew(tmp_path: Path) -> None:
    """A kill between writing and naming it leaves nothing that counts."""
    (tmp_path / "secret.new").write_bytes(b"half")
    load_secret(None, tmp_path)

    assert {"secret"} == {path.name for path in tmp_path.iterdir()}


def test_two_folders_have_two_secrets(tmp_path: Path) -> None:
    """They are drawn."""
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    keys = {load_secret(None, folder).key(Purpose.TICKETS) for folder in folders}

    assert len(keys) == 2


def test_a_given_secret_is_used_and_not_kept(tmp_path: Path) -> None:
    """Whoever gives it keeps it."""
    given = load_secret("s" * 32, tmp_path)

    assert (Secret(b"s" * 32).key(Purpose.KEYS), []) == (
        given.key(Purpose.KEYS),
        list(tmp_path.iterdir()),
    )


def test_no_two_purposes_share_a_key() -> None:
    """What leaks of one says nothing of another."""
    secret = Secret(b"secret")

    assert len({secret.key(purpose) for purpose in Purpose}) == len(Purpose)


def test_a_keyed_hash_depends_on_data_purpose_and_secret() -> None:
    """16 bytes, the same for the same."""
    secret = Secret(b"secret")
    hashes = [
        secret.keyed_hash(Purpose.CLAIMS, b"maya"),
        secret.keyed_hash(Purpose.CLAIMS, b"sam"),
        secret.keyed_hash(Purpose.COMMANDS, b"maya"),
        Secret(b"other").keyed_hash(Purpose.CLAIMS, b"maya"),
    ]

    assert (4, 16, hashes[0]) == (
        len(set(hashes)),
        len(hashes[0]),
        secret.keyed_hash(Purpose.CLAIMS, b"maya"),
    )
