"""Commands: from a typed message to committed facts, and the answer that goes back.

``edge`` and ``reactions`` submit; ``group_commit`` batches, ``building`` adds what the domain may
not fetch for itself, the domain decides, ``eventlog`` commits. Nothing is said before that.
"""
