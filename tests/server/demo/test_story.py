"""The evening as the terminal tells it."""

import pytest

from domain.battles.state import BattleState
from projections.squad_view import SquadView
from server.demo.story import sentence, standing
from server.protocol.views import BattleScore, BattleTable
from tests.server.demo.test_deeds import OF

VIEW = SquadView(
    roster={"mia": {"handle": "Mia"}, "pim": {"handle": "Pim [red]"}, "otto": {"handle": "Otto"}},
    battle={"battle": "battle-1", "host": "mia"},
)


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
        (told("battle.opened", duration_ms=180_000), "Mia calls for a battle: 3 minutes."),
        (told("battle.opened", duration_ms=60_000), "Mia calls for a battle: 1 minute."),
        (told("battle.opened", duration_ms=20_000), "Mia calls for a battle: 20 seconds."),
        (told("battle.joined", player="mia"), None),
        (told("battle.joined", by="otto", player="otto"), "Otto joins the battle."),
        (told("battle.left", by="otto", player="otto"), "Otto leaves the battle."),
        (told("battle.went_live", by=None), "[bold]The battle is on.[/]"),
        (
            told("battle.grace_started", by=None),
            "Time is up. Whoever is out there may still tell.",
        ),
        (told("battle.finished", by=None), None),
        (told("battle.cancelled"), "The battle is called off."),
        (
            told("dare.issued", target="mia", card="which-apple", battle="battle-1"),
            "Mia takes a card: Pick my apple",
        ),
        (told("dare.accepted", battle="battle-1"), None),
        (told("dare.started", doubled=True), "Mia is going in, doubled down …"),
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


def table(
    *points: tuple[str, int],
    state: BattleState = BattleState.LIVE,
    battle: str = "battle-1",
) -> BattleTable:
    """A table, best first."""
    rows = [
        BattleScore(
            player=player,
            points=had,
            rejections=0,
            reports=int(had > 0),
            rank=1 + sum(other > had for _, other in points),
        )
        for player, had in points
    ]
    return BattleTable(battle=battle, state=state, n=1, rows=rows)


OVER = BattleState.FINISHED
NONE_YET, OTTO = table(("otto", 0), ("mia", 0)), table(("otto", 3), ("mia", 1))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, NONE_YET, None),
        (NONE_YET, table(("mia", 1), ("otto", 0)), "Mia is ahead with 1 point."),
        (None, OTTO, "Otto is ahead with 3 points."),
        (table(("otto", 3), battle="battle-0"), OTTO, "Otto is ahead with 3 points."),
        (table(("otto", 2), ("mia", 1)), OTTO, None),
        (OTTO, table(("mia", 3), ("otto", 3)), "Mia and Otto are level with 3 points."),
        (
            OTTO,
            table(("otto", 3), ("mia", 1), state=OVER),
            "[bold]The battle is over: Otto wins it with 3 points.[/]",
        ),
        (
            OTTO,
            table(("mia", 3), ("otto", 3), state=OVER),
            "[bold]The battle is over: Mia and Otto share it, each with 3 points.[/]",
        ),
        (
            NONE_YET,
            table(("otto", 0), state=OVER),
            "The battle is over, and nobody has told of anything.",
        ),
        (table(("otto", 3), state=OVER), table(("otto", 3), state=OVER), None),
        (None, table(("otto", 3), state=OVER), None),
    ],
)
def test_who_leads_and_who_has_won_is_told_once(
    before: BattleTable | None, now: BattleTable, expected: str | None
) -> None:
    assert expected == standing(before, now, VIEW)
