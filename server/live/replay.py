"""A battle once more, moment by moment: what its events and reports made of the table."""

from collections.abc import Callable, Iterable, Iterator

from domain.battles.events import (
    AboutBattle,
    BattleFact,
    BattleJoined,
    BattleLeft,
    BattleOpened,
)
from domain.battles.state import OVER, Battle, after, after_dare
from domain.dares.events import AboutDare, DareCorrected, DareReported
from domain.facts import Fact, Recorded, name_of
from domain.ids import BattleId, PlayerId
from server.protocol.views import BattleScore, Moment, Replay

COMINGS = frozenset({name_of(BattleJoined), name_of(BattleLeft)})
Names = Callable[[PlayerId], str | None]
"""A player's handle; None for whoever was erased."""


def table(battle: Battle, names: Names) -> list[BattleScore]:
    """The rows of a battle as it stands, best first."""
    return [
        BattleScore(
            player=place.score.player,
            handle=names(place.score.player),
            points=place.score.points,
            rejections=place.score.rejections,
            reports=place.score.reports,
            rank=place.rank,
            hot=place.score.is_hot,
        )
        for place in battle.places()
    ]


def replay(facts: Iterable[Recorded[Fact]], battle_id: BattleId, names: Names) -> Replay | None:
    """What happened in one battle of a squad's facts; None if it was not opened among them."""
    moments: list[Moment] = []
    battle: Battle | None = None
    for recorded, battle in _steps(facts, battle_id):
        fact = recorded.fact
        if isinstance(fact, BattleJoined | BattleLeft):
            _forget_between(moments, fact.player)
        moments.append(
            Moment(
                n=recorded.n,
                at=fact.at,
                kind=name_of(type(fact)),
                player=_whose(fact),
                outcome=fact.outcome if isinstance(fact, DareReported | DareCorrected) else None,
                rows=table(battle, names),
            )
        )
    if battle is None:
        return None
    has_start = battle.starts_at is not None
    return Replay(
        battle=battle.battle,
        host=battle.host,
        mode=battle.mode,
        state=battle.state,
        starts_at=battle.starts_at,
        ends_at=battle.ends_at if has_start else None,
        moments=moments,
    )


def _forget_between(moments: list[Moment], player: PlayerId) -> None:
    """However often somebody comes and goes, the first time and the last are told."""
    earlier = [m for m in moments if m.player == player and m.kind in COMINGS]
    if len(earlier) > 1:
        moments.remove(earlier[-1])


def _steps(
    facts: Iterable[Recorded[Fact]], battle_id: BattleId
) -> Iterator[tuple[Recorded[Fact], Battle]]:
    """Each fact that is a moment of the battle, with the battle after it."""
    battle: Battle | None = None
    for recorded in facts:
        fact = recorded.fact
        if isinstance(fact, AboutBattle) and fact.battle == battle_id:
            battle = _after(battle, fact)
            yield recorded, battle
        elif battle is not None and isinstance(fact, AboutDare):
            before = battle
            battle = after_dare(battle, fact)
            if battle.reports != before.reports:
                yield recorded, battle
        if battle is not None and battle.state in OVER:
            return


def _after(battle: Battle | None, fact: AboutBattle) -> Battle:
    assert battle is not None or isinstance(fact, BattleOpened), "it begins by being opened"
    step: BattleFact = fact  # type: ignore[assignment]  # every AboutBattle is one of the union
    return after(battle, step)


def _whose(fact: Fact) -> PlayerId | None:
    """Whom a moment is about."""
    if isinstance(fact, AboutDare):
        return fact.target
    return getattr(fact, "player", None) or getattr(fact, "host", None)
