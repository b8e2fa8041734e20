"""The files for containers: no engine is here; they are read, and held against what they name."""

import fnmatch
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it says nothing of its types

from server.app import SHUTDOWN_S
from server.edge.calls import CALLS
from server.settings import Settings, documented, load_settings
from tests.running.examples import EXAMPLES, NODES

ROOT = EXAMPLES.parent.parent
COMPOSE = EXAMPLES / "compose.yaml"
CONTAINERFILE = (EXAMPLES / "Containerfile").read_text()
GIVEN = {
    "POSTGRES_PASSWORD": "password",
    "GUTSY_SECRET": "as long as a secret has to be, and some",
    "GUTSY_ORIGINS": "https://gutsy.example",
}
"""What the operator's own .env has."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, as an engine with that .env would read it."""
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: GIVEN[found[1]], COMPOSE.read_text())
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def instructions() -> Iterator[tuple[str, str]]:
    """Each line of the Containerfile: what it does, and with what."""
    lines = re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, lines.splitlines()):
        name, _, rest = line.partition(" ")
        yield name, rest.strip()


def nodes(compose: dict[str, Any]) -> dict[str, Any]:
    """The services that are Gutsy."""
    return {name: one for name, one in compose["services"].items() if one["image"] == "gutsy"}


def test_the_compose_file_is_one_by_its_specification() -> None:
    """By its schema, which comes with the package that checks."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(COMPOSE)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_node_takes_the_settings_that_it_is_given(compose: dict[str, Any]) -> None:
    """With those of the image, and none of them is a slip of the pen."""
    image = dict(re.findall(r"(GUTSY_\w+)=(\S+)", CONTAINERFILE))
    taken = [load_settings(image | one["environment"]) for one in nodes(compose).values()]

    assert len(taken) == 3
    assert set(image) <= {row.variable for row in documented()}


def test_all_nodes_share_what_they_must(compose: dict[str, Any]) -> None:
    environments = [one["environment"] for one in nodes(compose).values()]

    assert environments == environments[:1] * 3


def test_the_keys_are_on_another_server_than_the_log(compose: dict[str, Any]) -> None:
    """No copy of the log's server holds them."""
    places = load_settings(nodes(compose)["node-1"]["environment"])
    hosts = [re.findall(r"@(\w+)/", url or "") for url in (places.database_url, places.keys_url)]

    assert hosts == [["log"], ["keys"]]
    assert compose["services"]["log"]["volumes"] != compose["services"]["keys"]["volumes"]


def test_nothing_secret_stands_in_the_files() -> None:
    """It comes from .env, which the build does not see."""
    secret = r"^ *\w*(?:PASSWORD|SECRET)\w*: (.*)$"
    given = re.findall(secret, COMPOSE.read_text(), re.MULTILINE)

    assert {"${POSTGRES_PASSWORD:?in .env}", "${GUTSY_SECRET:?in .env}"} == set(given)
    assert re.findall(r"PASSWORD|SECRET|TOKEN", CONTAINERFILE) == []


def test_what_is_waited_for_says_when_it_is_well(compose: dict[str, Any]) -> None:
    """Nodes do so by the image."""
    services = compose["services"]
    waited = {name for one in services.values() for name in one.get("depends_on", ())}

    assert {"log", "keys", "redis", "node-1"} == waited
    assert [n for n in waited - {"node-1"} if "healthcheck" not in services[n]] == []


def test_the_image_is_asked_whether_it_is_alive() -> None:
    """At a call that there is, and that one who drains answers."""
    health = dict(instructions())["HEALTHCHECK"]
    (path,) = re.findall(r"127\.0\.0\.1:8000(/\w+)", health)

    assert path in {call.path for call in CALLS} - {"/readyz"}


def test_a_node_has_time_to_drain(compose: dict[str, Any]) -> None:
    """Else it is killed while its players move on."""
    for one in nodes(compose).values():
        grace_s = int(one["stop_grace_period"].removesuffix("s"))
        settings = load_settings(one["environment"])

        assert grace_s > settings.drain_ms / 1000 + SHUTDOWN_S
        assert settings.drain_ms > Settings().drain_ms


def test_the_balancer_finds_the_nodes(compose: dict[str, Any]) -> None:
    """At the addresses of its own example."""
    addresses = [one["networks"]["inside"]["ipv4_address"] for one in nodes(compose).values()]

    assert re.findall(r"([\d.]+):8000", NODES) == addresses


def test_every_file_that_the_image_is_made_of_is_there_and_seen() -> None:
    """Not shut out by the list of what the build sees."""
    listed = (EXAMPLES / "Containerfile.dockerignore").read_text().splitlines()
    seen = [line[1:] for line in listed if line.startswith("!")]
    copied = [
        source.rstrip("/")
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]

    assert len(copied) > 5
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in copied if not any(fnmatch.fnmatch(path, f"{s}*") for s in seen)] == []


def test_the_image_holds_what_the_server_is_made_of() -> None:
    """Every package that ships, and the built client where it looks for it."""
    copied = " ".join(rest for name, rest in instructions() if name == "COPY")

    assert [name for name in ("domain/", "projections/", "server/") if name not in copied] == []
    assert "/opt/gutsy/clients/web/dist/ /opt/gutsy/clients/web/dist/" in copied


def test_the_image_runs_as_nobody_in_particular() -> None:
    """By number, so that engines can tell that it is not root."""
    users = [rest for name, rest in instructions() if name == "USER"]

    assert len(users) == 1
    assert int(users[0]) > 0


def test_every_line_of_the_containerfile_is_an_instruction() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "VOLUME", "USER", "EXPOSE", "HEALTHCHECK"}

    assert {name for name, _ in instructions()} <= known | {"ENTRYPOINT", "CMD"}
