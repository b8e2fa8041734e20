"""Read models as people get them: rows of the projections with their sealed texts opened.

The bodies of the views ``me``, ``week`` and ``battle``, and of the HTTP calls beside them.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import cast

from domain.battles.state import BattleState
from domain.ids import DareId, Millis, PlayerId
from domain.weeks import SETTLES_AFTER_MS, WeekId, week_before
from projections import battles, ledger, roster, weekly_board
from projections.ledger import Entry
from projections.roster import MemberRow
from projections.rows import Readable
from projections.squad_view import Body, Seen
from projections.weekly_board import ScoreRow
from server.clock import Clock
from server.eventlog.log import Log
from server.eventlog.mapper import recorded
from server.eventlog.players import find_player
from server.live.frames import Frames, Open
from server.live.own_page import own_pages, told
from server.live.replay import replay, table
from server.protocol.views import (
    BattleTable,
    Invitation,
    LedgerEntry,
    LedgerLine,
    Me,
    Replay,
    Week,
    WeekRow,
)


class ReadModels:
    """Answers from the projections' rows. Blocks: call it from a thread."""

    def __init__(self, log: Log, store: Readable, open_text: Open, clock: Clock) -> None:
        self._log = log
        self._store = store
        self._open = open_text
        self._clock = clock

    def me(self, player: PlayerId) -> Me | None:
        """A player's own page: level, XP, squads, newest XP entries. None for nobody."""
        return self.own_pages([player]).get(player)

    def own_pages(self, players: Collection[PlayerId]) -> dict[PlayerId, Me]:
        """The pages of several players, looked up together; none for nobody."""
        return own_pages(self._log, self._store, players, self._open)

    def handle(self, player: PlayerId) -> str | None:
        """A player's name; None for nobody, and for whoever was erased."""
        found = find_player(self._log, player)
        return None if found is None else self._open(found.handle)

    def entries(self, player: PlayerId) -> list[LedgerEntry]:
        """Every XP entry of a player with its cause, newest first."""
        return [LedgerEntry(**told(entry)) for entry in ledger.entries(self._store, player)]

    def ledger_page(
        self, player: PlayerId, before: str | None, limit: int
    ) -> tuple[list[LedgerLine], bool] | None:
        """XP entries older than the entry ``before``, newest first, and whether there are more.

        None if the player has no entry ``before``.
        """
        all_entries = ledger.entries(self._store, player)
        rest = ledger.entries_before(all_entries, before)
        if rest is None:
            return None
        # The words of a dare stand in its report: the first event that it has an entry for.
        reports = {entry.dare: entry for entry in all_entries if entry.dare is not None}
        lines = [self._line(e, reports.get(e.dare or DareId("")), player) for e in rest[:limit]]
        return lines, len(rest) > limit

    def week(self, squad: str, week: WeekId | None = None) -> Week | None:
        """A squad's board of a week, the current one by default. None if there is no squad."""
        row = roster.squad(self._store, squad)
        if row is None:
            return None
        now = self._clock.now()
        week = week or row.calendar.week_of(now)
        starts_at, ends_at = row.calendar.bounds(week)
        final = weekly_board.final(self._store, squad, week)
        scored = weekly_board.scores(self._store, squad, week) if final is None else final.rows
        state = weekly_board.state_at(
            week, row.calendar, now, is_closed=final is not None, has_scores=bool(scored)
        )
        return Week(
            week=week,
            starts_at=starts_at,
            ends_at=ends_at,
            state=state,
            rows=self._rows(squad, week, ends_at, scored, is_final=state == "FINAL"),
        )

    def weeks_shown(self, squad: str) -> list[Week]:
        """The current week, and the one before for as long as it is settling."""
        row = roster.squad(self._store, squad)
        if row is None:
            return []
        now = self._clock.now()
        current = row.calendar.week_of(now)
        weeks = [current]
        ended_at = row.calendar.starts_at(current)
        if row.created_at < ended_at and now < ended_at + SETTLES_AFTER_MS:
            weeks.insert(0, week_before(current))
        return [board for week in weeks if (board := self.week(squad, week)) is not None]

    def may_see_week(self, squad: str, player: PlayerId, week: WeekId | None) -> bool:
        """Whether a board is a player's to see: a member's, or of a week over when they left."""
        row = roster.squad(self._store, squad)
        member = self._store.get(roster.MEMBERS, (squad, player))
        if row is None or member is None or member.left_at is None:
            return member is not None
        _, ends_at = row.calendar.bounds(week or row.calendar.week_of(self._clock.now()))
        return ends_at <= member.left_at

    def battle(self, squad: str) -> BattleTable | None:
        """The table of the battle that a squad opened last, unless it came to nothing."""
        row = battles.latest(self._store, squad)
        if row is None or row.state.state is BattleState.CANCELLED:
            return None
        names = self._names(squad)
        return BattleTable(
            battle=row.battle,
            state=row.state.state,
            n=row.last_n,
            rows=table(row.state, names),
        )

    def replay(self, squad: str, battle: str) -> Replay | None:
        """A battle moment by moment, as the log has it. None if the squad has none such."""
        row = battles.battle(self._store, squad, battle)
        if row is None:
            return None
        length = row.last_n - row.first_n + 1
        stored = self._log.read_stream(f"squad-{squad}", row.first_n - 1, length)
        return replay(recorded(stored), row.battle, self._names(squad))

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
            join_policy=row.join_policy,
            expires_at=expires_at,
            invited_by=None if host is None else self._open(host.handle),
        )

    def _names(self, squad: str) -> Callable[[PlayerId], str | None]:
        """A squad's handles; each is opened once, however many rows it stands in."""
        handles = {m.player: m.handle for m in roster.members(self._store, squad)}
        return cache(lambda player: self._open(handles[player]) if player in handles else None)

    def _line(self, entry: Entry, report: Entry | None, player: PlayerId) -> LedgerLine:
        member = self._store.get(roster.MEMBERS, (entry.squad, player))
        _, _, caused_at, _, _, _ = self._seen(entry, player)
        body: Body = {} if report is None else self._seen(report, player)[-1]
        is_in = member is not None and not member.has_left
        return LedgerLine(
            **told(entry),
            caused_at=caused_at,
            card=cast("str | None", body.get("card")) if is_in else None,
            text=cast("str | None", body.get("text")) if is_in else None,
        )

    def _seen(self, entry: Entry, player: PlayerId) -> Seen:
        """What caused an entry, as its player saw it."""
        stored = self._log.read_stream(entry.cause_stream, entry.cause_n - 1, 1)
        seen = Frames(recorded(stored)[0], entry.squad, self._open).seen(player)
        assert seen is not None, "whoever earned by a fact may see it"
        return seen

    def _rows(
        self,
        squad: str,
        week: WeekId,
        ends_at: Millis,
        scored: Sequence[ScoreRow],
        *,
        is_final: bool,
    ) -> list[WeekRow]:
        # Read after the scores: rosters are written before ledgers, so whoever scored is in it.
        members = {m.player: m for m in roster.members(self._store, squad)}
        # A final board is what was frozen: who came or went since changes nothing (INV-L3).
        idle = [] if is_final else _without_score(members.values(), scored, week, ends_at)
        return [
            WeekRow(
                player=place.row.player,
                handle=self._open(members[place.row.player].handle),
                score=place.row.score,
                rejections=place.row.rejections,
                rank=place.rank,
                left=not is_final and members[place.row.player].has_left,
            )
            for place in weekly_board.order([*scored, *idle])
        ]


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
