"""Personal text as the domain knows it: sealed, opaque, never readable here (rules §10)."""

from typing import NewType

Sealed = NewType("Sealed", bytes)
"""Text encrypted under its subject's key. Facts hold only this: no plaintext reaches a disk."""
