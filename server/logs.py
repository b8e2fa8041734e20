"""The server's log: one form for our own lines and the libraries', and never anything personal.

``cli`` sets it up for ``serve``. Modules use the standard library's loggers and give what belongs
beside a line as ``extra``; ``request_id`` and ``player`` come by context, within a request. No line
holds a name, words, a code, a ticket, a cookie or an address: ids are enough to follow somebody.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.types import Processor

from server.metrics import Counts
from server.settings import Settings

OURS = "server"
"""The package, and so the name that every logger of ours begins with."""


def set_up(settings: Settings, stream: TextIO) -> None:
    """Write the log to a stream: one JSON map a line, or for reading."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendered(is_json(settings, stream), has_colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # What a library says for its developers may hold anything that passes through it.
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(settings.log_level.upper())


def note_unexpected(_loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """What a loop does with a failure that nobody awaits: say so.

    Without the loop's own words where there is a traceback: they show the arguments of what failed,
    answers among them. Where there is none they are a plain sentence, and all that is known.
    """
    ours, exception, task = logging.getLogger(OURS), context.get("exception"), context.get("task")
    if exception is not None:
        ours.error("a callback failed", exc_info=exception)
    else:
        about = {} if task is None else {"task": task.get_coro().__qualname__}
        ours.error("%s", context["message"], extra=about)


def is_json(settings: Settings, stream: TextIO) -> bool:
    """Whether the lines are for a program."""
    if settings.log_format == "auto":
        return not stream.isatty()
    return settings.log_format == "json"


def _rendered(for_programs: bool, *, has_colors: bool) -> list[Processor]:
    if for_programs:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ]
    # Plain: the other ways to show a traceback show the values of variables as well.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=has_colors, exception_formatter=plain)]


class _Counting(logging.Handler):
    def __init__(self, problems: Counts) -> None:
        super().__init__(logging.WARNING)
        self._problems = problems

    def emit(self, record: logging.LogRecord) -> None:
        self._problems.add("error" if record.levelno >= logging.ERROR else "warning")


@contextmanager
def problems_counted(problems: Counts) -> Iterator[None]:
    """Within it every warning and error of ours is counted."""
    handler = _Counting(problems)
    ours = logging.getLogger(OURS)
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
