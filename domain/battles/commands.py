"""What may be asked about a battle (rules §8); ``at`` is ``arrived_at``."""

from msgspec import Struct

from domain.battles.events import BattleMode
from domain.ids import BattleId, CardId, Millis, PlayerId


class OpenBattle(Struct, frozen=True, kw_only=True):
    """Invite the squad to a battle. ``cards`` were drawn by chance; ``NO_RACE`` has none."""

    at: Millis
    by: PlayerId
    battle: BattleId
    mode: BattleMode
    duration_ms: Millis
    heat: bool
    double_down: bool
    ruleset: int
    cards: tuple[CardId, ...] = ()


class JoinBattle(Struct, frozen=True, kw_only=True):
    """Take part."""

    at: Millis
    by: PlayerId
    battle: BattleId


class LeaveBattle(Struct, frozen=True, kw_only=True):
    """Take part no longer."""

    at: Millis
    by: PlayerId
    battle: BattleId


class StartBattle(Struct, frozen=True, kw_only=True):
    """The host's: let the countdown run."""

    at: Millis
    by: PlayerId
    battle: BattleId


class CancelBattle(Struct, frozen=True, kw_only=True):
    """The host's, before it is live: call it off."""

    at: Millis
    by: PlayerId
    battle: BattleId


BattleCommand = OpenBattle | JoinBattle | LeaveBattle | StartBattle | CancelBattle
