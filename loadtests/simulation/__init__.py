"""Years of play in minutes: people with habits, on a clock of their own, through the real commands.

Unlike the rest of ``loadtests`` it drives the house from inside, because no socket can be told
that a week has passed. ``world`` turns the clock and carries commands, ``stories`` say what people
do and ``people`` who they are; ``naive`` is what the figures should be, ``measure`` what it costs.
"""
