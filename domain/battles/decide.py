"""What a command about a battle leads to, and what a battle makes of a dare (rules §8)."""

from domain import deck
from domain.battles.commands import (
    CancelBattle,
    JoinBattle,
    LeaveBattle,
    OpenBattle,
    StartBattle,
)
from domain.battles.events import (
    BattleCancelled,
    BattleCountdownStarted,
    BattleFact,
    BattleFinished,
    BattleGraceStarted,
    BattleJoined,
    BattleLeft,
    BattleMode,
    BattleOpened,
    BattleWentLive,
    CancelReason,
)
from domain.battles.points import LONGEST_MS, MOST_CARDS, MOST_REPORTS, PACES
from domain.battles.state import BEFORE_LIVE, OVER, Battle, Battles, BattleState
from domain.dares.commands import IssueDare, StartDare
from domain.dares.state import Dare, Dares
from domain.ids import MINUTE_MS, BattleId, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.squads.decide import member_of
from domain.squads.state import Squad

FEWEST = 2
DUELLISTS = 2
CARDS_ALLOWED = {
    BattleMode.NO_RACE: range(1),
    BattleMode.SAME_DECK: range(1, 11),
    BattleMode.DUEL: range(3, 4),
}
"""How many cards are drawn when a battle opens."""
LATE_JOIN_MS = 20 * MINUTE_MS


def open_battle(battles: Battles, squad: Squad, command: OpenBattle) -> tuple[BattleFact, ...]:
    """A lobby with its host in it.

    Raises:
        Refusal: FORBIDDEN, WRONG_STATE while another battle is not over, or BAD_INPUT.
    """
    member_of(squad, command.by)
    if battles.active is not None or command.battle in battles.by_id:
        raise Refusal(RefusalCode.WRONG_STATE, "There is a battle already. Join that one?")
    if not PACES[command.ruleset].shortest_ms <= command.duration_ms <= LONGEST_MS:
        raise Refusal(RefusalCode.BAD_INPUT, "Between ten minutes and seven days.", field="minutes")
    if len(command.cards) not in CARDS_ALLOWED[command.mode]:
        raise Refusal(RefusalCode.BAD_INPUT, "That many cards cannot be drawn.", field="cards")
    opened = BattleOpened(
        at=command.at,
        by=command.by,
        battle=command.battle,
        host=command.by,
        mode=command.mode,
        duration_ms=command.duration_ms,
        heat=command.heat,
        double_down=command.double_down,
        ruleset=command.ruleset,
        cards=command.cards,
    )
    return (opened, _joined(command.battle, command.by, command.at))


def join(battles: Battles, squad: Squad, command: JoinBattle) -> tuple[BattleFact, ...]:
    """Take part; nothing at all for whoever does already.

    Raises:
        Refusal: FORBIDDEN, NOT_FOUND, or BATTLE_CLOSED when it is too late or a duel has its two.
    """
    battle = _of(battles, squad, command.by, command.battle)
    if command.by in battle.participants:
        return ()
    if battle.state not in BEFORE_LIVE and not _is_open_late(battle, command.at):
        raise Refusal(RefusalCode.BATTLE_CLOSED, "Too late to join this one. You can watch.")
    if battle.mode is BattleMode.DUEL and _is_third(battle, command.by):
        raise Refusal(RefusalCode.BATTLE_CLOSED, "This duel has its two. You can watch.")
    return (_joined(battle.battle, command.by, command.at),)


def leave(battles: Battles, squad: Squad, command: LeaveBattle) -> tuple[BattleFact, ...]:
    """Take part no longer; a host who leaves before it is live calls it off.

    Raises:
        Refusal: FORBIDDEN, NOT_FOUND, WRONG_STATE for whoever takes no part, or BATTLE_CLOSED.
    """
    battle = _of(battles, squad, command.by, command.battle)
    if battle.state in OVER:
        raise _over()
    if command.by not in battle.participants:
        raise Refusal(RefusalCode.WRONG_STATE, "You are not in this battle.")
    return (_without(battle, command.by, command.at, command.by),)


