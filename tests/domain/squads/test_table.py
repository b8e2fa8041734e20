"""INV-S1 to S7: random commands by anybody against a second, independent table of rules §2.

The reference below knows no code of ``domain.squads``: memberships are words, time is arithmetic.
Where several rules forbid a command, any of their codes will do; where none does, the facts must
be exactly those of the table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import name_of
from domain.ids import InviteKey, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.room import Room, RoomCommand, decide, evolve
from domain.squads.commands import (
    ApproveRequest,
    ArchiveSquad,
    BanMember,
    CancelRequest,
    ChangeRole,
    ChangeSettings,
    DeclineRequest,
    ForgetMember,
    IssueInvite,
    JoinSquad,
    KickMember,
    LeaveSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
    UnbanMember,
)
from domain.squads.events import JoinPolicy, Role
from tests.examples import (
    ANA,
    BEN,
    CLEO,
    DAN,
    EVE,
    INVITE,
    MONDAY,
    NOW,
    id_of,
    invited,
    joined,
    room_of,
    sealed,
    squad_created,
)

HOUR = 3_600_000
FAY, GUS = PlayerId(id_of("F")), PlayerId(id_of("G"))
EVERYBODY = (ANA, BEN, CLEO, DAN, EVE, FAY, GUS)
START = (
    squad_created(size=5),
    joined(ANA, role=Role.OWNER),
    joined(DAN, at=MONDAY + 1),
    joined(CLEO, at=MONDAY + 3, role=Role.CAPTAIN),
    joined(BEN, at=MONDAY + 2, role=Role.CAPTAIN),
    invited(max_uses=2),
)
"""Ana's squad: two captains, of whom Ben has served longer, and Dan, who has served longest."""
WAITS = (0, 0, 1, HOUR - 1, HOUR, 24 * HOUR)

MAY = {
    "rename": ("OWNER",),
    "settings": ("OWNER",),
    "archive": ("OWNER",),
    "role": ("OWNER",),
    "invite": ("OWNER", "CAPTAIN"),
    "revoke": ("OWNER", "CAPTAIN"),
    "approve": ("OWNER", "CAPTAIN"),
    "turn away": ("OWNER", "CAPTAIN"),
    "unban": ("OWNER", "CAPTAIN"),
    "put out a MEMBER": ("OWNER", "CAPTAIN"),
    "put out a CAPTAIN": ("OWNER",),
    "put out a OWNER": (),
    "ban who is no member": ("OWNER", "CAPTAIN"),
}
"""The table of rules §2: who may do what."""


@dataclass
class Way:
    """An invite, as the rulebook has it."""

    ends: Millis
    uses_left: int
    is_revoked: bool = False


