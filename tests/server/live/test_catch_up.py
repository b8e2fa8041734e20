"""Catching up: a snapshot holds all that the events told."""

from domain.battles.events import BattleJoined, BattleMode, BattleOpened
from domain.facts import Fact, Recorded
from domain.ids import BattleId, PlayerId
from server.live.catch_up import view_of

SQUAD = "0" * 26
MAYA, SAM = (PlayerId(f"{n}" * 26) for n in (1, 2))
BATTLE = BattleId("5" * 26)


def test_whoever_comes_later_sees_the_battle_that_is_on() -> None:
    facts: list[Fact] = [
        BattleOpened(
            at=1,
            by=MAYA,
            battle=BATTLE,
            host=MAYA,
            mode=BattleMode.NO_RACE,
            duration_ms=600_000,
            heat=True,
            double_down=True,
            ruleset=1,
        ),
        BattleJoined(at=1, by=MAYA, battle=BATTLE, player=MAYA),
    ]
    recorded = [Recorded(n, f"squad-{SQUAD}", n, fact, None) for n, fact in enumerate(facts, 1)]
    view = view_of(recorded, SQUAD, SAM, lambda sealed: sealed.decode())

    assert {"battle": BATTLE, "state": "LOBBY", "participants": [MAYA]} == {
        key: (view.battle or {}).get(key) for key in ("battle", "state", "participants")
    }
