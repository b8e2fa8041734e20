"""How facts are named."""

import importlib
import pkgutil
from typing import get_args

import pytest
from msgspec import Struct

import domain
from domain.audience import DareNotTaken
from domain.battles.events import BattleCountdownStarted
from domain.dares.events import DareIssued, DareStartLapsed
from domain.facts import Fact, name_of
from domain.players.events import PlayerRegistered
from domain.room import RoomFact
from domain.squads.events import OwnershipPassed


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (DareIssued, "dare.issued"),
        (DareStartLapsed, "dare.start_lapsed"),
        (DareNotTaken, "dare.not_taken"),
        (OwnershipPassed, "ownership.passed"),
        (BattleCountdownStarted, "battle.countdown_started"),
        (PlayerRegistered, "player.registered"),
    ],
)
def test_a_facts_name_is_its_subject_and_what_happened(fact: type[Fact], name: str) -> None:
    assert name_of(fact) == name


def test_the_names_of_a_squads_facts_are_these_for_ever() -> None:
    """Stored and sent under these names: a change here is a new version there."""
    assert {name_of(fact) for fact in get_args(RoomFact)} == {
        "squad.created",
        "squad.renamed",
        "squad.settings_changed",
        "squad.archived",
        "member.joined",
        "member.left",
        "member.kicked",
        "member.banned",
        "member.forgotten",
        "member.unbanned",
        "role.changed",
        "ownership.passed",
        "invite.issued",
        "invite.revoked",
        "join.requested",
        "join.cancelled",
        "join.declined",
        "week.closed",
        "dare.issued",
        "dare.accepted",
        "dare.declined",
        "dare.started",
        "dare.start_lapsed",
        "dare.bailed",
        "dare.expired",
        "dare.withdrawn",
        "dare.reported",
        "dare.corrected",
        "dare.settled",
        "battle.opened",
        "battle.joined",
        "battle.left",
        "battle.countdown_started",
        "battle.went_live",
        "battle.grace_started",
        "battle.finished",
        "battle.cancelled",
        "cheer.given",
    }


def test_every_value_is_frozen_but_the_folds_in_progress() -> None:
    """A decision can change nothing by holding on to something."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    changeable = {
        value.__name__
        for value in _structs(Struct)
        if value.__module__.split(".")[0] == "domain" and not value.__struct_config__.frozen
    }

    assert changeable == {"Room", "Squad", "Dares", "Battles"}


def _structs(parent: type[Struct]) -> set[type[Struct]]:
    children = set(parent.__subclasses__())
    return children.union(*map(_structs, children))
