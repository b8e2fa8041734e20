"""The town that all stories share: who plays in it, and how they ask the world for something."""

from random import Random

from msgspec import Struct, field

from domain.ids import DAY_MS, Millis
from loadtests.simulation.people import ZONES, Circle, Person, draw_person
from loadtests.simulation.world import Act, Answered, Fields, World

WEEK_MS = 7 * DAY_MS
MOST_CIRCLES = 3
"""Squads that one person plays in."""


class Town(Struct, eq=False):
    """Everybody who plays, and the world that they live in."""

    world: World
    people: list[Person] = field(default_factory=list)
    drawn: int = 0

    @property
    def chance(self) -> Random:
        """Where everything is drawn from."""
        return self.world.chance

    def happens(self, probability: float) -> bool:
        """Whether something happens that happens so often."""
        return self.chance.random() < probability

    def some_time(self, mean_ms: float) -> Millis:
        """An instant after now: mostly soon, sometimes much later."""
        return self.world.now + 1 + int(self.chance.expovariate(1 / mean_ms))

    def by_day(self, person: Person, mean_ms: float) -> Millis:
        """Such an instant at which this person is awake."""
        return person.awake(self.some_time(mean_ms), self.chance)

    def do(
        self, person: Person, kind: str, fields: Fields, circle: Circle | None = None
    ) -> Answered:
        """A command of somebody who has registered; None when it was refused."""
        squad = None if circle is None else circle.squad
        return self.world.ask(Act(by=person.player, kind=kind, fields=fields, squad=squad))

    def newcomer(self, tz: str) -> Person:
        """One more person, mostly of this zone, who is not in the game yet."""
        home = tz if self.happens(0.8) else self.chance.choice(ZONES)
        self.drawn += 1
        return draw_person(self.chance, self.drawn, home)

    def friend(self, circle: Circle) -> Person:
        """Somebody whom a circle asks in: who plays elsewhere already, or a newcomer."""
        if self.people and self.happens(0.35):
            person = self.chance.choice(self.people)
            if len(person.circles) < MOST_CIRCLES and person not in circle.members:
                return person
        return self.newcomer(circle.tz)
