"""Live: committed facts, shown at once to whoever may see them.

``frames`` encodes each fact once per audience, ``rooms`` holds who follows what, ``hub`` writes;
``catch_up`` reads the log for whoever is behind. Nothing here decides anything.
"""
