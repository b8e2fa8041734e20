"""What nodes tell each other: hints that something has moved, who is around, and shared rates.

Nothing in it is ever the truth: whatever is lost, late, doubled or out of order costs latency, and
the log says what is so. Called by ``nodes``, ``live`` and the edge; put together by ``app``.
"""
