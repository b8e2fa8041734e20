"""Who plays: people with habits, and circles of friends. Drawn by chance, and nothing else."""

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.deck import DECK
from domain.ids import HOUR_MS, Millis

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Lisbon",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Africa/Nairobi",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
NAMES = ("Ada", "Ben", "Cleo", "Dilan", "Esra", "Femi", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea")
ASKED = ("the baker", "a busker", "two joggers", "a whole queue", "the librarian", "a bus driver")
FOR_WHAT = (
    "for yesterday's bread",
    "to guess my age",
    "for a song from their school days",
    "which way the sea is",
    "to sign my umbrella",
    "for a lesson in whistling",
)
WORDS = tuple(f"Ask {whom} {what}." for whom in ASKED for what in FOR_WHAT)
LINES = (
    "They laughed and shook their head.",
    "Never been so red in my life!",
    "She said yes before I had finished asking.",
    "Walked past me as if I were a lamp post. Fine.",
    "We talked for ten minutes.",
)
OUTCOMES = ("REJECTED", "IGNORED", "MIXED", "GRANTED")
ASLEEP_FROM = 23
"""The local hour from which nobody does anything."""


class Habits(Struct, frozen=True, kw_only=True):
    """What somebody tends to do. ``yes``, ``no``, ``goes`` and ``bails`` are probabilities.

    Whoever says neither yes nor no lets the offer run out; whoever neither goes nor bails, the
    attempt.
    """

    wakes_at: int
    urges_a_week: float
    weeks_of_interest: float
    comfort: int
    likes: tuple[str, ...]
    luck: tuple[float, ...]
    yes: float
    no: float
    goes: float
    bails: float
    announces: float


class Person(Struct, eq=False, kw_only=True):
    """Somebody who plays; ``player`` is empty until they have registered."""

    name: str
    tz: ZoneInfo
    habits: Habits
    player: str = ""
    circles: list["Circle"] = field(default_factory=list)

    def awake(self, at: Millis, chance: Random) -> Millis:
        """The instant, or one of the next morning when it falls into the night."""
        hour = datetime.fromtimestamp(at / 1000, UTC).astimezone(self.tz).hour
        if self.habits.wakes_at <= hour < ASLEEP_FROM:
            return at
        return at + (self.habits.wakes_at - hour) % 24 * HOUR_MS + chance.randrange(2 * HOUR_MS)


class Circle(Struct, eq=False, kw_only=True):
    """Friends with a squad. ``members`` stand in the order in which they came."""

    tz: str
    wanted: int
    squad: str = ""
    members: list[Person] = field(default_factory=list)
    captains: list[Person] = field(default_factory=list)
    owner_now: Person | None = None
    asks_first: bool = False

    @property
    def owner(self) -> Person:
        """Who owns it now; there is one as long as there are members."""
        assert self.owner_now is not None, "it was founded"
        return self.owner_now

    @property
    def leaders(self) -> list[Person]:
        """Who may invite."""
        return [self.owner, *self.captains]

    def others(self, person: Person) -> list[Person]:
        """Everybody else."""
        return [member for member in self.members if member is not person]

    def gain(self, person: Person) -> None:
        """They are in; the first one owns it."""
        self.members.append(person)
        person.circles.append(self)
        self.owner_now = self.owner_now or person

    def lose(self, person: Person) -> None:
        """They are out; an owner is followed by the captain or member who was there longest."""
        if person not in self.members:
            return
        self.members.remove(person)
        person.circles.remove(self)
        if person in self.captains:
            self.captains.remove(person)
        if person is self.owner and self.members:
            captains = [member for member in self.members if member in self.captains]
            self.hand_to((captains or self.members)[0])

    def hand_to(self, person: Person) -> None:
        """They own it now."""
        self.owner_now = person
        if person in self.captains:
            self.captains.remove(person)


def draw_person(chance: Random, number: int, tz: str) -> Person:
    """Somebody new; the number keeps names apart."""
    return Person(name=f"{chance.choice(NAMES)} {number}", tz=ZoneInfo(tz), habits=_habits(chance))


def draw_circle(chance: Random) -> Circle:
    """Friends who might come together: two of them, or up to twenty."""
    wanted = min(20, 2 + int(chance.expovariate(1 / 5)))
    return Circle(tz=chance.choice(ZONES), wanted=wanted)


def _habits(chance: Random) -> Habits:
    yes = chance.betavariate(6, 2)
    goes = chance.betavariate(8, 2)
    comfort = chance.randint(1, 5)
    cards = [card.card for card in DECK if abs(card.difficulty - comfort) <= 1]
    return Habits(
        wakes_at=chance.randint(6, 10),
        urges_a_week=min(12.0, chance.lognormvariate(0.2, 0.8)),
        weeks_of_interest=4 + chance.expovariate(1 / 60),
        comfort=comfort,
        likes=(*chance.sample(cards, min(5, len(cards))), *chance.sample(WORDS, 3)),
        luck=tuple(chance.uniform(0.5, 2) for _ in OUTCOMES),
        yes=yes,
        no=(1 - yes) * chance.random(),
        goes=goes,
        bails=(1 - goes) * chance.random(),
        announces=chance.random(),
    )