@dataclass
class Reference:
    """What the rulebook says of one squad and of everybody's membership in it."""

    membership: dict[PlayerId, str] = field(
        default_factory=lambda: {
            **dict.fromkeys(EVERYBODY, "NONE"),
            **dict.fromkeys((ANA, BEN, CLEO, DAN), "MEMBER"),
        }
    )
    roles: dict[PlayerId, str] = field(
        default_factory=lambda: {ANA: "OWNER", BEN: "CAPTAIN", CLEO: "CAPTAIN", DAN: "MEMBER"}
    )
    served: dict[PlayerId, tuple[Millis, PlayerId]] = field(
        default_factory=lambda: {ANA: (0, ANA), DAN: (1, DAN), BEN: (2, BEN), CLEO: (3, CLEO)}
    )
    ways: dict[InviteKey, Way] = field(
        default_factory=lambda: {INVITE: Way(ends=MONDAY + 7 * 24 * HOUR, uses_left=2)}
    )
    known: set[PlayerId] = field(default_factory=lambda: {ANA, BEN, CLEO, DAN})
    asked: dict[PlayerId, list[Millis]] = field(default_factory=dict)
    size: int = 5
    policy: str = "CODE"
    is_archived: bool = False

    def of(self, membership: str) -> set[PlayerId]:
        """Everybody with that membership."""
        return {player for player, is_ in self.membership.items() if is_ == membership}

    @property
    def is_full(self) -> bool:
        """Whether every seat is taken; whoever asks holds none."""
        return len(self.roles) >= self.size

    def forbids(self, what: str, by: PlayerId) -> set[RefusalCode]:
        """The codes with which the role table refuses it."""
        if by not in self.roles:
            return {RefusalCode.FORBIDDEN}
        codes = {RefusalCode.WRONG_STATE} if self.is_archived else set()
        return codes if self.roles[by] in MAY[what] else codes | {RefusalCode.FORBIDDEN}

    def forbids_coming_in(self, by: PlayerId, way: InviteKey, now: Millis) -> set[RefusalCode]:
        """The codes with which a code does not let somebody in, seats and policy apart."""
        if self.membership[by] == "BANNED":
            return {RefusalCode.BANNED}
        found = self.ways.get(way)
        if found is None or found.is_revoked or self.is_archived:
            return {RefusalCode.INVITE_INVALID}
        codes = {RefusalCode.INVITE_EXPIRED} if now >= found.ends else set()
        return codes | ({RefusalCode.INVITE_USED_UP} if found.uses_left <= 0 else set())

    def come_in(self, player: PlayerId, now: Millis) -> None:
        """They are a member."""
        self.known.add(player)
        self.membership[player] = "MEMBER"
        self.roles[player] = "MEMBER"
        self.served[player] = (now, player)

    def go_out(self, player: PlayerId, membership: str) -> list[str]:
        """They are no member any more; what that does to the squad."""
        role = self.roles.pop(player)
        self.membership[player] = membership
        if role != "OWNER" or self.is_archived:
            return []
        if not self.roles:
            return self.end()
        captains = [p for p, role in self.roles.items() if role == "CAPTAIN"]
        self.roles[min(captains or self.roles, key=lambda p: self.served[p])] = "OWNER"
        return ["ownership.passed"]

    def end(self) -> list[str]:
        """The squad is archived; nobody waits for an answer any more."""
        self.is_archived = True
        waiting = self.of("REQUESTED")
        self.membership |= dict.fromkeys(waiting, "NONE")
        return [*(len(waiting) * ["join.declined"]), "squad.archived"]

    def has_asked_enough(self, player: PlayerId, now: Millis) -> bool:
        """Three times within a day."""
        return sum(now - at < 24 * HOUR for at in self.asked.get(player, [])) >= 3


Pick = tuple[str, PlayerId]
"""A kind of person, and who it is where there is nobody of the kind."""


def some(*kinds: str) -> tuple[Pick, ...]:
    """Everybody, of one of these kinds: a role, REQUESTED, BANNED, "out", or "any"."""
    return tuple((kind, player) for kind in kinds for player in EVERYBODY)


