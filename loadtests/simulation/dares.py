"""What becomes of a dare: offered, taken on or not, gone for, reported, put right, cheered."""

from random import Random

from domain.cheers import Emoji
from domain.deck import BY_ID
from domain.ids import HOUR_MS, MINUTE_MS, CardId
from loadtests.simulation.people import LINES, OUTCOMES, Circle, Person
from loadtests.simulation.town import Town
from loadtests.simulation.world import Fields, Story


def dare(town: Town, circle: Circle, issuer: Person, target: Person, thing: Fields) -> Story:
    """One dare, from the offer to whatever becomes of it."""
    if target not in circle.members or issuer not in circle.members:
        return
    chance, habits = town.chance, target.habits
    issued = yield from town.do(issuer, "dare.issue", {**thing, "target": target.player}, circle)
    if issued is None or issued.body is None:
        return
    about = {"dare": issued.body["dare"]}
    if issuer is not target:
        if town.happens(0.03):
            yield town.by_day(issuer, HOUR_MS)
            yield from town.do(issuer, "dare.withdraw", about, circle)
            return
        answer = chance.random()
        if answer >= habits.yes + habits.no:
            return
        yield town.by_day(target, 5 * HOUR_MS)
        if answer >= habits.yes:
            yield from town.do(target, "dare.decline", about, circle)
            return
        agreed = yield from town.do(target, "dare.accept", about | _terms(town, thing), circle)
        if agreed is None:
            return
    yield from _attempt(town, circle, issuer, target, about)


def draw_thing(chance: Random, person: Person) -> Fields:
    """What is dared: something that this person likes to dare, by card or in words."""
    liked = chance.choice(person.habits.likes)
    if CardId(liked) in BY_ID:
        return {"card": liked}
    level = min(5, max(1, person.habits.comfort + chance.randint(-1, 1)))
    return {"text": liked, "kind": "ASK", "difficulty": level}


def _attempt(town: Town, circle: Circle, issuer: Person, target: Person, about: Fields) -> Story:
    chance, habits = town.chance, target.habits
    if issuer is not target and town.happens(0.005):
        yield town.by_day(issuer, HOUR_MS)
        yield from town.do(issuer, "dare.withdraw", about | {"reason": "SAFETY"}, circle)
        return
    mood = chance.random()
    if mood >= habits.goes + habits.bails:
        return
    yield town.by_day(target, 18 * HOUR_MS)
    if chance.random() < habits.announces:
        started = yield from town.do(target, "dare.start", about, circle)
        if started is None:
            return
        # Some say what came of it only when the start has lapsed.
        minutes = chance.randint(2, 110) if town.happens(0.95) else chance.randint(150, 600)
        yield town.world.now + minutes * MINUTE_MS
    if mood >= habits.goes:
        yield from town.do(target, "dare.bail", about, circle)
        return
    if town.happens(0.03):
        at = town.world.now + chance.randint(1, 9) * MINUTE_MS
        town.world.begin(_second_thoughts(town, circle, target, about), at)
    reported = yield from town.do(target, "dare.report", about | _report(town, target), circle)
    if reported is not None:
        _draw_cheers(town, circle, target, about)


def _second_thoughts(town: Town, circle: Circle, target: Person, about: Fields) -> Story:
    """It was otherwise after all; now and then it was not, and this is refused."""
    yield from town.do(target, "dare.correct", about | _answer(town, target), circle)


def _draw_cheers(town: Town, circle: Circle, target: Person, about: Fields) -> None:
    """A few friends applaud, some of them twice in the same way."""
    others = circle.others(target)
    while others and town.happens(0.3):
        friend = town.chance.choice(others)
        town.world.begin(_cheer(town, circle, friend, about), town.by_day(friend, 2 * HOUR_MS))


def _cheer(town: Town, circle: Circle, friend: Person, about: Fields) -> Story:
    if friend in circle.members:
        emoji = town.chance.choice(list(Emoji)).value
        yield from town.do(friend, "cheer", about | {"emoji": emoji}, circle)


def _terms(town: Town, thing: Fields) -> Fields:
    """Some take it on a level lower or higher, some with fewer words."""
    changed: Fields = {}
    level = thing.get("difficulty")
    if isinstance(level, int) and town.happens(0.15):
        changed["difficulty"] = min(5, max(1, level + town.chance.choice((-1, 1))))
    text = thing.get("text")
    if isinstance(text, str) and town.happens(0.1):
        changed["text"] = text.rsplit(maxsplit=1)[0]
    return changed


def _report(town: Town, person: Person) -> Fields:
    chance = town.chance
    said = _answer(town, person)
    if town.happens(0.5):
        said["line"] = chance.choice(LINES)
    if town.happens(0.03):
        said["claimed_at"] = town.world.now - chance.randrange(12 * HOUR_MS)
    return said


def _answer(town: Town, person: Person) -> Fields:
    chance = town.chance
    if not town.happens(0.05):
        return {"outcome": chance.choices(OUTCOMES, person.habits.luck)[0]}
    asked = chance.randint(2, 12)
    no = chance.randint(0, asked)
    yes = chance.randint(0, asked - no)
    return {"counts": {"asked": asked, "no": no, "yes": yes, "ignored": asked - no - yes}}
