"""What one member sees of their squad: the pure fold of the events that were shown to them.

The server builds ``snap`` with it and the web client has the same function
(``clients/web/src/state``); both are held to the vectors in ``tests/golden/squad_view.json``.
Law: ``snap(n)`` equals the fold of the viewer's frames 1..n (protocol).
"""

from collections.abc import Mapping
from typing import cast

from msgspec import Struct

FEED_LENGTH = 50
"""Visible events that a snapshot brings along; older ones are fetched when scrolled to."""

Body = Mapping[str, object]
Seen = tuple[int, str, int, str | None, str | None, Body]
"""A visible event: n, kind, at, actor, command id, body."""
Fields = dict[str, object]

_TERMS = ("issuer", "target", "card", "text", "kind", "difficulty", "categories", "battle")
_BATTLE = ("battle", "host", "mode", "duration_ms", "cards", "heat", "double_down", "ruleset")
_GONE = frozenset(
    {
        "dare.declined",
        "dare.bailed",
        "dare.expired",
        "dare.withdrawn",
        "dare.not_taken",
        "dare.settled",
    }
)


class SquadView(Struct, kw_only=True):
    """One viewer's squad: a fold in progress.

    ``dares`` are the live ones, in order of sight; ``battle`` is the newest that was not cancelled.
    """

    name: str | None = None
    tz: str = "UTC"
    size: int = 0
    join_policy: str = "CODE"
    is_archived: bool = False
    roster: dict[str, Fields] = {}
    requests: dict[str, Fields] = {}
    banned: dict[str, Fields] = {}
    invites: dict[str, Fields] = {}
    dares: dict[str, Fields] = {}
    battle: Fields | None = None
    feed: list[Seen] = []

    def body(self) -> Fields:
        """The ``b`` of a ``snap``; absent stands for nil."""
        fields: Fields = {
            "name": self.name,
            "tz": self.tz,
            "size": self.size,
            "join_policy": self.join_policy,
            "archived": self.is_archived or None,
            "battle": self.battle,
        }
        return {
            **{name: value for name, value in fields.items() if value is not None},
            "roster": list(self.roster.values()),
            "requests": list(self.requests.values()),
            "banned": list(self.banned.values()),
            "invites": list(self.invites.values()),
            "dares": list(self.dares.values()),
            "feed": self.feed,
        }


