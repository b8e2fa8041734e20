"""What the tests need beside Python packages: a browser, Node, a database, a Redis and proxies.

Found on the machine, or had by ourselves. Called by the Makefile, by `python -m tests.provision`,
by `loadtests/cluster` and by the fixtures of journeys and proxies; calls only the standard library
and the package managers of the machine.
"""
