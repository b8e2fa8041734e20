"""One's own page, the body of ``view me``: level and XP, squads, what was asked, newest entries.

The pages of several players are looked up together: a look costs more than what it finds.
"""

from collections.abc import Collection
from typing import Any

from domain.battles.state import OVER
from domain.ids import PlayerId
from domain.scoring import level_of, xp_to_reach
from projections import battles, ledger, live_dares, roster
from projections.ledger import Entry
from projections.rows import Readable
from projections.stores.fetched import Fetched
from server.eventlog.log import Log
from server.eventlog.players import find_player
from server.live.frames import Open
from server.protocol.views import Asked, LedgerEntry, Me, MyCards, MySquad

RECENT_ENTRIES = 10


def own_pages(
    log: Log, store: Readable, players: Collection[PlayerId], open_text: Open
) -> dict[PlayerId, Me]:
    """The page of each who is somebody. Blocks: call it from a thread."""
    rows = _fetched(store, players)
    pages: dict[PlayerId, Me] = {}
    for player in players:
        found = find_player(log, player)
        if found is None:
            continue
        account = ledger.account(rows, player)
        level = level_of(account.xp)
        pages[player] = Me(
            player=player,
            handle=open_text(found.handle),
            tz=found.tz,
            xp=account.xp,
            level=level,
            level_at=xp_to_reach(level),
            next_at=xp_to_reach(level + 1),
            top_level=account.top_level,
            squads=_squads(rows, player, open_text),
            asked=_asked(rows, player, open_text),
            recent=[
                LedgerEntry(**told(entry))
                for entry in ledger.entries(rows, player)[:RECENT_ENTRIES]
            ],
        )
    return pages


def told(entry: Entry) -> dict[str, Any]:
    """An entry as far as it goes on the wire."""
    return {
        "entry": entry.entry_id,
        "kind": entry.kind,
        "amount": entry.amount,
        "at": entry.board_at,
        "squad": entry.squad,
        "dare": entry.dare,
        "battle": entry.battle,
        "n": entry.cause_n,
        "outcome": entry.outcome,
        "reverses": entry.reverses,
    }


def _fetched(store: Readable, players: Collection[PlayerId]) -> Fetched:
    """All that their pages are made of."""
    rows = Fetched(store)
    rows.fetch(ledger.ACCOUNTS, "player", players)
    rows.fetch(ledger.ENTRIES, "player", players)
    rows.fetch(live_dares.LIVE_DARES, "target", players)
    members = rows.fetch(roster.MEMBERS, "player", players)
    requests = rows.fetch(roster.REQUESTS, "player", players)
    squads = {member.squad for member in members if not member.has_left}
    rows.fetch(roster.SQUADS, "squad", squads | {request.squad for request in requests})
    rows.fetch(battles.LATEST, "squad", squads)
    return rows


def _squads(rows: Readable, player: PlayerId, open_text: Open) -> list[MySquad]:
    waiting = live_dares.waiting_for(rows, player)
    squads: list[MySquad] = []
    for member in roster.memberships(rows, player):
        row = None if member.has_left else roster.squad(rows, member.squad)
        if row is None:
            continue
        squads.append(
            MySquad(
                s=member.squad,
                name=open_text(row.name),
                members=row.members,
                role=member.role,
                waiting=sum(dare.squad == member.squad for dare in waiting),
                cards=_cards(rows, member.squad, player),
            )
        )
    return squads


def _cards(rows: Readable, squad: str, player: PlayerId) -> MyCards | None:
    row = battles.latest(rows, squad)
    if row is None or row.state.state in OVER or player not in row.state.taken:
        return None
    return MyCards(battle=row.battle, n=row.last_n, had=row.state.taken[player])


def _asked(rows: Readable, player: PlayerId, open_text: Open) -> list[Asked]:
    asked: list[Asked] = []
    for request in roster.requests(rows, player):
        row = roster.squad(rows, request.squad)
        name = None if row is None else open_text(row.name)
        asked.append(Asked(s=request.squad, name=name, at=request.asked_at))
    return asked
