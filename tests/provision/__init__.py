"""What the tests need beside Python packages: a browser and Node, found or installed by ourselves.

Called by the Makefile, by `python -m tests.provision` and by the journeys' fixtures; calls only
the standard library and the package managers of the machine.
"""
