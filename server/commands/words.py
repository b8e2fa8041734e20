"""Plain text as people type it, made fit to compare and to keep."""

import unicodedata

JOINER = "\u200d"
"""Holds the parts of an emoji together."""
EMOJI_STYLE = "\ufe0f"
"""Asks for the colourful form of the character before it."""


def clean(text: str) -> str:
    """NFC, without control characters, white space folded: what is kept and shown."""
    spaced = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    shown = "".join(c for c in spaced if unicodedata.category(c)[0] != "C" or c == JOINER)
    return " ".join(shown.split())


def comparable(text: str) -> str:
    """NFKC and case-folded: two texts that look alike compare equal (rules §1)."""
    return " ".join(unicodedata.normalize("NFKC", visible(text)).casefold().split())


def visible(text: str) -> str:
    """The text without what nobody can see in it."""
    return text.replace(JOINER, "").replace(EMOJI_STYLE, "")


def only_words(text: str) -> str:
    """Letters and digits of the comparable text: what makes two dares the same thing asked."""
    return " ".join("".join(c if c.isalnum() else " " for c in comparable(text)).split())
