"""Every projection there is. The runner folds these; a test holds the list to the files."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from domain.facts import Fact, Recorded
from projections import ledger, live_dares, roster
from projections.rows import Rows, Table


class Projection(Struct, frozen=True, kw_only=True):
    """A read model: its name and version, its tables, and its pure fold."""

    name: str
    version: int
    tables: tuple[Table[Any], ...]
    fold: Callable[[Rows, Recorded[Fact]], None]

    @property
    def id(self) -> str:
        """``name@version``: a new version is another projection, built beside the old one."""
        return f"{self.name}@{self.version}"


PROJECTIONS: tuple[Projection, ...] = tuple(
    Projection(name=module.NAME, version=module.VERSION, tables=module.TABLES, fold=module.fold)
    for module in (roster, live_dares, ledger)
)