def start(battles: Battles, squad: Squad, command: StartBattle) -> tuple[BattleFact, ...]:
    """The countdown.

    Raises:
        Refusal: FORBIDDEN for anyone but the host, NOT_FOUND, WRONG_STATE once it was started or
            while too few take part, BATTLE_CLOSED when it is over.
    """
    battle = _hosted(battles, squad, command.by, command.battle)
    if battle.state is not BattleState.LOBBY:
        raise Refusal(RefusalCode.WRONG_STATE, "This battle was started already.")
    if len(battle.participants) < FEWEST:
        raise Refusal(RefusalCode.WRONG_STATE, "It takes two. Wait for somebody to join.")
    starts_at = command.at + battle.pace.countdown_ms
    started = BattleCountdownStarted(
        at=command.at, by=command.by, battle=battle.battle, starts_at=starts_at
    )
    return (started,)


def cancel(battles: Battles, squad: Squad, command: CancelBattle) -> tuple[BattleFact, ...]:
    """Call it off.

    Raises:
        Refusal: FORBIDDEN for anyone but the host, NOT_FOUND, WRONG_STATE once it is live,
            BATTLE_CLOSED when it is over.
    """
    battle = _hosted(battles, squad, command.by, command.battle)
    if battle.state not in BEFORE_LIVE:
        raise Refusal(RefusalCode.WRONG_STATE, "It is live: let it run.")
    return (_cancelled(battle, command.at, command.by, CancelReason.BY_HOST),)


def due(battle: Battle, squad: Squad, at: Millis) -> BattleFact | None:
    """What time alone does to a battle by ``at``: the next fact, or None (INV-D7)."""
    deadline = battle.deadline
    if deadline is None or at < deadline:
        return None
    match battle.state:
        case BattleState.LOBBY:
            return _cancelled(battle, at, None, CancelReason.NOT_STARTED)
        case BattleState.COUNTDOWN if len(battle.reports) < FEWEST:
            # Those who have left since, while this timer did not ring, were there at the start.
            return _cancelled(battle, at, None, CancelReason.TOO_FEW)
        case BattleState.COUNTDOWN:
            return BattleWentLive(at=at, by=None, battle=battle.battle, ends_at=battle.ends_at)
        case BattleState.LIVE:
            return BattleGraceStarted(
                at=at, by=None, battle=battle.battle, until=battle.grace_until
            )
        case _:
            return BattleFinished(
                at=at,
                by=None,
                battle=battle.battle,
                week=squad.calendar.week_of(deadline),
                day=squad.calendar.day_of(deadline),
            )


def end_of(battles: Battles, player: PlayerId, at: Millis, by: PlayerId | None) -> list[BattleFact]:
    """Whoever is out of the squad is out of its battle."""
    theirs = [battle for battle in _going_on(battles) if player in battle.participants]
    return [_without(battle, player, at, by) for battle in theirs]


def end_all(battles: Battles, at: Millis, by: PlayerId | None) -> list[BattleFact]:
    """A squad that ends takes its battle with it."""
    return [
        _cancelled(battle, at, by, CancelReason.SQUAD_ARCHIVED) for battle in _going_on(battles)
    ]


def check_card(battles: Battles, dares: Dares, squad: Squad, command: IssueDare) -> None:
    """Whether somebody may take this card in the battle that they name.

    Raises:
        Refusal: BAD_INPUT for another's dare or a card out of order, BATTLE_NOT_SAFE_CARD,
            BATTLE_CLOSED, FORBIDDEN for whoever takes no part, WRONG_STATE with one still open or
            after the last card.
    """
    assert command.battle is not None, "only a dare in a battle is checked against it"
    battle = _of(battles, squad, command.by, command.battle)
    if command.target != command.by:
        raise Refusal(RefusalCode.BAD_INPUT, "In a battle you dare yourself.", field="target")
    card = None if command.terms.card is None else deck.BY_ID.get(command.terms.card)
    if card is None or not card.battle_safe:
        raise Refusal(
            RefusalCode.BATTLE_NOT_SAFE_CARD, "This card is not for battles.", field="card"
        )
    if battle.state is not BattleState.LIVE:
        raise Refusal(RefusalCode.BATTLE_CLOSED, "This battle is not live.")
    if command.by not in battle.participants:
        raise Refusal(RefusalCode.FORBIDDEN, "Join the battle first.")
    if any(d.battle == battle.battle and d.target == command.by for d in dares.open_dares()):
        raise Refusal(RefusalCode.WRONG_STATE, "One at a time: you have a card already.")
    if battle.taken.get(command.by, 0) >= MOST_CARDS:
        raise Refusal(RefusalCode.WRONG_STATE, "That was the last card. Well played.")
    if battle.mode is not BattleMode.NO_RACE:
        _check_order(battle, command)


