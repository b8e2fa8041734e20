"""Read models as people get them: rows of the projections with their sealed texts opened.

The bodies of ``view me`` and ``view week``, and of the HTTP calls of the same names.
"""

from collections.abc import Iterable, Sequence

from domain.ids import Millis, PlayerId
from domain.players.events import PlayerRegistered
from domain.scoring import level_of, xp_to_reach
from domain.weeks import WeekId, week_before, week_bounds, week_of
from projections import ledger, live_dares, roster, weekly_board
from projections.roster import MemberRow
from projections.rows import Readable
from projections.weekly_board import ScoreRow
from server.clock import Clock
from server.eventlog.log import Log
from server.eventlog.mapper import to_fact
from server.live.frames import Open
from server.protocol.views import Invitation, LedgerEntry, Me, MySquad, Week, WeekRow

RECENT_ENTRIES = 10


class ReadModels:
    """Answers from the projections' rows. Blocks: call it from a thread."""

    def __init__(self, log: Log, store: Readable, open_text: Open, clock: Clock) -> None:
        self._log = log
        self._store = store
        self._open = open_text
        self._clock = clock

    def me(self, player: PlayerId) -> Me | None:
        """A player's own page: level, XP, squads, newest XP entries. None for nobody."""
        registered = self._registered(player)
        if registered is None:
            return None
        account = ledger.account(self._store, player)
        level = level_of(account.xp)
        return Me(
            player=player,
            handle=self._open(registered.handle),
            tz=registered.tz,
            xp=account.xp,
            level=level,
            level_at=xp_to_reach(level),
            next_at=xp_to_reach(level + 1),
            top_level=account.top_level,
            squads=self._squads(player),
            recent=self.entries(player)[:RECENT_ENTRIES],
        )

    def handle(self, player: PlayerId) -> str | None:
        """A player's name; None for nobody, and for whoever was erased."""
        registered = self._registered(player)
        return None if registered is None else self._open(registered.handle)

    def entries(self, player: PlayerId) -> list[LedgerEntry]:
        """Every XP entry of a player with its cause, newest first."""
        return [
            LedgerEntry(
                entry=entry.entry_id,
                kind=entry.kind,
                amount=entry.amount,
                at=entry.board_at,
                squad=entry.squad,
                dare=entry.dare,
                n=entry.cause_n,
                outcome=entry.outcome,
            )
            for entry in ledger.entries(self._store, player)
        ]

    def week(self, squad: str, week: WeekId | None = None) -> Week | None:
        """A squad's board of a week, the current one by default. None if there is no squad."""
        row = roster.squad(self._store, squad)
        if row is None:
            return None
        now = self._clock.now()
        week = week or week_of(now, row.tz)
        starts_at, ends_at = week_bounds(week, row.tz)
        return Week(
            week=week,
            starts_at=starts_at,
            ends_at=ends_at,
            state=weekly_board.state_at(week, row.tz, now),
            rows=self._rows(squad, week, ends_at),
        )

    def weeks_shown(self, squad: str) -> list[Week]:
        """The current week, and the one before for as long as it is settling."""
        row = roster.squad(self._store, squad)
        if row is None:
            return []
        now = self._clock.now()
        current = week_of(now, row.tz)
        weeks = [current]
        last = week_before(current)
        ended_at = week_bounds(last, row.tz)[1]
        if row.created_at < ended_at and now < ended_at + weekly_board.SETTLES_AFTER_MS:
            weeks.insert(0, last)
        return [board for week in weeks if (board := self.week(squad, week)) is not None]

    def may_see_week(self, squad: str, player: PlayerId, week: WeekId | None) -> bool:
        """Whether a board is a player's to see: a member's, or of a week over when they left."""
        row = roster.squad(self._store, squad)
        member = self._store.get(roster.MEMBERS, (squad, player))
        if row is None or member is None or member.left_at is None:
            return member is not None
        _, ends_at = week_bounds(week or week_of(self._clock.now(), row.tz), row.tz)
        return ends_at <= member.left_at

    def invitation(self, squad: str, invited_by: str, expires_at: Millis) -> Invitation | None:
        """What a visitor may know of a squad before joining."""
        row = roster.squad(self._store, squad)
        if row is None:
            return None
        host = self._store.get(roster.MEMBERS, (squad, invited_by))
        return Invitation(
            name=self._open(row.name),
            members=row.members,
            size=row.size,
            expires_at=expires_at,
            invited_by=None if host is None else self._open(host.handle),
        )

    def _squads(self, player: PlayerId) -> list[MySquad]:
        waiting = live_dares.waiting_for(self._store, player)
        squads: list[MySquad] = []
        for member in roster.memberships(self._store, player):
            row = roster.squad(self._store, member.squad)
            if member.has_left or row is None:
                continue
            squads.append(
                MySquad(
                    s=member.squad,
                    name=self._open(row.name),
                    members=row.members,
                    role=member.role,
                    waiting=sum(dare.squad == member.squad for dare in waiting),
                )
            )
        return squads

    def _rows(self, squad: str, week: WeekId, ends_at: Millis) -> list[WeekRow]:
        # Scores first: rosters are written before ledgers, so whoever scored is in the second.
        scored = weekly_board.scores(self._store, squad, week)
        members = {m.player: m for m in roster.members(self._store, squad)}
        idle = _without_score(members.values(), scored, week, ends_at)
        return [
            WeekRow(
                player=place.row.player,
                handle=self._open(members[place.row.player].handle),
                score=place.row.score,
                rejections=place.row.rejections,
                rank=place.rank,
                left=members[place.row.player].has_left,
            )
            for place in weekly_board.order([*scored, *idle])
        ]

    def _registered(self, player: PlayerId) -> PlayerRegistered | None:
        stored = self._log.read_stream(f"player-{player}", 0, 1)
        if not stored:
            return None
        fact = to_fact(stored[0].topic, stored[0].state)
        return fact if isinstance(fact, PlayerRegistered) else None


def _without_score(
    members: Iterable[MemberRow], scored: Sequence[ScoreRow], week: WeekId, ends_at: Millis
) -> list[ScoreRow]:
    """Members who have nothing yet in a week: listed after those who have (rules §7)."""
    have = {row.player for row in scored}
    return [
        ScoreRow(squad=member.squad, week=week, player=member.player)
        for member in members
        if member.player not in have and member.joined_at < ends_at and not member.has_left
    ]
