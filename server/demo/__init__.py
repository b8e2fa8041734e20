"""Somebody alone sees a living squad: simulated players who speak the real protocol.

``cli`` starts them. They are clients like any other, and know nothing of the server's insides.
"""
