"""The evening told on the terminal: one event, one sentence. Pure.

Who said "not today" is not told here either.
"""

from collections.abc import Mapping
from typing import cast

from projections.squad_view import Seen, SquadView
from server.protocol.views import DeckCard

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
        handle = view.roster.get(str(player), {}).get("handle")
        return _plain(str(handle or "Somebody"))

    match kind:
        case "member.joined":
            return f"{name(body['player'])} comes in."
        case "member.left":
            return f"{name(body['player'])} goes home."
        case "dare.issued":
            return f"{name(by)} dares {name(body['target'])}: {_what(body, cards)}"
        case "dare.accepted":
            return f"{name(by)} says: I'm in."
        case "dare.started":
            return f"{name(by)} is going in …"
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


def _what(body: Mapping[str, object], cards: Mapping[str, DeckCard]) -> str:
    card = cards.get(cast(str, body.get("card")))
    return _plain(card.title if card is not None else str(body.get("text") or "a dare"))


def _plain(text: str) -> str:
    """Nobody's words are markup."""
    return text.replace("[", r"\[")