def fold(view: SquadView, seen: Seen) -> None:
    """Apply one visible event, in place. A kind that is not known only enters the feed."""
    _, kind, at, _, _, body = seen
    match kind:
        case "squad.created":
            view.name = cast(str | None, body.get("name"))
            view.tz = cast(str, body["tz"])
            view.size = cast(int, body["size"])
            view.join_policy = cast(str, body["join_policy"])
        case "squad.renamed":
            view.name = cast(str | None, body.get("name"))
        case "squad.settings_changed":
            view.size = cast(int, body.get("size", view.size))
            view.join_policy = cast(str, body.get("join_policy", view.join_policy))
            view.tz = cast(str, body.get("tz", view.tz))
        case "squad.archived":
            view.is_archived = True
            view.invites = {}
        case "member.joined":
            player = cast(str, body["player"])
            view.requests.pop(player, None)
            view.roster[player] = _present(
                {
                    "player": player,
                    "handle": body.get("handle"),
                    "role": body["role"],
                    "joined_at": at,
                }
            )
            used = view.invites.get(str(body.get("invite")), {})
            _change(view.invites, body.get("invite"), {"uses": cast(int, used.get("uses", 0)) + 1})
        case "member.left" | "member.kicked":
            _change(view.roster, body["player"], {"left": True})
        case "member.banned":
            player = cast(str, body["player"])
            asked = view.requests.pop(player, {})
            handle = view.roster.get(player, asked).get("handle")
            view.banned[player] = _present({"player": player, "handle": handle})
            _change(view.roster, player, {"left": True})
        case "member.unbanned":
            view.banned.pop(cast(str, body["player"]), None)
        case "role.changed":
            _change(view.roster, body["player"], {"role": body["role"]})
        case "ownership.passed":
            _change(view.roster, body["previous"], {"role": "MEMBER"})
            _change(view.roster, body["player"], {"role": "OWNER"})
        case "join.requested":
            player = cast(str, body["player"])
            view.requests[player] = _present(
                {"player": player, "handle": body.get("handle"), "asked_at": at}
            )
        case "join.cancelled" | "join.declined":
            view.requests.pop(cast(str, body["player"]), None)
        case "invite.issued":
            _invite(view, seen)
        case "invite.revoked":
            view.invites.pop(cast(str, body["invite"]), None)
        case "dare.issued":
            _offer(view, body, "OFFERED", "answer_by")
        case "dare.accepted":
            _offer(view, body, "ACCEPTED", "attempt_by")
        case "dare.started":
            state = {"state": "IN_PROGRESS", "lapses_at": body["lapses_at"]}
            _change(view.dares, body["dare"], state)
        case "dare.start_lapsed":
            _change(view.dares, body["dare"], {"state": "ACCEPTED", "lapses_at": None})
        case "dare.reported":
            answer = {name: body.get(name) for name in ("outcome", "counts", "line", "settles_at")}
            _change(view.dares, body["dare"], {"state": "REPORTED", "lapses_at": None, **answer})
        case "dare.corrected":
            answer = {name: body.get(name) for name in ("outcome", "counts")}
            _change(view.dares, body["dare"], answer)
        case "battle.opened":
            chosen = {name: body.get(name) for name in _BATTLE}
            view.battle = _present({**chosen, "state": "LOBBY", "participants": []})
        case _ if kind.startswith("battle."):
            # The timer of the one before may ring after the next was opened.
            if view.battle is not None and view.battle["battle"] == body["battle"]:
                is_off = kind == "battle.cancelled"
                after = {**view.battle, **_step(view.battle, kind, body)}
                view.battle = None if is_off else _present(after)
        case _ if kind in _GONE:
            view.dares.pop(cast(str, body["dare"]), None)
        case _:
            pass
    view.feed = [*view.feed, seen][-FEED_LENGTH:]


def _invite(view: SquadView, seen: Seen) -> None:
    """One more way in. Those that are over go at this moment: years of them do not pile up."""
    _, _, at, by, _, body = seen
    invite = cast(str, body["invite"])
    view.invites = {
        key: row for key, row in view.invites.items() if cast(int, row["expires_at"]) > at
    }
    view.invites[invite] = _present(
        {
            "invite": invite,
            "by": by,
            "code": body.get("code"),
            "expires_at": body["expires_at"],
            "max_uses": body["max_uses"],
            "issued_at": at,
        }
    )


def _step(battle: Fields, kind: str, body: Body) -> Fields:
    """What changes in a battle by one of its events."""
    players = cast(list[str], battle["participants"])
    match kind:
        case "battle.joined":
            return {"participants": [*players, body["player"]]}
        case "battle.left":
            return {"participants": [player for player in players if player != body["player"]]}
        case "battle.countdown_started":
            return {"state": "COUNTDOWN", "starts_at": body["starts_at"]}
        case "battle.went_live":
            return {"state": "LIVE", "ends_at": body["ends_at"]}
        case "battle.grace_started":
            return {"state": "GRACE", "until": body["until"]}
        case "battle.finished":
            return {"state": "FINISHED"}
        case _:
            return {}


def _offer(view: SquadView, body: Body, state: str, deadline: str) -> None:
    dare = cast(str, body["dare"])
    terms: Fields = {name: body.get(name) for name in _TERMS}
    view.dares[dare] = _present(
        {"dare": dare, "state": state, **terms, deadline: body.get(deadline)}
    )


def _change(entries: dict[str, Fields], key: object, changes: Fields) -> None:
    """Change an entry that is known; an unknown one is ignored (protocol)."""
    entry = entries.get(str(key))
    if entry is not None:
        entries[str(key)] = _present({**entry, **changes})


def _present(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}
