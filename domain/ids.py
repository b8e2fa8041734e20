"""The names of things: identifiers and instants, as distinct types.

Ids are ULIDs in their 26-character text form (rules §0); instants are Unix milliseconds, UTC.
"""

from typing import NewType

PlayerId = NewType("PlayerId", str)
SquadId = NewType("SquadId", str)
DareId = NewType("DareId", str)
BattleId = NewType("BattleId", str)
CommandId = NewType("CommandId", str)
CardId = NewType("CardId", str)
Fingerprint = NewType("Fingerprint", str)
"""What makes two dares the same thing asked: a card's id, or a keyed hash of normalised words."""
InviteKey = NewType("InviteKey", str)
"""A keyed hash of an invite code: who reads the log learns no code."""
Millis = int
"""An instant in Unix ms (UTC), or a span in ms where the name ends in ``_ms``."""

SECOND_MS: Millis = 1_000
MINUTE_MS: Millis = 60 * SECOND_MS
HOUR_MS: Millis = 60 * MINUTE_MS
DAY_MS: Millis = 24 * HOUR_MS
