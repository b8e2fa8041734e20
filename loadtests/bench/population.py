"""Populations: a data folder with many players in squads, written in seconds.

Called by the benches that ask what a server does with so many people. Every fact comes of a real
decision and has its claims and timers beside it, as if everybody had come one by one; but events
and keys are committed by the thousand, and no answers are kept: nobody asks again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from msgspec.structs import replace

from domain.dares.commands import AcceptDare, IssueDare, ReportDare, StartDare
from domain.dares.terms import Terms
from domain.deck import DECK
from domain.facts import Fact
from domain.ids import MINUTE_MS, DareId, Fingerprint, InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed
from domain.players.commands import RegisterPlayer
from domain.room import RoomCommand
from domain.scoring import Outcome
from domain.squads.commands import CreateSquad, IssueInvite, JoinSquad
from domain.squads.decide import SIZE
from domain.squads.events import SquadCreated
from server.app import keys_path, open_keys, open_log
from server.clock import Clock, draw_bytes, draw_code
from server.commands.consequences import claims_of, timers_of
from server.commands.for_squads import CODE_LENGTH
from server.commands.handling import Tools
from server.commands.streams import PlayerStream, SquadStream, player_stream, squad_stream
from server.commands.submission import GUEST
from server.commands.words import comparable
from server.edge.auth import Auth
from server.edge.endings import Endings
from server.eventlog.keys import NONCE_LENGTH
from server.eventlog.log import Batch, Claim, Event, Log, Release, Timer
from server.eventlog.mapper import to_stored
from server.secret import Purpose, Secret, load_secret
from server.settings import Settings

BATCH = 10_000
"""Events in a transaction, about: enough that the disk is not what is waited for."""
TZ = "UTC"


class Population(Struct, frozen=True, kw_only=True):
    """Who is in a folder: squads of ``size``, each with its owner first; nobody is in two."""

    players: Sequence[PlayerId]
    squads: Sequence[SquadId]
    dares: Sequence[DareId]
    """What was done: as many in each squad, by its second member, its third, and so on."""
    size: int
    at: Millis
    """When the last of it happened."""

    def members(self, squad: int) -> Sequence[PlayerId]:
        """Those of a squad, by its place among the squads; the first owns it."""
        return self.players[squad * self.size : (squad + 1) * self.size]


def populate(
    folder: Path, *, squads: int, size: int, reports: int = 0, at: Millis | None = None
) -> Population:
    """Fill a new data folder, and return who is in it. ``folder`` must have no log yet.

    Args:
        folder: is made if need be, with its secret.
        squads: how many.
        size: members of each; it may be more than the rules allow (50), for what is measured by
            the room.
        reports: how many members of each squad, after the owner, have done a dare of the owner's.
        at: when it has happened; None is now.
    """
    assert reports < size, "the owner dares others"
    folder.mkdir(parents=True, exist_ok=True)
    settings, clock = Settings(data_dir=str(folder)), Clock()
    at = clock.now() if at is None else at
    secret = load_secret(None, folder)
    dares: list[DareId] = []
    population = Population(
        dares=dares,
        players=[PlayerId(clock.new_id()) for _ in range(squads * size)],
        squads=[SquadId(clock.new_id()) for _ in range(squads)],
        size=size,
        at=at,
    )
    with (
        closing(open_log(settings)) as log,
        closing(open_keys(settings)) as keys,
    ):
        _make_keys(keys_path(settings), secret, population.players, at)
        scribe = _Scribe(log, Tools(clock, keys, secret, settings.ruleset), at - MINUTE_MS)
        for number, squad in enumerate(population.squads):
            members = population.members(number)
            names = [f"Player {number * size + place}" for place in range(size)]
            handles = [scribe.register(*who) for who in zip(members, names, strict=True)]
            scribe.found(squad, members, handles)
            dares += scribe.play(members[0], members[1 : 1 + reports])
            scribe.write(BATCH)
        scribe.write(1)
    return population


def ticket(folder: Path, player: PlayerId) -> str:
    """A ticket to a server on this folder, as for somebody who has just come in: 15 minutes."""
    auth = Auth(load_secret(None, folder), Clock(), Endings())
    return auth.ticket(auth.begin(player))[0]


def _make_keys(path: Path, secret: Secret, players: Iterable[PlayerId], at: Millis) -> None:
    """What ``Keys.create`` does, which waits for the disk each time: here they all wait once."""
    wrapping = AESGCM(secret.key(Purpose.KEYS))
    rows = []
    for player in players:
        nonce = draw_bytes(NONCE_LENGTH)
        key = AESGCM.generate_key(256)
        rows.append((player, nonce + wrapping.encrypt(nonce, key, player.encode()), at))
    with closing(sqlite3.connect(path)) as file, file:
        file.executemany("INSERT INTO keys VALUES (?,?,?,NULL)", rows)


class _Scribe:
    """Decides, and gathers what is to be written: one squad after the other."""

    def __init__(self, log: Log, tools: Tools, at: Millis) -> None:
        self._log = log
        self._tools = tools
        self._at = at
        self._events: list[Event] = []
        self._claims: list[Claim | Release] = []
        self._timers: list[Timer] = []
        self._squad = ""
        self._stream = SquadStream()

    def register(self, player: PlayerId, handle: str) -> Sealed:
        """Somebody has come in; returns their name as it is kept."""
        sealed = self._tools.keys.seal(player, handle)
        facts = PlayerStream().decide(
            RegisterPlayer(
                at=self._at,
                player=player,
                handle=sealed,
                handle_length=len(handle),
                tz=TZ,
                is_adult=True,
            )
        )
        self._note(player_stream(player), 1, facts, GUEST)
        key = self._tools.claim_key(comparable(handle))
        self._claims.append(Claim("handle", key, player, self._at))
        return sealed

    def found(self, squad: SquadId, members: Sequence[PlayerId], handles: Sequence[Sealed]) -> None:
        """The first of them has founded a squad, and invited the others in."""
        self._squad, self._stream = squad, SquadStream()
        owner, name = members[0], "A squad"
        self._do(
            CreateSquad(
                at=self._at,
                by=owner,
                squad=squad,
                name=self._tools.keys.seal(owner, name),
                name_length=len(name),
                tz=TZ,
                handle=handles[0],
                seat=0,
            ),
            size=len(members),
        )
        code = draw_code(CODE_LENGTH)
        invite = InviteKey(self._tools.claim_key(code))
        sealed = self._tools.keys.seal(owner, code)
        if len(members) > 1:
            self._do(IssueInvite(at=self._at, by=owner, invite=invite, code=sealed))
        for player, handle in zip(members[1:], handles[1:], strict=True):
            self._do(JoinSquad(at=self._at, by=player, invite=invite, handle=handle, seat=0))

    def play(self, owner: PlayerId, targets: Sequence[PlayerId]) -> list[DareId]:
        """The owner has dared them, a card each; they went in and were told no."""
        dares: list[DareId] = []
        for card, target in zip(DECK, targets, strict=False):
            dare = DareId(self._tools.clock.new_id())
            dares.append(dare)
            terms = Terms(
                kind=card.kind,
                difficulty=card.difficulty,
                categories=card.categories,
                fingerprint=Fingerprint(f"card:{card.card}"),
                card=card.card,
            )
            self._do(
                IssueDare(
                    at=self._at,
                    by=owner,
                    dare=dare,
                    target=target,
                    terms=terms,
                    text_length=None,
                    ruleset=self._tools.ruleset,
                )
            )
            self._do(AcceptDare(at=self._at, by=target, dare=dare))
            self._do(StartDare(at=self._at, by=target, dare=dare))
            self._do(
                ReportDare(
                    at=self._at,
                    by=target,
                    dare=dare,
                    tz=TZ,
                    day_start_hour=0,
                    outcome=Outcome.REJECTED,
                )
            )
        return dares

    def write(self, least: int) -> None:
        """Commit what is there if it is as many events as that."""
        if len(self._events) < least:
            return
        self._log.append(
            Batch(events=self._events, claims=self._claims, timers=self._timers),
        )
        self._events, self._claims, self._timers = [], [], []

    def _do(self, command: RoomCommand, size: int = 0) -> None:
        """Decide on the squad; one that is founded has room for ``size`` at least."""
        facts = [
            replace(fact, size=max(SIZE, size)) if isinstance(fact, SquadCreated) else fact
            for fact in self._stream.decide(command)
        ]
        first_n = self._stream.version + 1
        self._stream.apply(facts)
        stream = squad_stream(self._squad)
        self._note(stream, first_n, facts, str(facts[0].by))
        self._claims += claims_of(facts, self._squad)
        self._timers += timers_of(self._stream.room, facts, None, stream)

    def _note(self, stream: str, first_n: int, facts: Sequence[Fact], actor: str) -> None:
        command = self._tools.clock.new_id()
        is_guest = actor == GUEST
        for version, fact in enumerate(facts, first_n):
            topic, state = to_stored(fact)
            self._events.append(
                Event(
                    stream,
                    version,
                    topic,
                    state,
                    actor=actor,
                    command=None if is_guest else command,
                    causation=command if is_guest else None,
                )
            )
