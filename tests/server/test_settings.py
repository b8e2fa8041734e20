"""Settings: every variable, its default, its range, and what is refused."""

from pathlib import Path

import msgspec
import pytest

from server.settings import PREFIX, Settings, SettingsError, documented, load_settings

RANGED = {row.variable: row.range.split(" … ") for row in documented() if "…" in row.range}
CHOICES = {row.variable: row.range.split(", ") for row in documented() if "," in row.range}
TEXTS = {
    "host": "localhost",
    "data_dir": "/tmp/elsewhere",
    "database_url": "sqlite:///somewhere.db",
    "keys_url": "sqlite:///keys.db",
    "secret": "s" * 32,
    "metrics_token": "m" * 32,
    "origins": "https://gutsy.example",
}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def test_an_empty_environment_gives_the_defaults() -> None:
    """Which need nothing else to be installed."""

    assert load_settings({}) == Settings()


def test_other_variables_are_nobodys_business() -> None:
    """Only those that begin like ours are read."""

    assert load_settings({"PATH": "/bin", "PORT": "x"}) == Settings()


def test_an_empty_variable_is_unset() -> None:
    """As shells and container files leave them."""

    assert load_settings({"GUTSY_PORT": "", "GUTSY_NONSENSE": ""}) == Settings()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_each_text_can_be_set(name: str) -> None:
    """By the variable of its name."""

    assert getattr(load_settings({variable(name): TEXTS[name]}), name) == TEXTS[name]


@pytest.mark.parametrize("name", sorted(RANGED))
def test_each_number_can_be_set_to_the_ends_of_its_range(name: str) -> None:
    """And is a number then."""
    field = name.removeprefix(PREFIX).lower()
    ends = [int(end) for end in RANGED[name]]

    assert ends == [getattr(load_settings({name: str(end)}), field) for end in ends]


@pytest.mark.parametrize("name", sorted(RANGED))
@pytest.mark.parametrize("beyond", [-1, 1])
def test_no_number_goes_beyond_its_range(name: str, beyond: int) -> None:
    """The error names the variable."""
    lowest, highest = (int(end) for end in RANGED[name])
    value = lowest - 1 if beyond < 0 else highest + 1

    with pytest.raises(SettingsError, match=name):
        load_settings({name: str(value)})


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_each_choice_can_be_made_and_no_other(name: str) -> None:
    """The error names the variable."""
    field = name.removeprefix(PREFIX).lower()
    made = [getattr(load_settings({name: choice}), field) for choice in CHOICES[name]]

    assert CHOICES[name] == made
    with pytest.raises(SettingsError, match=name):
        load_settings({name: "perhaps"})


@pytest.mark.parametrize("value", ["many", "1.5", "0x10"])
def test_what_is_no_number_is_refused(value: str) -> None:
    """Rather than guessed."""

    with pytest.raises(SettingsError, match="GUTSY_PORT"):
        load_settings({"GUTSY_PORT": value})


def test_every_setting_is_a_text_or_has_a_range() -> None:
    """Or choices: so that the tests above see them all."""
    others = {name.removeprefix(PREFIX).lower() for name in (*RANGED, *CHOICES)}
    covered = set(TEXTS) | others | {"redis_url"}

    assert covered == set(Settings.__struct_fields__)


def test_a_variable_that_is_no_setting_is_refused() -> None:
    """A slip of the pen must not go unseen."""

    with pytest.raises(SettingsError, match="GUTSY_PROT is not a setting"):
        load_settings({"GUTSY_PROT": "80"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_tests_and_demos_may_bend_the_rules_on_this_machine(host: str) -> None:
    """Ruleset 0 and a shifted clock."""
    settings = load_settings(
        {"GUTSY_HOST": host, "GUTSY_RULESET": "0", "GUTSY_CLOCK_OFFSET_MS": "-5"}
    )

    assert (settings.ruleset, settings.clock_offset_ms) == (0, -5)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "gutsy.example", "::"])
