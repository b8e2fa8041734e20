"""The list of projections is complete."""

import importlib
import inspect
import pkgutil

import projections
from projections.registry import PROJECTIONS
from tests.projections.folding import projection


def test_every_module_with_a_fold_over_rows_is_a_projection() -> None:
    modules = [
        importlib.import_module(f"projections.{module.name}")
        for module in pkgutil.iter_modules(projections.__path__)
        if not module.ispkg
    ]
    folds = {
        module.__name__: module.fold
        for module in modules
        if hasattr(module, "fold")
        and list(inspect.signature(module.fold).parameters) == ["rows", "recorded"]
    }

    assert set(folds.values()) == {each.fold for each in PROJECTIONS}


def test_no_two_projections_share_an_id() -> None:
    assert len({each.id for each in PROJECTIONS}) == len(PROJECTIONS)


def test_a_projections_id_is_its_name_and_version() -> None:
    assert projection("ledger").id == "ledger@3"


def test_every_projection_has_a_table() -> None:
    assert all(each.tables for each in PROJECTIONS)
