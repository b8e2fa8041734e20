"""From bodies to the commands about battles; ``building`` lists them."""

from collections.abc import Sequence
from typing import cast

from domain import deck
from domain.battles.commands import (
    CancelBattle,
    JoinBattle,
    LeaveBattle,
    OpenBattle,
    StartBattle,
)
from domain.battles.events import BattleMode
from domain.facts import Fact
from domain.ids import MINUTE_MS, BattleId, CardId
from server.clock import derived_id
from server.commands.handling import Case, Handler, named_squad
from server.commands.submission import Submission
from server.protocol import bodies
from server.protocol.server_messages import Body

CARDS = {BattleMode.NO_RACE: 0, BattleMode.SAME_DECK: 5, BattleMode.DUEL: 3}
"""How many cards are drawn for whoever does not say."""


def _open(case: Case) -> OpenBattle:
    body = cast(bodies.BattleOpen, case.submission.body)
    return OpenBattle(
        at=case.at,
        by=case.by,
        battle=BattleId(case.submission.new_id),
        mode=body.mode,
        duration_ms=round(body.minutes * MINUTE_MS),
        heat=body.heat,
        double_down=body.double_down,
        ruleset=case.tools.ruleset,
        cards=_drawn(case, body),
    )


def _drawn(case: Case, body: bodies.BattleOpen) -> tuple[CardId, ...]:
    """Cards by chance, the bolder ones later. The same again when the command is tried again."""
    wanted = CARDS[body.mode] if body.cards is None else body.cards
    safe = [card for card in deck.DECK if card.battle_safe]
    shuffled = sorted(safe, key=lambda card: derived_id(case.submission.new_id, card.card))
    drawn = sorted(shuffled[:wanted], key=lambda card: card.difficulty)
    return tuple(card.card for card in drawn)


def _join(case: Case) -> JoinBattle:
    return JoinBattle(at=case.at, by=case.by, battle=_battle(case))


def _leave(case: Case) -> LeaveBattle:
    return LeaveBattle(at=case.at, by=case.by, battle=_battle(case))


def _start(case: Case) -> StartBattle:
    return StartBattle(at=case.at, by=case.by, battle=_battle(case))


def _cancel(case: Case) -> CancelBattle:
    return CancelBattle(at=case.at, by=case.by, battle=_battle(case))


def _battle(case: Case) -> BattleId:
    return BattleId(cast(bodies.BattleOnly, case.submission.body).battle)


def _opened(submission: Submission, _facts: Sequence[Fact], _stream: str) -> Body:
    return {"battle": submission.new_id}


HANDLERS: dict[str, Handler] = {
    "battle.open": Handler(build=_open, stream=named_squad, answer=_opened),
    "battle.join": Handler(build=_join, stream=named_squad),
    "battle.leave": Handler(build=_leave, stream=named_squad),
    "battle.start": Handler(build=_start, stream=named_squad),
    "battle.cancel": Handler(build=_cancel, stream=named_squad),
}