@pytest.mark.parametrize("bent", [{"GUTSY_RULESET": "0"}, {"GUTSY_CLOCK_OFFSET_MS": "1"}])
def test_where_others_come_in_the_rules_and_the_clock_are_real(
    host: str, bent: dict[str, str]
) -> None:
    """It would be cheating."""

    with pytest.raises(SettingsError):
        load_settings({"GUTSY_HOST": host, **bent})


@pytest.mark.parametrize("name", ["GUTSY_SECRET", "GUTSY_METRICS_TOKEN"])
def test_a_secret_that_could_be_guessed_is_refused(name: str) -> None:
    """And is not shown."""
    with pytest.raises(SettingsError) as problem:
        load_settings({name: "hunter2"})

    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("name", ["database_url", "keys_url"])
def test_other_databases_are_refused(name: str) -> None:
    """The error names the setting; it does not show what may hold a password."""
    with pytest.raises(SettingsError, match=variable(name)) as problem:
        load_settings({variable(name): "mysql://gutsy:hunter2@localhost/gutsy"})

    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("keys", ["postgresql://localhost/keys", "sqlite:///keys.db"])
def test_a_log_in_postgres_has_its_keys_elsewhere(keys: str) -> None:
    """In another database, or in a file of the only node."""
    settings = load_settings(
        {"GUTSY_DATABASE_URL": "postgresql://localhost/gutsy", "GUTSY_KEYS_URL": keys}
    )

    assert settings.keys_url == keys


@pytest.mark.parametrize("keys", [{}, {"GUTSY_KEYS_URL": "postgresql://localhost/gutsy"}])
def test_a_log_in_postgres_does_not_share_its_place_with_keys(keys: dict[str, str]) -> None:
    """No backup of the log may hold them, and no node may have some of its own unasked."""
    with pytest.raises(SettingsError, match="GUTSY_KEYS_URL"):
        load_settings({"GUTSY_DATABASE_URL": "postgresql://localhost/gutsy", **keys})


@pytest.mark.parametrize(
    "url",
    ["redis://localhost", "rediss://me:word@redis.example:6380/1", "redis://[::1]/?cluster=1"],
)
def test_a_redis_is_named_by_its_url(url: str) -> None:
    """With TLS or without, alone or a cluster."""

    assert url == load_settings({"GUTSY_REDIS_URL": url}).redis_url


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis://localhost:port",
        "redis://a/?cluster=yes",
        "redis://a/?a=b",
    ],
)
def test_what_is_no_url_of_a_redis_is_refused(url: str) -> None:
    """Also where it is nearly one."""

    with pytest.raises(SettingsError, match="GUTSY_REDIS_URL"):
        load_settings({"GUTSY_REDIS_URL": url})


def test_origins_stand_in_a_list() -> None:
    """With or without a slash at the end."""
    settings = load_settings({"GUTSY_ORIGINS": "https://a.example, https://b.example/ ,"})

    assert frozenset({"https://a.example", "https://b.example"}) == settings.allowed_origins


def test_the_data_folder_is_a_path() -> None:
    """As the parts want it."""

    assert Settings(data_dir="/tmp/x").data_path == Path("/tmp/x")


def test_every_setting_is_documented_with_its_meaning() -> None:
    """In the order of the file, under its variable."""
    rows = documented()

    assert [variable(name) for name in Settings.__struct_fields__] == [r.variable for r in rows]
    assert all(row.meaning.endswith(".") for row in rows)


def test_a_documented_default_is_the_default() -> None:
    """Unset where there is none."""
    defaults = {
        variable(field.name): str(field.default) for field in msgspec.structs.fields(Settings)
    }

    assert [row.default for row in documented()] == [
        "unset" if defaults[row.variable] in ("None", "") else defaults[row.variable]
        for row in documented()
    ]
