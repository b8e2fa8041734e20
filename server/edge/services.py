"""What the edge works with: put together by ``app``, handed to every connection and call."""

from typing import TypedDict

from msgspec import Struct

from server.bus.bus import Bus
from server.clock import Clock
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.edge.auth import Auth
from server.edge.intake import Intake
from server.edge.outbox import Outbox
from server.edge.rates import CallRates
from server.edge.sessions import Sessions
from server.edge.sign_ins import SignIns
from server.edge.unfinished import Unfinished
from server.eventlog.log import Log
from server.live.hub import Hub
from server.live.presence import Presence
from server.live.read_models import ReadModels
from server.live.views import Views
from server.metrics import Metrics
from server.runner import Runner
from server.settings import Settings


class Services(Struct, frozen=True, kw_only=True):
    """One of each, for the life of the server."""

    settings: Settings
    clock: Clock
    log: Log
    tools: Tools
    commands: GroupCommit
    runner: Runner
    models: ReadModels
    hub: Hub
    views: Views
    presence: Presence
    auth: Auth
    intake: Intake
    sessions: Sessions
    outbox: Outbox
    rates: CallRates
    metrics: Metrics
    unfinished: Unfinished
    sign_ins: SignIns
    failed: list[str]
    """The names of background tasks that have ended by themselves."""
    bus: Bus | None = None
    """The way to the other nodes; None for one that is alone."""


class AppState(TypedDict):
    """What Starlette's lifespan hands to requests and to the socket protocol alike."""

    services: Services
