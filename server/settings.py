"""Every setting of the server: its environment variable, unit, default and range.

Read once, at start-up, by ``app``; ``docs/settings.md`` is generated from this file.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeGuard, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Meta, Struct

PREFIX = "GUTSY_"
SECRET_LENGTH = 32
"""Characters below which a secret could be guessed."""


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says why."""


def _about(text: str, unit: str = "", ge: int | None = None, le: int | None = None) -> Meta:
    return Meta(description=text, extra={"unit": unit}, ge=ge, le=le)


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
Port = Annotated[int, _about("Port of the web page, the API and the socket.", "", 0, 65535)]


class Settings(Struct, frozen=True, kw_only=True):
    """What can be set. The environment variable is the name in capitals after ``GUTSY_``."""

    host: Annotated[str, _about("Address to listen on.")] = "127.0.0.1"
    port: Port = 8000
    data_dir: Annotated[str, _about("Folder for the log, the keys and the secret.")] = "./.gutsy"
    database_url: Annotated[
        str | None,
        _about(
            "Where the event log and the read models live: postgresql://USER:PASSWORD@HOST/DATABASE,"
            " or sqlite:///PATH for the log alone; unset: SQLite in the data folder."
        ),
    ] = None
    keys_url: Annotated[
        str | None,
        _about(
            "Where the keys of personal text live, as for GUTSY_DATABASE_URL, and in another"
            " database than that: no backup of the log may hold them. With a log in PostgreSQL it"
            " must be set; unset otherwise: a second SQLite file in the data folder."
        ),
    ] = None
    secret: Annotated[
        str | None,
        _about("Keys tickets, claims and hashes; unset: made and kept there.", "32+ characters"),
    ] = None
    redis_url: Annotated[
        str | None,
        _about(
            "Redis, by which several nodes on one log hear of each other at once: redis:// or, with"
            " TLS, rediss://, and ?cluster=1 for a Redis Cluster. Unset: this node is alone."
        ),
    ] = None
    origins: Annotated[
        str, _about("Origins that browsers may come from, by comma; empty: the server's own host.")
    ] = ""
    trusted_proxies: Annotated[
        int, _about("How many proxies in front add to X-Forwarded-For.", "proxies", 0, 8)
    ] = 0
    metrics_token: Annotated[
        str | None,
        _about(
            "Who has it as a bearer token may read /metrics; unset: only programs on this machine"
            " that come without a proxy.",
            "32+ characters",
        ),
    ] = None
    log_level: Annotated[
        LogLevel,
        _about("Least that the server's own log lines are worth; libraries: warnings and up."),
    ] = "info"
    log_format: Annotated[
        LogFormat,
        _about("Log lines as JSON or for reading; auto: for reading where that is a terminal."),
    ] = "auto"
    ruleset: Annotated[int, _about("Numbers of the game; 0 is for tests and demos.", "", 0, 1)] = 1
    clock_offset_ms: Annotated[
        int, _about("Shift of wall time, for demos and tests.", "ms", -(10**13), 10**13)
    ] = 0

    max_message_bytes: Annotated[
        int, _about("Largest message on the socket, and body on HTTP.", "bytes", 1024, 1 << 20)
    ] = 16_384
    messages_per_s: Annotated[int, _about("Messages from a socket.", "1/s", 1, 10_000)] = 20
    message_burst: Annotated[int, _about("Messages at once.", "messages", 1, 100_000)] = 40
    commands_per_s: Annotated[int, _about("Commands from a player.", "1/s", 1, 10_000)] = 5
    command_burst: Annotated[int, _about("Commands at once.", "commands", 1, 100_000)] = 20
    squads_per_connection: Annotated[int, _about("Squads a socket may follow.", "", 1, 1000)] = 32
    connections_per_player: Annotated[int, _about("Sockets of one player.", "", 1, 1000)] = 8
    sockets_per_ip: Annotated[int, _about("Sockets from one address.", "", 1, 1_000_000)] = 300
    handshakes_per_min: Annotated[
        int, _about("Handshakes from one address.", "1/min", 1, 10_000_000)
    ] = 100
    guests_per_hour: Annotated[
        int, _about("New guests from one address.", "1/h", 1, 10_000_000)
    ] = 60
    lookups_per_min: Annotated[
        int, _about("Invite codes looked at from one address.", "1/min", 1, 10_000_000)
    ] = 60
    sign_ins_per_min: Annotated[
        int, _about("Codes for another device tried from one address.", "1/min", 1, 10_000_000)
    ] = 20
    player_sign_ins_per_min: Annotated[
        int,
        _about(
            "Sign-ins of one player: codes made for another device, and coming in by a guest id.",
            "1/min",
            1,
            10_000_000,
        ),
    ] = 5
    joins_per_hour: Annotated[
        int, _about("Joins and requests to join from one address.", "1/h", 1, 10_000_000)
    ] = 30
    high_water_bytes: Annotated[
        int, _about("Unsent bytes that pause a socket.", "bytes", 1024, 1 << 24)
    ] = 65_536
    paused_ms: Annotated[
        int, _about("How long a socket may stay paused before 4501.", "ms", 100, 600_000)
    ] = 10_000
    ping_ms: Annotated[int, _about("Time between pings.", "ms", 100, 600_000)] = 25_000
    silence_ms: Annotated[
        int, _about("Silence after a ping that closes with 4502.", "ms", 100, 600_000)
    ] = 10_000
    head_ms: Annotated[
        int,
        _about("Time for the head of an HTTP request, from the connection on.", "ms", 100, 600_000),
    ] = 10_000
    body_ms: Annotated[
        int, _about("Time for the body of an HTTP request, from its head on.", "ms", 100, 600_000)
    ] = 20_000
    max_head_bytes: Annotated[
        int, _about("Largest head of an HTTP request.", "bytes", 4096, 1 << 20)
    ] = 65_536
    unfinished_requests_per_ip: Annotated[
        int,
        _about("Connections from one address whose request is not whole.", "", 1, 1_000_000),
    ] = 200
    unfinished_requests: Annotated[
        int, _about("Connections in all whose request is not whole.", "", 1, 1_000_000)
    ] = 2_000
    hello_ms: Annotated[int, _about("Time to say hello.", "ms", 100, 60_000)] = 5_000
    heads_poll_ms: Annotated[
        int, _about("Time between reads of the log's heads.", "ms", 100, 60_000)
    ] = 5_000
    drain_ms: Annotated[
        int,
        _about(
            "How long a server that was told to end (SIGTERM) still serves its sockets, so that"
            " they move to another node; 0, and Ctrl+C: not at all. With one node there is none to"
            " move to; with several: longer than the balancer's health checks take, such as 20000.",
            "ms",
            0,
            600_000,
        ),
    ] = 1_000
    queue_limit: Annotated[
        int, _about("Commands waiting before BUSY.", "commands", 1, 1_000_000)
    ] = 8_192

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data_dir)

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The stated origins; empty means the server's own host."""
        return frozenset(o.strip().rstrip("/") for o in self.origins.split(",") if o.strip())


