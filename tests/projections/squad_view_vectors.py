"""The vectors that hold the server's and the web client's squad view together.

Each is a name, the visible events of one viewer, and the body of the snapshot that they fold to.
``tests/golden/squad_view.json`` is written by ``python -m tests.projections.squad_view_vectors``.
"""

import json
from pathlib import Path

from projections.squad_view import Body, Seen, SquadView, fold

GOLDEN = Path(__file__).parent.parent / "golden" / "squad_view.json"
ANA, BEN, CLEO = "01ANA", "01BEN", "01CLEO"
DARE, OTHER = "01DARE", "01OTHER"
AT = 1_795_435_200_000


def event(n: int, kind: str, body: Body, *, by: str | None = ANA, mine: bool = False) -> Seen:
    """A visible event, a second after the one before; a command's own one has its id.

    What is None in a body is left out, as on the wire.
    """
    sent = {name: value for name, value in body.items() if value is not None}
    return (n, kind, AT + n * 1_000, by, f"01CMD{n:03d}" if mine else None, sent)


def created(n: int = 1, **more: object) -> Seen:
    """The squad begins."""
    body = {"name": "Bakers", "tz": "Europe/Berlin", "size": 20, "join_policy": "CODE", **more}
    return event(n, "squad.created", body)


def joined(n: int, player: str, role: str = "MEMBER", **more: object) -> Seen:
    """Somebody comes in."""
    body = {"player": player, "handle": player[2:].title(), "role": role, **more}
    return event(n, "member.joined", body, by=player)


START = (created(), joined(2, ANA, "OWNER"), joined(3, BEN, invited_by=ANA))
"""Ana's squad, with Ben in it."""


def terms(dare: str = DARE) -> dict[str, object]:
    """Ben dares Ana, in his own words."""
    return {
        "dare": dare,
        "issuer": BEN,
        "target": ANA,
        "kind": "ASK",
        "difficulty": 3,
        "categories": ["food_drink"],
        "ruleset": 1,
        "text": "ask the baker for yesterday's bread",
    }


def card_terms(dare: str = OTHER) -> dict[str, object]:
    """Ana dares Ben, with a card."""
    return {
        "dare": dare,
        "issuer": ANA,
        "target": BEN,
        "kind": "ASK",
        "difficulty": 2,
        "categories": [],
        "ruleset": 1,
        "card": "coffee-discount",
    }


BATTLE = "01BATTLE"


def battle_opened(n: int, battle: str = BATTLE, **more: object) -> Seen:
    """Ana invites everybody to a battle."""
    body = {
        "battle": battle,
        "host": ANA,
        "mode": "NO_RACE",
        "duration_ms": 3_600_000,
        "heat": True,
        "double_down": False,
        "ruleset": 1,
        "cards": [],
        **more,
    }
    return event(n, "battle.opened", body)


def of_battle(n: int, what: str, *, by: str | None = ANA, **more: object) -> Seen:
    """Something about Ana's battle."""
    return event(n, f"battle.{what}", {"battle": BATTLE, **more}, by=by)


def battle_live(n: int) -> tuple[Seen, ...]:
    """Ana's battle, with Ben in it, and under way."""
    return (
        battle_opened(n),
        of_battle(n + 1, "joined", player=ANA),
        of_battle(n + 2, "joined", player=BEN, by=BEN),
        of_battle(n + 3, "countdown_started", starts_at=AT + 60_000),
        of_battle(n + 4, "went_live", ends_at=AT + 3_660_000, by=None),
    )


def issued(n: int, body: dict[str, object] | None = None) -> Seen:
    """An offer."""
    times = {"answer_by": AT + 86_400_000, "attempt_within_ms": 259_200_000}
    return event(n, "dare.issued", {**(body or terms()), **times}, by=BEN, mine=True)