class SquadTable:
    """Everybody tries everything, with codes of every kind."""

    def __init__(self) -> None:
        self.room: Room = room_of(START)
        self.squad = Reference()
        self.now: Millis = NOW
        self.invites = 0

    def one(self, pick: Pick) -> PlayerId:
        """Whoever was picked."""
        (kind, otherwise), squad = pick, self.squad
        kinds = {
            player: squad.roles.get(player, "out" if is_ in ("NONE", "LEFT") else is_)
            for player, is_ in squad.membership.items()
        }
        found = [player for player, is_ in kinds.items() if is_ == kind]
        return found[EVERYBODY.index(otherwise) % len(found)] if found else otherwise

    def way(self, which: int) -> InviteKey:
        """One of the latest codes, or one that nobody made."""
        known = list(self.squad.ways)[::-1]
        return known[which] if which < len(known) else InviteKey("nobody's")

    def expect(
        self, command: RoomCommand, codes: set[RefusalCode], *facts: str, or_nothing: bool = False
    ) -> bool:
        """The room answers as the reference says; whether something has happened."""
        try:
            facts_found = decide(self.room, command)
        except Refusal as refusal:
            code = refusal.code
        else:
            for fact in facts_found:
                evolve(self.room, fact)
            names = [name_of(type(fact)) for fact in facts_found]

            assert (names, codes) == ([] if or_nothing else [*facts], set())
            return not or_nothing

        assert code in codes
        return False

    # Coming in

    def invite(self, by: Pick, hours: int | None, uses: int) -> None:
        """Somebody makes a code; 0 stands for as many uses as there are free seats."""
        doer, squad = self.one(by), self.squad
        codes = squad.forbids("invite", doer)
        if not codes and squad.is_full:
            codes = {RefusalCode.SQUAD_FULL}
        if not codes and uses > squad.size:
            codes = {RefusalCode.BAD_INPUT}
        self.invites += 1
        key = InviteKey(f"way-{self.invites}")
        command = IssueInvite(
            at=self.now,
            by=doer,
            invite=key,
            code=sealed(key),
            expires_h=hours,
            max_uses=uses or None,
        )
        if self.expect(command, codes, "invite.issued"):
            ends = self.now + (168 if hours is None else hours) * HOUR
            squad.ways[key] = Way(ends, uses or squad.size - len(squad.roles))

    def revoke(self, by: Pick, which: int) -> None:
        """Somebody closes a way in."""
        doer, way = self.one(by), self.way(which)
        codes = self.squad.forbids("revoke", doer)
        found = self.squad.ways.get(way)
        if not codes and (found is None or found.is_revoked):
            codes = {RefusalCode.NOT_FOUND}
        if self.expect(RevokeInvite(at=self.now, by=doer, invite=way), codes, "invite.revoked"):
            self.squad.ways[way].is_revoked = True

    def join(self, pick: Pick, which: int, has_seat: bool) -> None:
        """Somebody comes by a code."""
        who, squad, way = self.one(pick), self.squad, self.way(which)
        is_in = who in squad.roles
        codes = set() if is_in else squad.forbids_coming_in(who, way, self.now)
        if not is_in and not codes & {RefusalCode.BANNED, RefusalCode.INVITE_INVALID}:
            codes |= {RefusalCode.FORBIDDEN} if squad.policy == "APPROVAL" else set()
            codes |= {RefusalCode.SQUAD_FULL} if squad.is_full else set()
            codes |= set() if has_seat else {RefusalCode.TOO_MANY_SQUADS}
        command = JoinSquad(
            at=self.now, by=who, invite=way, handle=sealed(who), seat=0 if has_seat else None
        )
        if self.expect(command, codes, "member.joined", or_nothing=is_in):
            squad.come_in(who, self.now)
            squad.ways[way].uses_left -= 1

    def request(self, pick: Pick, which: int, requests: int) -> None:
        """Somebody asks to be let in."""
        who, squad, way = self.one(pick), self.squad, self.way(which)
        is_there = squad.membership[who] in ("MEMBER", "REQUESTED")
        codes = set() if is_there else squad.forbids_coming_in(who, way, self.now)
        if not is_there and not codes and (requests == 10 or squad.has_asked_enough(who, self.now)):
            codes = {RefusalCode.QUOTA}
        command = RequestJoin(
            at=self.now, by=who, invite=way, handle=sealed(who), requests=requests
        )
        if self.expect(command, codes, "join.requested", or_nothing=is_there):
            squad.membership[who] = "REQUESTED"
            squad.known.add(who)
            squad.asked.setdefault(who, []).append(self.now)

    def cancel(self, pick: Pick) -> None:
        """Somebody asks no more."""
        who = self.one(pick)
        asks = self.squad.membership[who] == "REQUESTED"
        command = CancelRequest(at=self.now, by=who)
        if self.expect(command, set(), "join.cancelled", or_nothing=not asks):
            self.squad.membership[who] = "NONE"

    def approve(self, by: Pick, to: Pick, has_seat: bool) -> None:
        """Somebody lets somebody in."""
        squad, doer, whom = self.squad, self.one(by), self.one(to)
        codes, is_in = squad.forbids("approve", doer), whom in squad.roles
        if not codes and not is_in:
            if squad.membership[whom] != "REQUESTED":
                codes = {RefusalCode.NOT_FOUND}
            else:
                codes = {RefusalCode.SQUAD_FULL} if squad.is_full else set()
                codes |= set() if has_seat else {RefusalCode.TOO_MANY_SQUADS}
        command = ApproveRequest(at=self.now, by=doer, player=whom, seat=0 if has_seat else None)
        if self.expect(command, codes, "member.joined", or_nothing=is_in):
            squad.come_in(whom, self.now)

    def turn_away(self, by: Pick, to: Pick) -> None:
        """Somebody does not let somebody in."""
        doer, whom = self.one(by), self.one(to)
        codes = self.squad.forbids("turn away", doer)
        if not codes and self.squad.membership[whom] != "REQUESTED":
            codes = {RefusalCode.NOT_FOUND}
        command = DeclineRequest(at=self.now, by=doer, player=whom)
        if self.expect(command, codes, "join.declined"):
            self.squad.membership[whom] = "NONE"

    # Going out

    def leave(self, pick: Pick) -> None:
        """Somebody goes, from an archived squad too."""
        who = self.one(pick)
        is_in = who in self.squad.roles
        before = self.squad.go_out(who, "LEFT") if is_in else []
        codes = set() if is_in else {RefusalCode.FORBIDDEN}
        self.expect(LeaveSquad(at=self.now, by=who), codes, *before, "member.left")

    def kick(self, by: Pick, to: Pick) -> None:
        """Somebody puts somebody out."""
        self.put_out(by, to, is_ban=False)

    def ban(self, by: Pick, to: Pick) -> None:
        """For good."""
        self.put_out(by, to, is_ban=True)

    def put_out(self, by: Pick, to: Pick, *, is_ban: bool) -> None:
        """Somebody kicks or bans somebody."""
        squad, doer, whom = self.squad, self.one(by), self.one(to)
        has = squad.membership[whom]
        what = "ban who is no member"
        if has == "MEMBER":
            what = f"put out a {squad.roles[whom]}"
        codes = squad.forbids(what, doer)
        is_known = has == "MEMBER" or (is_ban and (whom in squad.known or has == "BANNED"))
        if not codes and not is_known:
            codes = {RefusalCode.NOT_FOUND}
        command = (BanMember if is_ban else KickMember)(at=self.now, by=doer, player=whom)
        fact = "member.banned" if is_ban else "member.kicked"
        if self.expect(command, codes, fact, or_nothing=is_ban and has == "BANNED"):
            after = "BANNED" if is_ban else "LEFT"
            squad.membership[whom] = after
            squad.roles.pop(whom, None)

    def unban(self, by: Pick, to: Pick) -> None:
        """Somebody lifts a ban."""
        squad, doer, whom = self.squad, self.one(by), self.one(to)
        is_banned = squad.membership[whom] == "BANNED"
        command = UnbanMember(at=self.now, by=doer, player=whom)
        codes = squad.forbids("unban", doer)
        if not codes and not is_banned and whom not in squad.known:
            codes = {RefusalCode.NOT_FOUND}
        if self.expect(command, codes, "member.unbanned", or_nothing=not is_banned):
            squad.membership[whom] = "NONE"

    def forget(self, is_time: bool, pick: Pick) -> None:
        """Somebody was erased; a stranger here for all that the squad knows."""
        if not is_time:
            return
        who, squad = self.one(pick), self.squad
        has = squad.membership[who]
        facts = ["member.unbanned"] if has == "BANNED" else []
        if has == "MEMBER":
            facts += [*squad.go_out(who, "LEFT"), "member.left"]
        elif has == "REQUESTED":
            facts.append("join.cancelled")
        elif who in squad.known:
            facts.append("member.forgotten")
        squad.membership[who] = "NONE"
        squad.known.discard(who)
        self.expect(ForgetMember(at=self.now, player=who), set(), *facts)

    # Running it

    def give_role(self, by: Pick, to: Pick, role: str) -> None:
        """Somebody makes a captain, or one no more, or hands the squad on."""
        squad, doer, whom = self.squad, self.one(by), self.one(to)
        codes = squad.forbids("role", doer)
        if not codes and whom not in squad.roles:
            codes = {RefusalCode.NOT_FOUND}
        if not codes and whom == doer:
            codes = {RefusalCode.FORBIDDEN}
        fact = "ownership.passed" if role == "OWNER" else "role.changed"
        is_so = squad.roles.get(whom) == role
        command = ChangeRole(at=self.now, by=doer, player=whom, role=Role(role))
        if self.expect(command, codes, fact, or_nothing=is_so):
            squad.roles[whom] = role
            if role == "OWNER":
                squad.roles[doer] = "MEMBER"

    def rename(self, by: Pick, length: int) -> None:
        """Somebody gives it another name."""
        doer = self.one(by)
        codes = self.squad.forbids("rename", doer)
        codes |= {RefusalCode.BAD_INPUT} if not codes and length in (0, 41) else set()
        command = RenameSquad(at=self.now, by=doer, name=sealed("Owls"), name_length=length)
        self.expect(command, codes, "squad.renamed")

    def resize(self, by: Pick, size: int) -> None:
        """Somebody changes how many there may be."""
        squad, doer = self.squad, self.one(by)
        codes = squad.forbids("settings", doer)
        if not codes and size in (1, 51):
            codes = {RefusalCode.BAD_INPUT}
        if not codes and size < len(squad.roles):
            codes = {RefusalCode.WRONG_STATE}
        command = ChangeSettings(at=self.now, by=doer, size=size)
        if self.expect(command, codes, "squad.settings_changed", or_nothing=size == squad.size):
            squad.size = size

    def change_policy(self, by: Pick, policy: str) -> None:
        """Somebody changes how one gets in."""
        squad, doer = self.squad, self.one(by)
        codes = squad.forbids("settings", doer)
        command = ChangeSettings(at=self.now, by=doer, join_policy=JoinPolicy(policy))
        is_so = policy == squad.policy
        if self.expect(command, codes, "squad.settings_changed", or_nothing=is_so):
            squad.policy = policy

    def archive(self, is_time: bool, by: Pick) -> None:
        """The owner seldom does: little comes after it."""
        doer = self.one(by)
        if not is_time and self.squad.roles.get(doer) == "OWNER":
            return
        codes = self.squad.forbids("archive", doer)
        facts = [] if codes else self.squad.end()
        self.expect(ArchiveSquad(at=self.now, by=doer), codes, *facts)

    def wait(self, ms: Millis) -> None:
        """Time passes; codes run out."""
        self.now += ms

    # What holds at every moment

    def the_room_is_the_reference(self) -> None:
        """Members with their roles, who asks, who is banned, and the squad's own state."""
        found, squad = self.room.squad, self.squad

        assert {m.player: m.role for m in found.members.values()} == squad.roles
        assert (set(found.requests), set(found.banned)) == (
            squad.of("REQUESTED"),
            squad.of("BANNED"),
        )
        assert (found.size, found.join_policy, found.is_archived) == (
            squad.size,
            squad.policy,
            squad.is_archived,
        )

    def an_active_squad_has_members_and_one_owner(self) -> None:
        """INV-S1, INV-S2."""
        if not self.squad.is_archived:
            assert 0 < len(self.squad.roles) <= self.squad.size
            assert list(self.squad.roles.values()).count("OWNER") == 1


