"""The evening as the terminal tells it."""

import pytest

from projections.squad_view import SquadView
from server.demo.story import sentence
from tests.server.demo.test_deeds import OF

VIEW = SquadView(roster={"mia": {"handle": "Mia"}, "pim": {"handle": "Pim [red]"}})


def told(kind: str, by: str | None = "mia", **body: object) -> str | None:
    """An event in words."""
    return sentence((1, kind, 1, by, None, body), VIEW, OF)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (told("member.joined", player="mia"), "Mia comes in."),
        (told("member.left", player="mia"), "Mia goes home."),
        (told("dare.started"), "Mia is going in …"),
        (
            told("dare.issued", target="gone", card="which-apple"),
            "Mia dares Somebody: Pick my apple",
        ),
        (told("dare.issued", target="gone", text="Hum."), "Mia dares Somebody: Hum."),
        (told("dare.reported", outcome="GRANTED"), "Mia reports: [green]yes[/]."),
        (
            told("dare.reported", outcome="MIXED", line="Maybe."),
            "Mia reports: a bit of both. Maybe.",
        ),
        (told("cheer.given", target="mia", emoji="🔥"), "Mia cheers for Mia 🔥"),
        (told("invite.issued"), None),
    ],
)
def test_an_event_is_a_sentence(words: str | None, expected: str | None) -> None:
    assert expected == words


@pytest.mark.parametrize("kind", ["dare.declined", "dare.bailed"])
def test_who_said_not_today_is_not_told(kind: str) -> None:
    """INV-D6 on the terminal too."""

    assert "Mia" not in (told(kind) or "Mia")


def test_a_name_is_no_markup() -> None:
    assert r"Pim \[red] is going in …" == told("dare.started", by="pim")
