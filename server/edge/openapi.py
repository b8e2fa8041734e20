"""``/openapi.json``: the API's own description, made from the table of calls (OpenAPI 3.1)."""

import re
from typing import Any

import msgspec

from server.edge.auth import COOKIE
from server.edge.calls import CALLS, ApiError, Call

Document = dict[str, Any]


def openapi() -> Document:
    """The whole document."""
    types = [t for call in CALLS for t in (call.body, call.gives) if t is not None]
    types.append(ApiError)
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
        "components": {
            "schemas": components,
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "ticket": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _query(call: Call) -> tuple[str, ...]:
    return (*call.query, "after_q") if call.method == "GET" else call.query


def _operation(call: Call, by_type: dict[int, Document]) -> Document:
    operation: Document = {
        "summary": call.summary,
        "operationId": call.handle.__name__,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", call.path)
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _query(call)],
        "responses": {
            str(call.status): {
                "description": "Done",
                **_content(call.gives, by_type, call.media_type),
            },
            "default": {
                "description": "Refused, with a code from the closed list",
                "content": {"application/json": {"schema": by_type[id(ApiError)]}},
            },
        },
    }
    if call.needs_sign_in:
        operation["security"] = [{"cookie": []}, {"ticket": []}]
    if call.body is not None:
        operation["requestBody"] = {"required": True, **_content(call.body, by_type)}
    return operation


def _content(
    kind: object, by_type: dict[int, Document], media_type: str = "application/json"
) -> Document:
    """A body of this type; nothing for None."""
    return {} if kind is None else {"content": {media_type: {"schema": by_type[id(kind)]}}}
