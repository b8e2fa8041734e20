"""Commands in any order, by several people: also at once, repeated, stale, about others' squads."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.cheers import Emoji
from domain.scoring import Outcome
from server.protocol.bodies import BODIES
from tests.fuzz.house import House
from tests.server.serving import Guest, fresh_id
from tests.server.world import Message

PLAYERS = 4
OUTCOMES = [outcome.value for outcome in Outcome]

FIRST = [
    *(("squad.create", 0), ("squad.invite", 0), ("squad.join", 1)),
    *(("dare.issue", 0), ("dare.issue", 0), ("squad.create", 2), ("battle.open", 0)),
]
"""Before anything else: two squads, two people in one, and dares and a battle between these two."""
MANY = ("dare.issue", "dare.accept", "dare.start", "dare.report", "dare.correct", "squad.join")
BATTLE = ("battle.join", "battle.start", "dare.issue")


@dataclass(frozen=True)
class Step:
    """Somebody commands something of that which there is; or an earlier command once more."""

    kind: str
    who: int
    where: int = 0
    what: int = 0
    whom: int = 1
    how: int = 0
    again: int | None = None
    is_changed: bool = False


def turns_of(seed: int) -> list[list[Step]]:
    """What happens in one evening; in some turns, several things at once.

    By dice: hypothesis itself would draw the same few things over and over. It draws the seed,
    and how many of the turns there are, which is what it shortens a failure by.
    """
    dice = Random(seed)
    sizes = dice.choices([1, 2, 4], [6, 2, 1], k=20)
    return [[_step(dice) for _ in range(size)] for size in sizes]


def _step(dice: Random) -> Step:
    # Mostly what could be right: a few of these in a row, and a dare has come to its report.
    kind = dice.choice([*BODIES, *MANY * 4, *BATTLE * 2])
    is_targets = kind in MANY and kind != "dare.issue"
    return Step(
        kind=kind,
        who=dice.choice([1] * 6 + [0, 2, 3] if is_targets else [0, 0, 0, 1, 2, 3]),
        where=dice.choice([0] * 8 + [1, 2]),
        what=dice.choice([0, 0, 0, 1, 1, 2]),
        whom=dice.choice([1, 1, 0, 2, 3, 4]),
        how=dice.choice([0] * 8 + [1, 2, 3, 4]),
        again=dice.choice([None, None, None, None, dice.randrange(30)]),
        is_changed=dice.random() < 0.5,
    )


@dataclass
class Evening:
    """What there is by now, for the next step to pick from."""

    guests: list[Guest]
    squads: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    dares: list[str] = field(default_factory=list)
    battles: list[str] = field(default_factory=list)
    sent: list[tuple[Guest, Message]] = field(default_factory=list)

    def command(self, step: Step) -> tuple[Guest, Message]:
        """Who sends what."""
        if step.again is not None and self.sent:
            guest, earlier = self.sent[step.again % len(self.sent)]
            return guest, {**earlier, "k": "squad.archive"} if step.is_changed else earlier
        body = {name: self._value(name, step) for name in BODIES[step.kind].__struct_fields__}
        squad = (
            None if step.kind in ("squad.create", "squad.join") else _pick(self.squads, step.where)
        )
        command: Message = {"id": fresh_id(), "k": step.kind, "s": squad, "b": body}
        if step.how == 4:
            command["x"] = step.whom
        return self.guests[step.who], {
            **command,
            "b": {name: value for name, value in body.items() if value is not None},
        }

    def learn(self, answer: Message) -> None:
        """Remember what a command made."""
        made = answer.get("b") or {}
        kinds = {
            "squad": self.squads,
            "code": self.codes,
            "dare": self.dares,
            "battle": self.battles,
        }
        for name, known in kinds.items():
            if name in made and made[name] not in known:
                known.append(made[name])

    def _value(self, name: str, step: Step) -> object:
        players = [guest.player for guest in self.guests]
        match name:
            case "player" | "target":
                return _pick(players, step.whom)
            case "dare":
                return _pick(self.dares, step.what)
            case "battle":
                is_outside = step.kind == "dare.issue" and step.what == 0
                return None if is_outside else _pick(self.battles, step.how)
            case "code":
                return _pick(self.codes, step.what)
            case "confirm":
                return self.guests[step.who].handle if step.how == 0 else "no"
            case _:
                return OTHERS[name][step.how % len(OTHERS[name])]


OTHERS: dict[str, tuple[object, ...]] = {
    "name": ("Owls", "", "x" * 41),
    "handle": ("Ann",),
    "tz": ("UTC", "Europe/Berlin", "Mars"),
    "adult": (True,),
    "locale": ("en",),
    "size": (None, 2, 50, 51, 0),
    "join_policy": (None, "APPROVAL", "CODE"),
    "role": ("CAPTAIN", "MEMBER", "OWNER"),
    "invite": ("nonsense",),
    "expires_h": (None, 1, 0, 10**6),
    "max_uses": (None, 1, 0, -1),
    "card": ("which-apple", "no-such-card"),
    "repeat_of": (None, "0" * 26),
    "text": (None, "Ask for the moon", ""),
    "kind": (None, "ASK", "ACT"),
    "difficulty": (None, 1, 5, 6),
    "categories": (None, []),
    "answer_within_s": (None, 900, 1),
    "attempt_within_s": (None, 900, 10**9),
    "call": (None,),
    "reason": (None, "SAFETY"),
    "outcome": (*OUTCOMES, None),
    "counts": (None, {"asked": 3, "no": 2, "yes": 1, "ignored": 0}, {"asked": -1}),
    "line": (None, "They laughed", "x" * 501),
    "claimed_at": (None, 0, 2**53),
    "mode": ("NO_RACE", "SAME_DECK", "DUEL", "TEAM"),
    "minutes": (60, 10, 0.5, -1),
    "cards": (None, 3, 0, 101),
    "heat": (False, True),
    "double_down": (False, True),
    "emoji": (Emoji.FIRE.value, "🐟"),
}
"""What else a command may hold: a few that are right, and a few that are not."""


def _pick(known: list[str], index: int) -> str:
    """One of those that there are, or one that nobody ever made."""
    return [*known, "0" * 26][index % (len(known) + 1)]


async def _send(evening: Evening, command: tuple[Guest, Message]) -> tuple[int, Message]:
    guest, fields = command
    evening.sent.append(command)
    answer = await guest.http.post("/api/cmd", json=fields)
    return answer.status_code, answer.json()


@pytest.mark.slow
@settings(max_examples=25)
@given(seed=st.sampled_from(range(100_000)), length=st.integers(10, 20))
async def test_whatever_the_order_a_refused_command_changes_nothing(
    house: House, seed: int, length: int
) -> None:
    """Nor does one that is repeated; and none is a failure of ours."""
    async with AsyncExitStack() as stack:
        guests = [await stack.enter_async_context(house.served.guest()) for _ in range(PLAYERS)]
        evening = Evening(guests)
        for first in FIRST:
            _, answer = await _send(evening, evening.command(Step(*first)))
            evening.learn(answer)
        for turn in turns_of(seed)[:length]:
            repeated = {fields["id"] for _, fields in evening.sent}
            before = await house.kept()
            commands = [evening.command(step) for step in turn]
            answers = await asyncio.gather(*(_send(evening, command) for command in commands))

            codes = [answer["error"]["code"] for status, answer in answers if status != 200]
            assert not {"INTERNAL", "BUSY"} & set(codes)
            is_idle = [
                status != 200 or fields["id"] in repeated
                for (status, _), (_, fields) in zip(answers, commands, strict=True)
            ]
            if all(is_idle):
                assert await house.kept() == before
            assert house.take_failures() == []
            for status, answer in answers:
                if status == 200:
                    evening.learn(answer)
