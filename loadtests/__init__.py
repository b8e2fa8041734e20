"""Load: players who speak the real protocol over real sockets, and a check that nothing was lost.

They are strangers to the server: of its packages they use ``server.protocol`` only.
"""
