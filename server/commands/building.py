"""From a body on the wire to a domain command: what the domain may not fetch for itself.

Time, ids, drawn codes, sealed texts, cards, and facts from other streams are added by a handler,
one for each kind of command: the modules named ``for_…`` have them.
"""

from server.commands import for_battles, for_dares, for_players, for_squads
from server.commands.handling import Handler
from server.commands.submission import Submission

HANDLERS: dict[str, Handler] = {
    **for_players.HANDLERS,
    **for_squads.HANDLERS,
    **for_dares.HANDLERS,
    **for_battles.HANDLERS,
}
"""Every kind of command that there is. Clients may send those in ``protocol.bodies.BODIES``."""


def handler_of(submission: Submission) -> Handler:
    """The handler of a submission's kind."""
    return HANDLERS[submission.kind]
