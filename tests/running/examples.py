"""The examples of docs/running, with an operator's own names in them.

Only what an operator would change is changed. A line that is no longer in an example fails here,
not at somebody's home.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "running"
NODES = """\
    server node-1 10.77.0.11:8000
    server node-2 10.77.0.12:8000
    server node-3 10.77.0.13:8000
"""
"""Those that the example for HAProxy names."""


def example(name: str, changes: Mapping[str, str]) -> str:
    """An example with an operator's own names in it; each of ``changes`` must be there."""
    text = (EXAMPLES / name).read_text()
    missing = [old for old in changes if old not in text]
    assert not missing, f"docs/running/{name} has no {missing}"
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def haproxy_example(folder: Path, ports: Sequence[int], changes: Mapping[str, str]) -> str:
    """The example for HAProxy, for nodes at these ports of loopback, and all it writes in a folder.

    Started as whoever calls it, it logs to its output.
    """
    servers = [f"    server node-{n} 127.0.0.1:{port}\n" for n, port in enumerate(ports, 1)]
    ours = {
        "log /dev/log local0": "log stdout format raw local0",
        "    chroot /var/lib/haproxy\n    user haproxy\n    group haproxy\n": "",
        "/run/haproxy/admin.sock": str(folder / "admin.sock"),
        NODES: "".join(servers),
    }
    return example("haproxy.cfg", {**ours, **changes})
