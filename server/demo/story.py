"""The evening told on the terminal: one event, one sentence. Pure.

Who said "not today" is not told here either.
"""

from collections.abc import Mapping
from typing import cast

from domain.battles.state import BattleState
from domain.ids import MINUTE_MS, SECOND_MS
from projections.squad_view import Seen, SquadView
from server.protocol.views import BattleScore, BattleTable, DeckCard

OUTCOMES = {
    "REJECTED": "[bold red]NO[/]",
    "IGNORED": "ignored",
    "MIXED": "a bit of both",
    "GRANTED": "[green]yes[/]",
}


def sentence(seen: Seen, view: SquadView, cards: Mapping[str, DeckCard]) -> str | None:
    """What happened, in rich's markup; None for what is no news."""
    _, kind, _, by, _, body = seen

    def name(player: object) -> str:
        return _name(view, player)

    match kind:
        case "battle.opened":
            return f"{name(by)} calls for a battle: {_span(cast(int, body['duration_ms']))}."
        case "battle.joined":
            is_host = view.battle is not None and view.battle["host"] == body["player"]
            return None if is_host else f"{name(body['player'])} joins the battle."
        case "battle.left":
            return f"{name(body['player'])} leaves the battle."
        case "battle.went_live":
            return "[bold]The battle is on.[/]"
        case "battle.grace_started":
            return "Time is up. Whoever is out there may still tell."
        case "battle.cancelled":
            return "The battle is called off."
        case "dare.issued" if body.get("battle"):
            return f"{name(by)} takes a card: {_what(body, cards)}"
        case "dare.accepted" if body.get("battle"):
            return None  # with the card
        case "member.joined":
            return f"{name(body['player'])} comes in."
        case "member.left":
            return f"{name(body['player'])} goes home."
        case "dare.issued":
            return f"{name(by)} dares {name(body['target'])}: {_what(body, cards)}"
        case "dare.accepted":
            return f"{name(by)} says: I'm in."
        case "dare.started":
            doubled = ", doubled down" if body.get("doubled") else ""
            return f"{name(by)} is going in{doubled} …"
        case "dare.declined" | "dare.bailed":
            return "Somebody says: not today. That's free."
        case "dare.reported":
            line = body.get("line")
            said = f" {_plain(str(line))}" if line else ""
            return f"{name(by)} reports: {OUTCOMES[str(body['outcome'])]}.{said}"
        case "cheer.given":
            return f"{name(by)} cheers for {name(body['target'])} {body['emoji']}"
        case _:
            return None


def standing(before: BattleTable | None, table: BattleTable, view: SquadView) -> str | None:
    """Who leads or has won; None while that is as it was ``before``."""
    first = _first(table)
    names = " and ".join(_name(view, row.player) for row in first)
    points = f"{first[0].points} point{'s' * (first[0].points != 1)}" if first else ""
    if before is not None and before.battle != table.battle:
        before = None
    if table.state is BattleState.FINISHED:
        # One that was over when the evening began is no news.
        if before is None or before.state is BattleState.FINISHED:
            return None
        if not first:
            return "The battle is over, and nobody has told of anything."
        shares = "share it, each" if len(first) > 1 else "wins it"
        return f"[bold]The battle is over: {names} {shares} with {points}.[/]"
    led = [] if before is None else _first(before)
    if not first or {row.player for row in led} == {row.player for row in first}:
        return None
    return f"{names} {'are level' if len(first) > 1 else 'is ahead'} with {points}."


def _first(table: BattleTable) -> list[BattleScore]:
    return [row for row in table.rows if row.rank == 1 and row.reports]


def _name(view: SquadView, player: object) -> str:
    handle = view.roster.get(str(player), {}).get("handle")
    return _plain(str(handle or "Somebody"))


def _span(span_ms: int) -> str:
    if span_ms < MINUTE_MS:
        return f"{span_ms // SECOND_MS} seconds"
    return f"{span_ms // MINUTE_MS} minute{'s' * (span_ms >= 2 * MINUTE_MS)}"


def _what(body: Mapping[str, object], cards: Mapping[str, DeckCard]) -> str:
    card = cards.get(cast(str, body.get("card")))
    return _plain(card.title if card is not None else str(body.get("text") or "a dare"))


def _plain(text: str) -> str:
    """Nobody's words are markup."""
    return text.replace("[", r"\[")
