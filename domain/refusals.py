"""What a player may not do. A refusal is the rules' answer, not an error of the program.

``RefusalCode`` is the closed enum of rules §11: the same names in msgpack and in JSON.
"""

from enum import StrEnum

from domain.ids import Millis


class RefusalCode(StrEnum):
    """Every code that a command or a call can be answered with (rules §11)."""

    BAD_INPUT = "BAD_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    COMMAND_ID_REUSED = "COMMAND_ID_REUSED"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    BUSY = "BUSY"
    WRONG_STATE = "WRONG_STATE"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    SQUAD_FULL = "SQUAD_FULL"
    TOO_MANY_SQUADS = "TOO_MANY_SQUADS"
    BANNED = "BANNED"
    INVITE_INVALID = "INVITE_INVALID"
    INVITE_EXPIRED = "INVITE_EXPIRED"
    INVITE_USED_UP = "INVITE_USED_UP"
    LAST_OWNER = "LAST_OWNER"
    HANDLE_TAKEN = "HANDLE_TAKEN"
    TARGET_UNAVAILABLE = "TARGET_UNAVAILABLE"
    CONTENT_BLOCKED = "CONTENT_BLOCKED"
    CONTENT_NEEDS_CONFIRM = "CONTENT_NEEDS_CONFIRM"
    QUOTA = "QUOTA"
    BATTLE_CLOSED = "BATTLE_CLOSED"
    BATTLE_NOT_SAFE_CARD = "BATTLE_NOT_SAFE_CARD"
    ALREADY_VOTED = "ALREADY_VOTED"
    TZ_CHANGE_TOO_SOON = "TZ_CHANGE_TOO_SOON"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    INTERNAL = "INTERNAL"


class Refusal(Exception):
    """The rules do not allow the command; nothing has changed (INV-C2).

    Args:
        code: from the closed enum.
        message: one plain sentence for a person.
        field: the field of the command that is at fault, if one is.
        retry_after_ms: when the same thing may be tried again, if time alone helps.
        free: for HANDLE_TAKEN, a near handle that nobody has.
    """

    def __init__(
        self,
        code: RefusalCode,
        message: str,
        *,
        field: str | None = None,
        retry_after_ms: Millis | None = None,
        free: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.free = free
