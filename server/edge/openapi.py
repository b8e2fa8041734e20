"""``/openapi.json``: the API's own description, made from the table of calls (OpenAPI 3.1).

It names every status that a call can be answered with, and has no ``default``: what is not in it
does not happen. ``tests/server/edge/test_openapi.py`` asks a running server.
"""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

import msgspec

from domain.refusals import RefusalCode
from server.edge.answers import CONFLICT, JSON, MSGPACK, STATUS, TOO_LARGE
from server.edge.auth import COOKIE
from server.edge.calls import CALLS, ApiError, Call, Number
from server.edge.requests import HEADER

Document = dict[str, Any]
Schemas = dict[int, Document]
"""By the identity of their types: not every type can be hashed."""

EARLY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What ``http_connection`` says, in plain text, to a request that does not become whole."""
RETRIED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""What time alone helps against: it may be said how much."""
BEFORE = "a sentence to a request that is not whole"
TEXT: Document = {"schema": {"type": "string"}}
PLAIN: Document = {"text/plain": TEXT}
SCHEMES: Document = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "ticket": {"type": "http", "scheme": "bearer"},
    "metrics": {"type": "http", "scheme": "bearer", "description": "GUTSY_METRICS_TOKEN"},
}


def openapi() -> Document:
    """The whole document."""
    types = [ApiError, Number, *(kind for call in CALLS for kind in _types(call))]
    schemas, components = msgspec.json.schema_components(
        types,
        ref_template="#/components/schemas/{name}",
        schema_hook=lambda _any: {"description": "Anything."},
    )
    by_type = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: Document = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gutsy", "version": "1", "description": "Dares among friends."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SCHEMES},
    }


def _types(call: Call) -> list[Any]:
    kinds = (call.body, call.gives, *call.takes.values(), *call.also_gives.values())
    return [kind for kind in kinds if kind is not None]


def _operation(call: Call, by_type: Schemas) -> Document:
    operation: Document = {
        "summary": call.summary,
        "operationId": call.handle.__name__,
        "parameters": _parameters(call, by_type),
        "responses": _responses(call, by_type),
    }
    if call.needs_sign_in:
        operation["security"] = [{"cookie": []}, *([{"ticket": []}] if call.takes_ticket else [])]
    elif call.looks_at is not None:
        operation["security"] = [{}, {call.looks_at: []}]
    if call.body is not None:
        content = _content((JSON, MSGPACK), by_type[id(call.body)])
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(call: Call, by_type: Schemas) -> list[Document]:
    takes = {**call.takes, "after_q": Number} if call.method == "GET" else call.takes
    return [
        {"name": name, "schema": by_type[id(kind)]}
        | ({"in": "path", "required": True} if f"{{{name}}}" in call.path else {"in": "query"})
        for name, kind in takes.items()
    ]


def _responses(call: Call, by_type: Schemas) -> Document:
    refusals = _refusals(call)
    return {str(call.status): _done(call, by_type)} | {
        str(int(status)): _refused(status, refusals[status], call, by_type)
        for status in sorted({*refusals, *EARLY})
    }


def _done(call: Call, by_type: Schemas) -> Document:
    headers: Document = {HEADER: {"required": True, **TEXT}}
    if call.sets_cookie:
        headers["Set-Cookie"] = {"required": True, **TEXT}
    done: Document = {"description": "Done", "headers": headers}
    if call.gives is not None:
        done["content"] = _content(call.media_types, by_type[id(call.gives)])
    return done


def _refused(status: int, codes: set[RefusalCode], call: Call, by_type: Schemas) -> Document:
    """A status that is not the good one: with the codes that it comes with."""
    shapes = [by_type[id(ApiError)]] if codes else []
    if status in call.also_gives:
        shapes.append(by_type[id(call.also_gives[status])])
    shape = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    content = _content((JSON, MSGPACK), shape) if shapes else {}
    headers: Document = {HEADER: TEXT}
    if status in RETRIED:
        headers["Retry-After"] = {"schema": {"type": "integer", "minimum": 0}}
    words = [*sorted(codes), *([BEFORE] if status in EARLY else [])]
    return {
        "description": ", ".join(words),
        "headers": headers,
        "content": content | (PLAIN if status in EARLY else {}),
    }


def _refusals(call: Call) -> defaultdict[int, set[RefusalCode]]:
    """Codes by status: the call's own, and those that follow from what it is."""
    codes = {*call.refuses, RefusalCode.BUSY, RefusalCode.INTERNAL}
    if call.method == "GET" or call.body is not None:
        codes.add(RefusalCode.BAD_INPUT)
    if call.needs_sign_in:
        codes.add(RefusalCode.UNAUTHENTICATED)
        if call.method != "GET":
            codes.add(RefusalCode.FORBIDDEN)  # a cookie, on a page that is not ours
    if "{" in call.path:
        codes.add(RefusalCode.NOT_FOUND)  # with a slash in it this is no path of ours
    by_status: defaultdict[int, set[RefusalCode]] = defaultdict(set)
    for code in codes:
        by_status[STATUS.get(code, CONFLICT)].add(code)
    if call.body is not None:
        by_status[TOO_LARGE].add(RefusalCode.BAD_INPUT)
    return by_status


def _content(media_types: tuple[str, ...], schema: Document) -> Document:
    return {media_type: {"schema": schema} for media_type in media_types}