def check_double_down(battles: Battles, dares: Dares, command: StartDare) -> None:
    """Whether doubling down means anything here.

    Raises:
        Refusal: BAD_INPUT outside a battle that allows it.
    """
    if not command.double_down:
        return
    dare = dares.by_id.get(command.dare)
    battle = None if dare is None else battles.going_on(dare.battle)
    if battle is None or not battle.double_down:
        raise Refusal(
            RefusalCode.BAD_INPUT, "You can't double down on this one.", field="double_down"
        )


def counting(battles: Battles, dare: Dare | None, at: Millis) -> BattleId | None:
    """The battle in which a report that arrives now counts, if any (INV-B2).

    It arrives while the battle is live, or during grace from somebody who had gone in before the
    end; not too soon after their last, and not beyond the tenth. All others are ordinary reports.
    """
    battle = None if dare is None else battles.going_on(dare.battle)
    if dare is None or battle is None or battle.starts_at is None:
        return None
    mine = battle.reports[dare.target]
    was_going_in = dare.going_in is not None and dare.going_in.since < battle.ends_at
    # By when it arrived, not by the state: ``battle.grace_started`` may be stored first (§0).
    is_in_time = battle.starts_at <= at < (battle.grace_until if was_going_in else battle.ends_at)
    is_spaced = not mine or at - mine[-1].at >= battle.pace.spacing_ms
    return battle.battle if is_in_time and is_spaced and len(mine) < MOST_REPORTS else None


def _of(battles: Battles, squad: Squad, by: PlayerId, battle_id: BattleId) -> Battle:
    member_of(squad, by)
    battle = battles.by_id.get(battle_id)
    if battle is None:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such battle.", field="battle")
    return battle


def _hosted(battles: Battles, squad: Squad, by: PlayerId, battle_id: BattleId) -> Battle:
    battle = _of(battles, squad, by, battle_id)
    if battle.host != by:
        raise Refusal(RefusalCode.FORBIDDEN, "That is for the host to say.")
    if battle.state in OVER:
        raise _over()
    return battle


def _is_open_late(battle: Battle, at: Millis) -> bool:
    """Late comers need a fair part of the time."""
    if battle.state is not BattleState.LIVE:
        return False
    return battle.ends_at - at > min(battle.duration_ms // 3, LATE_JOIN_MS)


def _is_third(battle: Battle, player: PlayerId) -> bool:
    """Whoever left a duel that is live still is one of its two."""
    return player not in battle.reports and len(battle.reports) >= DUELLISTS


def _check_order(battle: Battle, command: IssueDare) -> None:
    had = battle.taken.get(command.by, 0)
    if had >= len(battle.cards):
        raise Refusal(RefusalCode.WRONG_STATE, "That was the last card. Well played.")
    if command.terms.card != battle.cards[had]:
        raise Refusal(RefusalCode.BAD_INPUT, "Everybody takes them in order.", field="card")


def _without(battle: Battle, player: PlayerId, at: Millis, by: PlayerId | None) -> BattleFact:
    if player == battle.host and battle.state in BEFORE_LIVE:
        return _cancelled(battle, at, by, CancelReason.BY_HOST)
    return BattleLeft(at=at, by=by, battle=battle.battle, player=player)


def _going_on(battles: Battles) -> list[Battle]:
    return [battles.by_id[battle] for battle in battles.live]


def _joined(battle: BattleId, player: PlayerId, at: Millis) -> BattleJoined:
    return BattleJoined(at=at, by=player, battle=battle, player=player)


def _cancelled(
    battle: Battle, at: Millis, by: PlayerId | None, reason: CancelReason
) -> BattleCancelled:
    return BattleCancelled(at=at, by=by, battle=battle.battle, reason=reason)


def _over() -> Refusal:
    return Refusal(RefusalCode.BATTLE_CLOSED, "This battle is over.")
