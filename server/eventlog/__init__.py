"""The event log: facts in order, for ever, with the answers, claims and timers that go with them.

Only ``server.commands`` writes; ``runner`` and ``live`` read. Everything here is synchronous and
is called from a thread that is not the event loop's.
"""
