"""Who may see what of a fact: a pure function of the fact alone, never of state.

Three audiences, disjoint: *self* (a dare's target, else whoever acted), *party* (a dare's issuer,
if another person) and *squad* (every other member). Each gets a sight or a blank
(protocol, "What one may see").
"""

from msgspec import Struct
from msgspec.structs import replace

from domain.dares.events import (
    AboutDare,
    DareBailed,
    DareDeclined,
    DareExpired,
    DareIssued,
    DareWithdrawn,
)
from domain.facts import Fact
from domain.ids import DareId, PlayerId
from domain.room import RoomFact
from domain.squads.events import InviteIssued, MemberForgotten


class DareNotTaken(Fact, frozen=True, kw_only=True):
    """What others see of a decline, a bail and an expiry alike: it was not taken (INV-D6)."""

    dare: DareId


SHOWN_TO_NOBODY = (MemberForgotten,)
"""Facts that are a blank to everybody."""
KEPT_FROM_SOME = (DareIssued, DareWithdrawn, DareDeclined, DareBailed, DareExpired)
"""Facts about a dare of which some see less than its target."""
Sight = RoomFact | DareNotTaken
"""A fact as one audience sees it."""


class Sights(Struct, frozen=True):
    """One fact, as each of the three audiences sees it; None is a blank."""

    self_id: PlayerId | None
    party_id: PlayerId | None
    for_self: Sight | None
    for_party: Sight | None
    for_squad: Sight | None

    def of(self, viewer: PlayerId) -> Sight | None:
        """What this viewer sees: their audience is the first that names them."""
        if viewer == self.self_id:
            return self.for_self
        return self.for_party if viewer == self.party_id else self.for_squad


def sights(fact: RoomFact) -> Sights:
    """What each audience sees of a fact."""
    if isinstance(fact, AboutDare):
        return _of_dare(fact)
    if isinstance(fact, SHOWN_TO_NOBODY):
        return Sights(None, None, None, None, None)
    squad = replace(fact, code=None) if isinstance(fact, InviteIssued) else fact
    return Sights(fact.by, None, fact, None, squad)


def _of_dare(fact: AboutDare) -> Sights:
    party_id = fact.issuer if fact.issuer != fact.target else None
    party, squad = _beside_target(fact) if isinstance(fact, KEPT_FROM_SOME) else (fact, fact)
    return Sights(fact.target, party_id, fact, party, squad)  # type: ignore[arg-type]  # closed union


def _beside_target(fact: AboutDare) -> tuple[Sight | None, Sight | None]:
    """What the issuer sees, and what the rest of the squad sees."""
    seen: Sight = fact  # type: ignore[assignment]  # every AboutDare is one of the union
    match fact:
        case DareIssued():
            return seen, None
        case DareWithdrawn():
            return seen, replace(fact, reason=None) if fact.was_accepted else None
        case _:
            not_taken = DareNotTaken(at=fact.at, by=None, dare=fact.dare)
            return not_taken, not_taken if fact.was_accepted else None
