"""HTTP calls as a player makes them, with a ticket; nothing is tried again."""

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

CALL_S = 30.0


def call(url: str, ticket: str | None = None, body: object = None) -> Any:  # noqa: ANN401 any JSON
    """The answer, an error's too: GET, or POST of a body.

    Raises:
        OSError: there was none.
    """
    headers = {"Content-Type": "application/json"}
    if ticket is not None:
        headers["Authorization"] = f"Bearer {ticket}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=CALL_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return json.load(refusal)


def come_in(url: str) -> str:
    """A new guest's ticket."""
    body = {
        "id": secrets.token_hex(16),
        "handle": f"p{secrets.token_hex(8)}",
        "tz": "Europe/Berlin",
        "adult": True,
    }
    return str(call(f"{url}/api/guest", body=body)["ticket"])
