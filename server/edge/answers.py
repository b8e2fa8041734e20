"""Answers over HTTP: JSON or msgpack as the caller accepts, and errors in one shape."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from domain.refusals import Refusal, RefusalCode
from server.commands.submission import Refused
from server.settings import Settings

JSON = "application/json"
MSGPACK = "application/msgpack"
STATUS: dict[RefusalCode, int] = {
    RefusalCode.BAD_INPUT: 400,
    RefusalCode.UNKNOWN_KIND: 400,
    RefusalCode.UNAUTHENTICATED: 401,
    RefusalCode.FORBIDDEN: 403,
    RefusalCode.BANNED: 403,
    RefusalCode.CONSENT_REQUIRED: 403,
    RefusalCode.NOT_FOUND: 404,
    RefusalCode.INVITE_INVALID: 404,
    RefusalCode.INVITE_EXPIRED: 410,
    RefusalCode.INVITE_USED_UP: 410,
    RefusalCode.QUOTA: 429,
    RefusalCode.BUSY: 503,
    RefusalCode.INTERNAL: 500,
}
"""The HTTP status of a code; every other refusal is a conflict with the state of things, 409."""
CONFLICT = 409
TOO_LARGE = 413


class TooLarge(Exception):
    """The body is over the limit."""


def answer(request: Request, value: object, status: int = 200) -> Response:
    """A value in the form that the caller accepts."""
    if MSGPACK in request.headers.get("accept", ""):
        return Response(msgspec.msgpack.encode(value), status, media_type=MSGPACK)
    return Response(msgspec.json.encode(value), status, media_type=JSON)


def error(request: Request, refused: Refused, status: int | None = None) -> Response:
    """A refusal as ``{error: {code, message, field?, retry_after_ms?, free?}}``."""
    response = answer(request, {"error": refused}, status or STATUS.get(refused.code, CONFLICT))
    if refused.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-refused.retry_after_ms // 1000))
    return response


async def read_body(request: Request, kind: Any, settings: Settings) -> Any:  # noqa: ANN401 the type is an argument
    """The body as a value of type ``kind``.

    Raises:
        Refusal: BAD_INPUT, with the field at fault.
        TooLarge: past ``max_message_bytes``; the rest is not read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > settings.max_message_bytes:
            raise TooLarge
    is_msgpack = request.headers.get("content-type", "").startswith(MSGPACK)
    decode = msgspec.msgpack.decode if is_msgpack else msgspec.json.decode
    try:
        return decode(bytes(body), type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        message, _, path = str(problem).partition(" - at `")
        field = path.strip("`$.").split(".")[0] or None
        raise Refusal(RefusalCode.BAD_INPUT, message, field=field) from problem
