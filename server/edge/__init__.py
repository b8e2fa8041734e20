"""The edge: bytes in and out. Turns them into typed messages, or refuses them.

``socket`` and ``session`` speak ``gutsy.v1``, ``http`` and ``pages`` the rest; ``intake`` is the
one door from both to the commands.
"""
