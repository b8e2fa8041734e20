"""Faults: many players, one thing after the other that fails, and the proof that nothing was lost.

``make faults``. Players send commands through a proxy to a house of several nodes while it is cut,
killed, frozen and emptied; what they were told is then held against the log.
"""
