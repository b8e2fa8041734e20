"""The wire, ``gutsy.v1``: every message, every command body, the codec and its errors.

Load tests and bots use nothing of the server but this package; ``docs/protocol.md`` and the
TypeScript types of the web client are generated from it.
"""