def agreed(n: int, body: dict[str, object] | None = None, **more: object) -> Seen:
    """A yes, with the terms as agreed."""
    fields = {**(body or terms()), "attempt_by": AT + 259_200_000, **more}
    return event(n, "dare.accepted", fields)


def about(n: int, kind: str, dare: str = DARE, *, by: str | None = ANA, **more: object) -> Seen:
    """Something about the dare that Ben made."""
    return event(n, kind, {"dare": dare, "issuer": BEN, "target": ANA, **more}, by=by)


def started(n: int) -> Seen:
    """Ana is going in."""
    return about(n, "dare.started", lapses_at=AT + 7_200_000)


def reported(n: int, **more: object) -> Seen:
    """Ana was told no."""
    body = {
        **terms(),
        "outcome": "REJECTED",
        "arrived_at": AT + n * 1_000,
        "week": "2026-W48",
        "settles_at": AT + 43_200_000,
        **more,
    }
    return event(n, "dare.reported", body)


def corrected(n: int, outcome: str = "GRANTED", *, counts: dict[str, int] | None = None) -> Seen:
    """It was otherwise, Ana says."""
    return about(n, "dare.corrected", outcome=outcome, counts=counts)


def cheered(n: int, emoji: str = "👏", *, by: str = BEN, dare: str = DARE) -> Seen:
    """Somebody cheers for what Ana took on."""
    return event(n, "cheer.given", {"dare": dare, "target": ANA, "emoji": emoji}, by=by)


def kicked(n: int, player: str = BEN) -> Seen:
    """Ana puts somebody out."""
    return event(n, "member.kicked", {"player": player})


def banned(n: int, player: str = BEN) -> Seen:
    """Ana puts somebody out for good."""
    return event(n, "member.banned", {"player": player})


def unbanned(n: int, player: str = BEN) -> Seen:
    """Ana lets somebody try again."""
    return event(n, "member.unbanned", {"player": player})


def role_changed(n: int, role: str, player: str = BEN) -> Seen:
    """Ana gives somebody a role."""
    return event(n, "role.changed", {"player": player, "role": role})


def requested(n: int, player: str = CLEO, **more: object) -> Seen:
    """Somebody asks to be let in."""
    body = {"player": player, "handle": player[2:].title(), **more}
    return event(n, "join.requested", body, by=player)


def asks_no_more(n: int, end: str, player: str = CLEO) -> Seen:
    """Somebody takes their asking back (cancelled), or is not let in (declined)."""
    by = player if end == "cancelled" else ANA
    return event(n, f"join.{end}", {"player": player}, by=by)


def invited(n: int, *, expires_at: int = AT + 604_800_000, **more: object) -> Seen:
    """A new way in."""
    body = {"invite": f"k{n}", "expires_at": expires_at, "max_uses": 17, **more}
    return event(n, "invite.issued", body)


def revoked(n: int, invite: str) -> Seen:
    """A way in is closed."""
    return event(n, "invite.revoked", {"invite": invite})


def changed(n: int, **settings: object) -> Seen:
    """Ana changes a setting."""
    return event(n, "squad.settings_changed", settings)


def not_taken(n: int, dare: str = DARE) -> Seen:
    """All that others learn of a decline, a bail or an expiry."""
    return event(n, "dare.not_taken", {"dare": dare}, by=None)


