"""The server: takes commands in, commits facts, shows them to whoever may see them.

Imports go one way: cli -> app -> edge | reactions -> commands | live | runner -> eventlog ->
protocol -> settings | clock | secret.
"""
