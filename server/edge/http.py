"""The HTTP side: routes from the table of calls, one place for errors, and the pages."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from domain.refusals import Refusal, RefusalCode
from server.commands.submission import Refused, refused
from server.edge.answers import TOO_LARGE, TooLarge, error
from server.edge.calls import CALLS, Call, read_your_writes, services_of
from server.edge.openapi import openapi
from server.edge.pages import HEADERS, Pages
from server.edge.requests import request_id
from server.eventlog.log import LogError

logger = logging.getLogger(__name__)

GONE = 400
"""Nobody hears it: the caller went, or was too slow, before the body was whole."""

Endpoint = Callable[[Request], Awaitable[Response]]


def make_http(lifespan: Lifespan[Starlette], client: Path) -> Starlette:
    """The Starlette application. ``client`` is the folder of the built web client."""
    pages = Pages(client)
    document = msgspec.json.encode(openapi())

    async def description(_request: Request) -> Response:
        return Response(document, media_type="application/json", headers=HEADERS)

    calls = [Route(call.path, _endpoint(call), methods=[call.method]) for call in CALLS]

    async def page(request: Request) -> Response:
        path = request.url.path
        if path.startswith("/api/"):
            # Starlette takes the page for what is asked, where a call has another method.
            others = [
                method
                for call in calls
                if call.path_regex.match(path)
                for method in call.methods or ()
            ]
            if others:
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(others))})
            raise HTTPException(404, "There is no such call.")
        return pages.serve(request)

    routes = [
        *calls,
        Route("/openapi.json", description),
        Route("/{path:path}", page, methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_error},
    )


def _endpoint(call: Call) -> Endpoint:
    """A call with its errors answered: the one table from exceptions to answers."""

    async def endpoint(request: Request) -> Response:
        try:
            if call.method == "GET":
                await read_your_writes(request, services_of(request))
            response = await call.handle(request, services_of(request))
        except Refusal as refusal:
            services_of(request).metrics.edge.refused(refusal.code)
            response = error(request, refused(refusal))
        except TooLarge:
            services_of(request).metrics.edge.refused(RefusalCode.BAD_INPUT)
            too_large = Refused(code=RefusalCode.BAD_INPUT, message="The body is too large.")
            response = error(request, too_large, TOO_LARGE)
        except ClientDisconnect:
            return Response(status_code=GONE)
        except LogError:
            logger.exception("%s %s: the log", call.method, call.path)
            busy = Refused(code=RefusalCode.BUSY, message="Please try again.", retry_after_ms=1000)
            response = error(request, busy)
        except Exception:
            logger.exception("%s %s failed", call.method, call.path)
            failed = Refused(
                code=RefusalCode.INTERNAL, message=f"Something went wrong here ({request_id()})."
            )
            response = error(request, failed)
        response.headers.update({**HEADERS, "Cache-Control": "no-store"})
        return response

    return endpoint


async def _http_error(request: Request, problem: Any) -> Response:  # noqa: ANN401 Starlette's signature
    code = RefusalCode.NOT_FOUND if problem.status_code == 404 else RefusalCode.BAD_INPUT  # noqa: PLR2004
    answer = Refused(code=code, message=str(problem.detail))
    response = error(request, answer, problem.status_code)
    response.headers.update({**(problem.headers or {}), **HEADERS})
    return response
