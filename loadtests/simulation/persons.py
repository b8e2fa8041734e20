"""A person's way through the game: they register, have urges, travel, lose interest, are erased."""

from zoneinfo import ZoneInfo

from domain.ids import DAY_MS, HOUR_MS
from loadtests.simulation.dares import dare, draw_thing
from loadtests.simulation.people import ZONES, Person
from loadtests.simulation.town import WEEK_MS, Town
from loadtests.simulation.world import Act, Fields, Story


def registered(town: Town, person: Person) -> Story:
    """Somebody is in the game now, if they were not before, and their life in it begins."""
    if person.player:
        return
    fields: Fields = {"handle": person.name, "tz": str(person.tz), "adult": True}
    done = yield from town.world.ask(Act(by=person.name, kind="player.register", fields=fields))
    assert done is not None, "names are numbered"
    assert done.body is not None, "a new player has an id"
    person.player = str(done.body["player"])
    town.people.append(person)
    town.world.begin(_life(town, person), town.world.now)


def _life(town: Town, person: Person) -> Story:
    """Somebody plays: dares friends, dares themselves, takes breaks, and one day loses interest."""
    habits = person.habits
    until = town.world.now + int(habits.weeks_of_interest * WEEK_MS)
    while town.world.now < until:
        pause_ms = WEEK_MS / habits.urges_a_week
        if town.happens(0.02):
            pause_ms += town.chance.uniform(2, 8) * WEEK_MS
        if town.happens(0.02):
            town.world.begin(_journey(town, person), town.some_time(DAY_MS))
        yield town.by_day(person, pause_ms)
        if person.circles:
            _follow_urge(town, person)
    if town.happens(0.1):
        yield from _goodbye(town, person)


def _follow_urge(town: Town, person: Person) -> None:
    chance, world = town.chance, town.world
    circle = chance.choice(person.circles)
    others = circle.others(person)
    if others and town.happens(0.8):
        # Mostly one of them, now and then a few at once with the same words.
        count = 1 if town.happens(0.7) else chance.randint(1, min(3, len(others)))
        thing = draw_thing(chance, person)
        for other in chance.sample(others, count):
            world.begin(dare(town, circle, person, other, thing), world.now)
        return
    # A brave day has more dares than the rules pay for in full.
    for _ in range(chance.randint(4, 10) if town.happens(0.05) else 1):
        story = dare(town, circle, person, person, draw_thing(chance, person))
        world.begin(story, town.some_time(HOUR_MS))


def _journey(town: Town, person: Person) -> Story:
    """Somebody is elsewhere for a while; some are back before they may say so."""
    home, away = person.tz, ZoneInfo(town.chance.choice(ZONES))
    moved = yield from town.do(person, "player.timezone", {"tz": str(away)})
    if moved is None:
        return
    person.tz = away
    yield town.by_day(person, WEEK_MS)
    back = yield from town.do(person, "player.timezone", {"tz": str(home)})
    if back is not None:
        person.tz = home


def _goodbye(town: Town, person: Person) -> Story:
    """Somebody is gone for good, with all their words; the house sees to their squads."""
    erased = yield from town.do(person, "player.erase", {"confirm": person.name})
    if erased is not None:
        town.people.remove(person)
        for circle in list(person.circles):
            circle.lose(person)
