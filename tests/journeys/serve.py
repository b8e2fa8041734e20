"""A server of another built client than the one here: ``python -m tests.journeys.serve FOLDER``."""

import os
import sys
from pathlib import Path

from server.app import make_server
from server.settings import load_settings

if __name__ == "__main__":
    make_server(load_settings(os.environ), client=Path(sys.argv[1])).run()
