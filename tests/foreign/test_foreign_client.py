"""The protocol as a stranger reads it: a client in Node walks every step, and this is its diary."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.provision.node import node_path, npm_cli_path
from tests.server.serving import process
from tests.server.world import Message

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules" / ".package-lock.json"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def packages() -> Path:
    """The client's npm packages, installed exactly as they are pinned."""
    lock = HERE / "package-lock.json"
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < lock.stat().st_mtime:
        node = node_path()
        path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            [node, npm_cli_path(), "ci", "--no-audit", "--no-fund"],
            cwd=HERE,
            env={**os.environ, "PATH": path},
            check=True,
            capture_output=True,
        )
        INSTALLED.touch()
    return INSTALLED.parent


@pytest.fixture(scope="module")
def diary(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Message:
    """What the client saw, step by step."""
    assert packages.is_dir()
    with process(tmp_path_factory.mktemp("data"), ping_ms=1_500) as server:
        client = subprocess.run(
            [node_path(), HERE / "client.js", server.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert client.returncode == 0, client.stderr
    diary: Message = json.loads(client.stdout)
    return diary


def test_welcome_says_all_that_a_client_needs(diary: Message) -> None:
    """Who it is, which log, the limits."""
    welcome = diary["welcome"]

    assert {"t", "v", "u", "l", "now", "exp", "ping", "max", "s"} == set(welcome)
    assert ("gutsy.v1", 1, diary["player"], 1_500, 16_384, {}) == (
        diary["subprotocol"],
        welcome["v"],
        welcome["u"],
        welcome["ping"],
        welcome["max"],
        welcome["s"],
    )


def test_one_own_page_follows(diary: Message) -> None:
    """With everything at its beginning."""

    assert tuple(diary["me"]["b"][name] for name in ("handle", "xp", "level", "squads")) == (
        "Ada L",
        0,
        1,
        [],
    )


def test_a_command_is_acknowledged_and_again(diary: Message) -> None:
    """The same but for ``dup``, whatever the order of its keys."""

    assert (2, diary["squad"]) == (diary["created"]["n"], diary["created"]["s"])
    assert {**diary["created"], "dup": True} == diary["dup"]


@pytest.mark.parametrize(
    ("step", "code", "field"),
    [
        ("reused", "COMMAND_ID_REUSED", None),
        ("refused", "BAD_INPUT", "tz"),
        ("unknown_command", "UNKNOWN_KIND", "k"),
        ("unknown", "UNKNOWN_KIND", None),
    ],
)
def test_a_no_has_a_code_and_perhaps_a_field(
    diary: Message, step: str, code: str, field: str | None
) -> None:
    """And a sentence."""

    assert ("err", code, field, True) == (
        diary[step]["t"],
        diary[step]["c"],
        diary[step].get("f"),
        bool(diary[step]["m"]),
    )


def test_sub_from_the_start_brings_everything_and_live(diary: Message) -> None:
    """In one batch; then the week's board."""
    (batch, live) = diary["from_the_start"]

    assert (
        diary["sub"]["b"],
        batch["t"],
        batch["n"],
        [row[0] for row in batch["b"]],
    ) == ({"head": 2}, "evs", 1, ["squad.created", "member.joined"])
    assert {"t": "live", "s": diary["squad"], "n": 2} == live
    assert (diary["week"]["b"]["state"], len(diary["week"]["b"]["rows"])) == ("OPEN", 1)


def test_a_code_is_its_makers_and_lets_in(diary: Message) -> None:
    """A visitor sees the squad before joining."""

    assert diary["invite"]["b"]["code"] == diary["invite_event"]["b"]["code"]
    assert tuple(diary["invitation"][name] for name in ("name", "members", "invited_by")) == (
        "Foreigners",
        1,
        "Ada L",
    )
    assert diary["joined"]["b"] == {"squad": diary["squad"]}


def test_sub_without_a_number_brings_a_snapshot(diary: Message) -> None:
    """The state so far, with the last events."""
    (snap, live) = diary["snap"]

    assert (snap["t"], snap["n"], live["t"], live["n"]) == ("snap", 4, "live", 4)
    assert (
        snap["b"]["name"],
        [member["handle"] for member in snap["b"]["roster"]],
        [row[0] for row in snap["b"]["feed"]],
    ) == ("Foreigners", ["Ada L", "Bob R"], [1, 2, 3, 4])


def test_a_squad_of_others_is_minus_one(diary: Message) -> None:
    """Until one has joined; then all of it may be replayed."""

    assert {diary["squad"]: -1} == diary["stranger"]
    assert (
        diary["replay"][0]["t"],
        diary["replay"][0]["n"],
        len(diary["replay"][0]["b"]),
    ) == ("evs", 1, 5)


def test_an_offer_is_seen_by_two_and_a_blank_for_the_third(diary: Message) -> None:
    """The two see the same."""
    issuer, target, other = diary["offer"]

    assert ("dare.issued", target, {"t": "ev", "s": diary["squad"], "n": 6}) == (
        issuer["k"],
        issuer,
        other,
    )


def test_inv_d6_who_declined_is_not_told(diary: Message) -> None:
    """The issuer learns that it was not taken, without who or by what."""
    issuer, target, other = diary["declined"]

    assert ("dare.not_taken", {"t", "s", "n", "k", "at", "b"}, ["dare"]) == (
        issuer["k"],
        set(issuer),
        list(issuer["b"]),
    )
    assert ("dare.declined", {"t": "ev", "s": diary["squad"], "n": 7}) == (target["k"], other)


def test_own_words_arrive_in_plain(diary: Message) -> None:
    """However they are kept."""

    assert (
        diary["own_words"]["text"],
        diary["own_words"]["categories"],
    ) == ("Ask for a purple umbrella", ["money"])


def test_http_and_socket_are_one_door(diary: Message) -> None:
    """The same answer, the same exactly-once, and the event with the command's id."""
    ack, dup = diary["http_ack"], diary["http_dup"]

    assert (200, 200, {**ack["body"], "dup": True}) == (ack["status"], dup["status"], dup["body"])
    assert (ack["body"]["id"], "REJECTED", "No!") == (
        diary["reported"]["c"],
        diary["reported"]["b"]["outcome"],
        diary["reported"]["b"]["line"],
    )


def test_views_show_what_a_report_changed(diary: Message) -> None:
    """The board to the squad, the XP to whom it belongs."""

    assert [(row["handle"], row["score"], row.get("rank")) for row in diary["board"]] == [
        ("Bob R", 82, 1),
        ("Ada L", 5, 2),
        ("Cleo P", 0, None),
    ]
    assert (diary["mine"]["xp"], diary["mine"]["recent"][0]["outcome"]) == (82, "REJECTED")


def test_a_ping_names_the_heads(diary: Message) -> None:
    """Of what is followed."""

    assert {diary["squad"]} == set(diary["ping"]["h"])


def test_auth_and_unsub_are_acknowledged(diary: Message) -> None:
    """As everything with an id."""

    assert [diary["auth"]["t"], diary["unsub"]["t"]] == ["ack", "ack"]
    assert diary["auth"]["b"]["exp"] >= diary["welcome"]["exp"]


def test_whoever_comes_back_gets_exactly_what_is_missing(diary: Message) -> None:
    """And everything anew when the log is another."""
    (batch, live) = diary["resumed"]

    assert (batch["t"], batch["n"], len(batch["b"]), live["n"]) == ("evs", 8, 4, 11)
    assert diary["other_log"] == ["snap", "live"]


def test_inv_s6_a_leaver_sees_the_leave_and_nothing_after_it(diary: Message) -> None:
    """Then ``out``, and no more of this squad."""

    assert [(message["t"], message.get("k")) for message in diary["left"]] == [
        ("ev", "member.left"),
        ("out", None),
    ]


def test_what_breaks_the_protocol_closes_with_its_code(diary: Message) -> None:
    """Each its own."""

    assert diary["closes"] == {
        "text": 1003,
        "no message": 4400,
        "no hello first": 4400,
        "no ticket": 4401,
        "another version": 4426,
        "too big": 1009,
    }
    assert diary["statuses"] == {"subprotocol": 400, "origin": 403}
    assert diary["own_close"] == 1005