LEADERS = some("OWNER", "CAPTAIN", "OWNER", "CAPTAIN", "any")
OWNERS = some("OWNER", "OWNER", "OWNER", "any")
INSIDERS = some("MEMBER", "CAPTAIN", "OWNER", "any")
STRANGERS = some("out", "out", "REQUESTED", "BANNED", "any")
REQUESTERS = some("REQUESTED", "REQUESTED", "REQUESTED", "any")
ANYBODY = some("OWNER", "CAPTAIN", "MEMBER", "REQUESTED", "BANNED", "any")
CODES = (0, 0, 0, 1, 2, 9)
SEAT = (True, True, True, False)
SELDOM = (True, *9 * (False,))

Step = tuple[Callable[..., None], tuple[Sequence[object], ...]]
STEPS: tuple[Step, ...] = (
    (SquadTable.invite, (LEADERS, (None, 1, 720), (0, 1, 1, 2, 4, 6))),
    (SquadTable.revoke, (LEADERS, (0, 1, 9, 9, 9))),
    *(3 * ((SquadTable.join, (STRANGERS, CODES, SEAT)),)),
    *(2 * ((SquadTable.request, (STRANGERS, CODES, (0, 9, 9, 10))),)),
    (SquadTable.cancel, (some("REQUESTED", "any", "any"),)),
    *(2 * ((SquadTable.approve, (LEADERS, REQUESTERS, SEAT)),)),
    (SquadTable.turn_away, (LEADERS, some("REQUESTED", "any", "any"))),
    (SquadTable.leave, (some("MEMBER", "CAPTAIN", "OWNER", "any", "out"),)),
    (SquadTable.kick, (LEADERS, ANYBODY)),
    *(2 * ((SquadTable.ban, (LEADERS, ANYBODY)),)),
    (SquadTable.unban, (LEADERS, some("BANNED", "BANNED", "any"))),
    (SquadTable.forget, (SELDOM, ANYBODY)),
    (SquadTable.give_role, (OWNERS, INSIDERS, ("OWNER", "CAPTAIN", "CAPTAIN", "MEMBER"))),
    (SquadTable.rename, (OWNERS, (0, 1, 40, 41))),
    (SquadTable.resize, (OWNERS, (1, 2, 3, 4, 5, 6, 50, 51))),
    (SquadTable.change_policy, (OWNERS, ("CODE", "CODE", "APPROVAL"))),
    (SquadTable.archive, (SELDOM, LEADERS)),
    (SquadTable.wait, (WAITS,)),
)
"""What may be tried, and with what: by how often it is drawn."""


class TestInvS1ToS7TheSquadTable:
    """One number draws a step whole, so that steps are spread evenly over all that there is."""

    @given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=70))
    @settings(max_examples=150)
    def test_every_command_is_answered_as_the_table_says(self, numbers: list[int]) -> None:
        """And the squad is the reference's after each."""
        table = SquadTable()
        for number in numbers:
            chance = Random(number)
            step, choices = chance.choice(STEPS)
            step(table, *(chance.choice(options) for options in choices))
            table.the_room_is_the_reference()
            table.an_active_squad_has_members_and_one_owner()