EVENTS: dict[str, tuple[Seen, ...]] = {
    "nothing at all": (),
    "a squad with two members": START,
    "a squad whose author was erased has no name": (created(name=None), joined(2, ANA, "OWNER")),
    "a member whose handle is gone": (*START, joined(4, CLEO, handle=None)),
    "another name": (*START, event(4, "squad.renamed", {"name": "Millers"})),
    "another name by somebody who was erased is none": (
        *START,
        event(4, "squad.renamed", {"name": None}),
    ),
    "another size": (*START, changed(4, size=9)),
    "another way in and another zone": (
        *START,
        changed(4, join_policy="APPROVAL"),
        changed(5, tz="Asia/Tokyo", tz_from="2026-W49"),
    ),
    "every setting at once": (
        *START,
        changed(4, size=9, join_policy="APPROVAL", tz="Asia/Tokyo", tz_from="2026-W49"),
    ),
    "an invite, as its maker sees it": (*START, invited(4, code="ABCDE12345")),
    "an invite, as the others see it": (*START, invited(4)),
    "an invite that was closed": (
        *START,
        invited(4),
        revoked(5, "k4"),
    ),
    "two invites, and one of them no more": (*START, invited(4), invited(5), revoked(6, "k4")),
    "an invite that is over stays until the next is made": (
        *START,
        invited(4, expires_at=AT + 4_500),
        cheered(5),
    ),
    "the next invite takes the place of those that are over": (
        *START,
        invited(4, expires_at=AT + 5_999),
        invited(5, expires_at=AT + 6_000),
        invited(6, expires_at=AT + 6_001, code="ABCDE12345"),
        invited(7, expires_at=AT + 8_000),
    ),
    "an invite is used by those who come in by it": (
        *START,
        invited(4),
        invited(5),
        joined(6, CLEO, invite="k4"),
        joined(7, "01DAN", invite="k4"),
        joined(8, "01EVA", invite="k3"),
    ),
    "an invite that nobody here knows is passed over": (*START, revoked(4, "k3")),
    "an archived squad has no ways in": (
        *START,
        invited(4),
        invited(5),
        event(6, "squad.archived", {}),
    ),
    "somebody asks to be let in": (*START, requested(4)),
    "somebody erased asks to be let in": (*START, requested(4, handle=None)),
    "two ask, and one of them no more": (
        *START,
        requested(4),
        requested(5, "01DAN"),
        asks_no_more(6, "cancelled"),
    ),
    "whoever was not let in may ask again": (
        *START,
        requested(4),
        asks_no_more(5, "declined"),
        requested(6),
    ),
    "whoever asked is let in": (*START, requested(4), joined(5, CLEO)),
    "somebody kicked": (*START, kicked(4)),
    "somebody kicked who came back": (*START, kicked(4), joined(5, BEN)),
    "a kick ends their dares first": (
        *START,
        agreed(4),
        about(5, "dare.withdrawn", reason="PARTY_LEFT"),
        kicked(6),
    ),
    "a member banned": (*START, banned(4)),
    "a member without a handle banned": (*START, joined(4, CLEO, handle=None), banned(5, CLEO)),
    "somebody banned who had left": (
        *START,
        event(4, "member.left", {"player": BEN}, by=BEN),
        banned(5),
    ),
    "somebody banned who was not let in": (
        *START,
        requested(4),
        asks_no_more(5, "declined"),
        banned(6, CLEO),
    ),
    "somebody banned who only asked": (*START, requested(4), banned(5, CLEO)),
    "a member banned who asked before": (
        *START,
        requested(4),
        joined(5, CLEO),
        banned(6, CLEO),
    ),
    "a ban lifted, and back again": (*START, banned(4), unbanned(5), joined(6, BEN)),
    "two banned, and one of them no more": (
        *START,
        joined(4, CLEO),
        banned(5),
        banned(6, CLEO),
        unbanned(7),
    ),
    "a captain": (*START, role_changed(4, "CAPTAIN")),
    "a captain no more": (*START, role_changed(4, "CAPTAIN"), role_changed(5, "MEMBER")),
    "a captain who owns the squad now": (
        *START,
        role_changed(4, "CAPTAIN"),
        event(5, "ownership.passed", {"player": BEN, "previous": ANA}),
    ),
    "a week that is final": (*START, event(4, "week.closed", {"week": "2026-W48"}, by=None)),
    "somebody left": (*START, event(4, "member.left", {"player": BEN}, by=BEN)),
    "somebody left and came back": (
        *START,
        joined(4, CLEO),
        event(5, "member.left", {"player": BEN}, by=BEN),
        joined(6, BEN, invited_by=CLEO),
    ),
    "ownership passed on": (
        *START,
        event(4, "ownership.passed", {"player": BEN, "previous": ANA}),
        event(5, "member.left", {"player": ANA}),
    ),
    "the squad was archived": (
        created(),
        joined(2, ANA, "OWNER"),
        event(3, "squad.archived", {}),
        event(4, "member.left", {"player": ANA}),
    ),
    "a lobby": (*START, battle_opened(4), of_battle(5, "joined", player=ANA)),
    "a duel with its cards": (
        *START,
        battle_opened(4, mode="DUEL", cards=["one", "two", "three"], double_down=True),
    ),
    "a battle under way": (*START, *battle_live(4)),
    "somebody leaves a battle": (*START, *battle_live(4), of_battle(9, "left", player=BEN, by=BEN)),
    "a battle that is over": (
        *START,
        *battle_live(4),
        of_battle(9, "grace_started", until=AT + 3_720_000, by=None),
        of_battle(10, "finished", week="2026-W48", by=None),
    ),
    "a battle called off": (*START, battle_opened(4), of_battle(5, "cancelled", reason="BY_HOST")),
    "a battle after another": (
        *START,
        *battle_live(4),
        of_battle(9, "finished", week="2026-W48", by=None),
        battle_opened(10, "01NEXT"),
    ),
    "the end of a battle comes after the next was opened": (
        *START,
        *battle_live(4),
        battle_opened(9, "01NEXT"),
        of_battle(10, "finished", week="2026-W48", by=None),
        event(11, "battle.cancelled", {"battle": "01OTHER", "reason": "TOO_FEW"}, by=None),
    ),
    "a battle whose opening nobody here saw": (*START, of_battle(4, "joined", player=ANA)),
    "a card taken in a battle": (
        *START,
        *battle_live(4),
        issued(9, {**card_terms(), "battle": BATTLE}),
        agreed(10, {**card_terms(), "battle": BATTLE}),
        about(11, "dare.started", OTHER, lapses_at=AT + 7_200_000, doubled=True),
        reported(12, battle=BATTLE, doubled=True),
    ),
    "an offer": (*START, issued(4)),
    "an offer of a card": (*START, issued(4, card_terms())),
    "an offer that repeats another and belongs to a call": (
        *START,
        issued(4, {**terms(), "repeat_of": OTHER, "call": "01CALL"}),
    ),
    "an offer and the yes to it": (*START, issued(4), agreed(5)),
    "a yes at another level and with fewer words": (
        *START,
        issued(4),
        agreed(5, difficulty=2, text="ask for bread"),
    ),
    "a yes to an offer that was not for these eyes": (*START, agreed(5)),
    "two dares keep the order in which they were seen": (
        *START,
        issued(4),
        issued(5, card_terms()),
        agreed(6),
    ),
    "going in": (*START, issued(4), agreed(5), started(6)),
    "nothing came of going in": (
        *START,
        issued(4),
        agreed(5),
        started(6),
        about(7, "dare.start_lapsed", by=None),
    ),
    "a report": (*START, agreed(5), started(6), reported(7)),
    "a report with counts and a line": (
        *START,
        agreed(5),
        reported(
            6,
            outcome="MIXED",
            counts={"asked": 4, "no": 2, "yes": 1, "ignored": 1},
            line="They laughed.",
        ),
    ),
    "a card, from the offer to the report": (
        *START,
        issued(4, card_terms()),
        agreed(5, card_terms()),
        event(
            6,
            "dare.reported",
            {
                **card_terms(),
                "outcome": "GRANTED",
                "arrived_at": AT,
                "week": "2026-W48",
                "settles_at": AT + 43_200_000,
            },
            by=BEN,
        ),
    ),
    "a report put right": (*START, agreed(5), reported(6, line="Ha."), corrected(7)),
    "a report put right with counts": (
        *START,
        agreed(5),
        reported(6),
        corrected(7, "MIXED", counts={"asked": 4, "no": 2, "yes": 1, "ignored": 1}),
    ),
    "counts put right by none": (
        *START,
        agreed(5),
        reported(6, outcome="MIXED", counts={"asked": 4, "no": 2, "yes": 1, "ignored": 1}),
        corrected(7, "REJECTED"),
    ),
    "cheers": (*START, agreed(5), cheered(6), reported(7), cheered(8, "🔥"), cheered(9, by=CLEO)),
    "a report that has settled": (
        *START,
        agreed(5),
        reported(6),
        about(7, "dare.settled", by=None),
    ),
    "a decline, as the target sees it": (*START, issued(4), about(5, "dare.declined")),
    "a decline, as the issuer sees it": (*START, issued(4), not_taken(5)),
    "a bail, as the target sees it": (*START, issued(4), agreed(5), about(6, "dare.bailed")),
    "a bail or an expiry, as the others see it": (*START, agreed(5), not_taken(6)),
    "an expiry, as the target sees it": (*START, issued(4), about(5, "dare.expired", by=None)),
    "an offer taken back": (*START, issued(4), about(5, "dare.withdrawn", by=BEN)),
    "a dare called off for safety": (
        *START,
        agreed(5),
        about(6, "dare.withdrawn", by=BEN, reason="SAFETY"),
    ),
    "an archived squad's dares end with it": (
        *START,
        agreed(4),
        about(5, "dare.withdrawn", by=ANA, reason="SQUAD_ARCHIVED"),
        event(6, "squad.archived", {}),
    ),
    "a leaver's dare goes with them": (
        *START,
        agreed(4),
        about(5, "dare.withdrawn", by=BEN, reason="PARTY_LEFT"),
        event(6, "member.left", {"player": BEN}, by=BEN),
    ),
    "dares that nobody here knows are passed over": (
        *START,
        started(4),
        about(5, "dare.start_lapsed", by=None),
        reported(6),
        about(7, "dare.settled", by=None),
        not_taken(8, OTHER),
        about(9, "dare.withdrawn", OTHER),
        corrected(10),
        cheered(11),
    ),
    "members that nobody here knows are passed over": (
        *START,
        event(4, "member.left", {"player": CLEO}, by=CLEO),
        event(5, "ownership.passed", {"player": CLEO, "previous": ANA}),
        role_changed(6, "CAPTAIN", CLEO),
        kicked(7, CLEO),
        asks_no_more(8, "cancelled"),
        unbanned(9, CLEO),
        banned(10, CLEO),
    ),
    "a kind from the future only enters the feed": (
        *START,
        issued(4),
        event(5, "dare.transmogrified", {"dare": DARE, "into": [1, {"deep": None}]}),
    ),
    "a gap of blanks": (created(), joined(2, ANA, "OWNER"), joined(40, BEN), agreed(97)),
    "the feed holds the last fifty": (
        *START,
        *(cheered(n) for n in range(4, 60)),
    ),
    "what left the feed is still in the view": (
        *START,
        agreed(4),
        invited(5, code="ABCDE12345"),
        *(cheered(n) for n in range(6, 60)),
        started(60),
    ),
}


def vectors() -> str:
    """The whole file, made anew: an event a line."""
    return "[\n" + ",\n".join(map(_vector, EVENTS)) + "\n]\n"


def _vector(name: str) -> str:
    view = SquadView()
    for one in EVENTS[name]:
        fold(view, one)
    events = ",".join(f"\n   {_json(one)}" for one in EVENTS[name])
    return f' {{"name": {_json(name)},\n  "events": [{events}],\n  "view": {_json(view.body())}}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    GOLDEN.write_text(vectors(), encoding="utf-8")
