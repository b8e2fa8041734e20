"""The cast: who plays when nobody else is there. Made up; each with a temper of their own."""

from msgspec import Struct


class Persona(Struct, frozen=True, kw_only=True):
    """Somebody to play with."""

    handle: str
    reach: int
    """The comfort level, 1 to 5, that they take on gladly."""
    talk: int
    """In how many of a hundred reports they say a line."""
    warmth: int
    """How quick they are to cheer and to welcome: 1 to 5."""


BOLD = {"reach": 5, "talk": 70, "warmth": 2}
SHY = {"reach": 1, "talk": 90, "warmth": 4}
WARM = {"reach": 3, "talk": 60, "warmth": 5}
DRY = {"reach": 3, "talk": 100, "warmth": 2}
KEEN = {"reach": 4, "talk": 50, "warmth": 3}
TEMPERS = (WARM, BOLD, SHY, DRY, KEEN)

NAMES = (
    "Mia", "Bruno", "Pim", "Otto", "Juno", "Noor", "Kofi", "Lotte", "Theo", "Wren",
    "Inés", "Basti", "Yuki", "Sami", "Frida", "Ravi", "Zofia", "Emil", "Leila", "Hugo",
    "Maren", "Tariq", "Oona", "Pablo", "Greta", "Anton", "Saga", "Milo", "Nell", "Ivo",
)  # fmt: skip
CREW = 5
"""How many are awake at a time."""


def persona(number: int) -> Persona:
    """The friend who comes in as this number, from 0; there is always one more."""
    turn, place = divmod(number, len(NAMES))
    # When everybody has been here, their namesakes come.
    surname = f" {chr(ord('A') + (turn - 1) % 26)}." if turn else ""
    return Persona(handle=NAMES[place] + surname, **TEMPERS[place % len(TEMPERS)])
