"""Generated pages and types: what the code says about itself, written where people read it.

``gutsy docs`` writes them; a test holds the files to a fresh generation.
"""

from server.docs.pages import events_page, metrics_page, protocol_page, settings_page
from server.docs.typescript import typescript


def generate() -> dict[str, str]:
    """Every generated file, by its path from the project's root."""
    return {
        "docs/metrics.md": metrics_page(),
        "docs/settings.md": settings_page(),
        "docs/protocol.md": protocol_page(),
        "docs/events.md": events_page(),
        "clients/web/src/wire/types.generated.ts": typescript(),
    }