def is_postgres(url: str | None) -> TypeGuard[str]:
    """Whether a database is PostgreSQL's."""
    return url is not None and url.startswith("postgresql://")


def is_database(url: str) -> bool:
    """Whether this names a database as the settings take it."""
    return is_postgres(url) or url.startswith("sqlite:///")


def is_loopback(host: str) -> bool:
    """Whether a name or an address means the machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Documented(Struct, frozen=True):
    """One setting as its documentation shows it."""

    variable: str
    meaning: str
    unit: str
    default: str
    range: str


def load_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment gives.

    Raises:
        SettingsError: for a value out of range, an unknown ``GUTSY_`` variable, or a combination
            that would be unsafe.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value != ""
    }
    unknown = sorted(set(given) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingsError(f"{PREFIX}{unknown[0].upper()} is not a setting.")
    settings = Settings()
    for name, value in given.items():
        try:
            one = msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at")[0]
            raise SettingsError(f"{PREFIX}{name.upper()}: {reason}.") from error
        settings = msgspec.structs.replace(settings, **{name: getattr(one, name)})
    _check(settings)
    return settings


def documented() -> list[Documented]:
    """Every setting, in the order of the file."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        meta: Meta = hints[field.name].__metadata__[0]
        unit = (meta.extra or {}).get("unit", "")
        bounds = "" if meta.ge is None else f"{meta.ge} … {meta.le}"
        if get_origin(hints[field.name].__origin__) is Literal:
            bounds = ", ".join(get_args(hints[field.name].__origin__))
        default = "unset" if field.default in (None, "") else str(field.default)
        rows.append(
            Documented(PREFIX + field.name.upper(), meta.description or "", unit, default, bounds)
        )
    return rows


def _is_redis(url: str) -> bool:
    """Whether it names a Redis, and nothing in it is misread for something else."""
    try:
        parsed = urlsplit(url)
        queried = parse_qs(parsed.query, keep_blank_values=True, strict_parsing=bool(parsed.query))
        is_cluster = queried.pop("cluster", ["0"]) in (["0"], ["1"])
        is_known = all(name.startswith("ssl_") for name in queried)
        is_scheme = parsed.scheme in ("redis", "rediss")
        return is_scheme and parsed.port != 0 and is_cluster and is_known
    except ValueError:
        return False


def _check(settings: Settings) -> None:
    if not settings.is_loopback and (settings.ruleset != 1 or settings.clock_offset_ms):
        raise SettingsError(
            f"{PREFIX}RULESET other than 1 and {PREFIX}CLOCK_OFFSET_MS are for a loopback host."
        )
    for name in ("secret", "metrics_token"):
        value = getattr(settings, name)
        if value is not None and len(value) < SECRET_LENGTH:
            raise SettingsError(f"{PREFIX}{name.upper()}: at least {SECRET_LENGTH} characters.")
    if settings.redis_url is not None and not _is_redis(settings.redis_url):
        raise SettingsError(
            f"{PREFIX}REDIS_URL: redis://HOST:PORT, or rediss:// with TLS; ?cluster=1 for a"
            " Redis Cluster."
        )
    for name in ("database_url", "keys_url"):
        url = getattr(settings, name)
        if url is not None and not is_database(url):
            raise SettingsError(f"{PREFIX}{name.upper()}: sqlite:///PATH or postgresql://….")
    if is_postgres(settings.database_url):
        # Left unset it would mean a file of this node, and other nodes' words would look erased.
        if settings.keys_url is None:
            raise SettingsError(
                f"{PREFIX}KEYS_URL: name where the keys live when the log is in PostgreSQL: another"
                " database of it, or sqlite:///PATH if there will only be one node."
            )
        if settings.keys_url == settings.database_url:
            raise SettingsError(f"{PREFIX}KEYS_URL: another database than {PREFIX}DATABASE_URL.")
