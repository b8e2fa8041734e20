"""From the PostgreSQL schema of an older Gutsy to this one's, in one transaction.

``postgres`` calls it, on whichever node comes first. Nodes of the older Gutsy still run meanwhile:
a step adds, and leaves standing what they use, the function ``append`` of theirs among it.
"""

from collections.abc import Callable

import psycopg

STEPS: dict[int, Callable[[psycopg.Connection], None]] = {}
"""From each older schema to the one after it; there is none yet."""


def bring_up(connection: psycopg.Connection, found: int, wanted: int) -> None:
    """Change the database from schema ``found`` to ``wanted``, in the caller's transaction."""
    for version in range(found, wanted):
        STEPS[version](connection)
    connection.execute("UPDATE about SET value=%s WHERE name='schema'", (str(wanted),))
