"""What can be wrong with a frame, and the close codes of the socket (protocol, "Close codes")."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why a socket closes. 44xx: do not come back by yourself; 45xx and 1xxx: reconnect."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    TEXT = 1003
    BAD_UTF8 = 1007
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    RESTART = 1012
    OVERLOADED = 1013
    MALFORMED = 4400
    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    VERSION = 4426
    REPLACED = 4430
    SLOW = 4501
    SILENT = 4502
    RATE = 4503
    SESSION_OVER = 4504


class ProtocolError(Exception):
    """A frame that no well-made client sends; the connection closes with ``code``."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class UnknownMessage(Exception):
    """A message of a kind that is not known here. Not an error: the other side may be newer."""

    def __init__(self, message_id: str | None) -> None:
        super().__init__(message_id)
        self.message_id = message_id
