"""What is true: pure rules of the game, values in and values out.

Nothing here reads a clock, draws luck or does I/O; whoever calls supplies those as values.
"""
