"""A circle's way through the game: founded, growing, run by somebody, left, come back to, ended."""

from domain.ids import DAY_MS, HOUR_MS
from loadtests.simulation.people import ZONES, Circle, Person, draw_circle
from loadtests.simulation.persons import registered
from loadtests.simulation.town import MOST_CIRCLES, WEEK_MS, Town
from loadtests.simulation.world import Fields, Story


def foundings(town: Town, circles_a_week: float) -> Story:
    """Circles come together for ever, each with a life of its own; a few at once to begin with."""
    for _ in range(max(4, int(8 * circles_a_week))):
        _found(town, 2 * WEEK_MS)
    while True:
        yield town.some_time(WEEK_MS / circles_a_week)
        _found(town, DAY_MS)


def _found(town: Town, mean_ms: float) -> None:
    town.world.begin(_life(town, draw_circle(town.chance)), town.some_time(mean_ms))


def _life(town: Town, circle: Circle) -> Story:
    """A squad is founded, and asks friends in until it is as large as it wants to be."""
    founder = town.friend(circle)
    yield from registered(town, founder)
    created = yield from town.do(
        founder, "squad.create", {"name": f"{founder.name}'s", "tz": circle.tz}
    )
    if created is None or created.squad is None:
        return
    circle.squad = created.squad
    _enter(town, circle, founder)
    town.world.begin(_affairs(town, circle), town.some_time(8 * WEEK_MS))
    mean_ms: float = DAY_MS / 4
    while circle.members and len(circle.members) < circle.wanted:
        yield town.by_day(circle.owner, mean_ms)
        wave = min(town.chance.randint(1, 5), circle.wanted - len(circle.members))
        if circle.members and wave > 0:
            yield from _invite(town, circle, [town.friend(circle) for _ in range(wave)])
        mean_ms = 6 * WEEK_MS


def _invite(town: Town, circle: Circle, friends: list[Person]) -> Story:
    """One of those who lead it makes a code, and friends come by it; some codes are closed."""
    leader = town.chance.choice(circle.leaders)
    invited = yield from town.do(leader, "squad.invite", {}, circle)
    if invited is None or invited.body is None:
        return
    code = str(invited.body["code"])
    for friend in friends:
        town.world.begin(_arrival(town, circle, friend, code), town.some_time(DAY_MS))
    if town.happens(0.1):
        yield town.by_day(leader, 2 * DAY_MS)
        fields: Fields = {"invite": town.world.name_of_invite(code)}
        yield from town.do(leader, "squad.revoke", fields, circle)


def _arrival(town: Town, circle: Circle, person: Person, code: str) -> Story:
    """Somebody comes by a code, and registers first if need be; some circles want to be asked."""
    yield from registered(town, person)
    if circle.asks_first:
        yield from _request(town, circle, person, code)
        return
    joined = yield from town.do(person, "squad.join", {"code": code})
    if joined is not None and joined.n is not None:
        _enter(town, circle, person)


def _request(town: Town, circle: Circle, person: Person, code: str) -> Story:
    asked = yield from town.do(person, "squad.request", {"code": code})
    if asked is None or not circle.members:
        return
    if town.happens(0.1):
        yield town.by_day(person, DAY_MS)
        yield from town.do(person, "squad.cancel", {}, circle)
        return
    leader = town.chance.choice(circle.leaders)
    yield town.by_day(leader, 10 * HOUR_MS)
    if town.happens(0.15):
        yield from town.do(leader, "squad.decline", {"player": person.player}, circle)
        return
    approved = yield from town.do(leader, "squad.approve", {"player": person.player}, circle)
    if approved is not None and approved.n is not None:
        _enter(town, circle, person)


def _enter(town: Town, circle: Circle, person: Person) -> None:
    circle.gain(person)
    if town.happens(0.3):
        town.world.begin(_membership(town, circle, person), town.by_day(person, 40 * WEEK_MS))


def _membership(town: Town, circle: Circle, person: Person) -> Story:
    """Somebody leaves after a while; a few come back."""
    if person not in circle.members:
        return
    left = yield from town.do(person, "squad.leave", {}, circle)
    if left is None:
        return
    circle.lose(person)
    yield town.some_time(5 * WEEK_MS)
    yield from _back(town, circle, person)


def _back(town: Town, circle: Circle, person: Person) -> Story:
    if not town.happens(0.4) or person not in town.people or not circle.members:
        return
    yield town.by_day(circle.owner, HOUR_MS)
    if circle.members and len(person.circles) < MOST_CIRCLES:
        yield from _invite(town, circle, [person])


def _affairs(town: Town, circle: Circle) -> Story:
    """Now and then somebody who leads the squad changes something in it."""
    affairs = (_rename, _change_settings, _change_captain, _put_out, _hand_on, _archive)
    while circle.members:
        (affair,) = town.chance.choices(affairs, (25, 20, 30, 15, 8, 2))
        yield from affair(town, circle)
        yield town.some_time(8 * WEEK_MS)
        if circle.members:
            yield town.by_day(circle.owner, HOUR_MS)


def _rename(town: Town, circle: Circle) -> Story:
    fields: Fields = {"name": f"{town.chance.choice(circle.members).name}'s"}
    yield from town.do(circle.owner, "squad.rename", fields, circle)


def _change_settings(town: Town, circle: Circle) -> Story:
    asks_first, tz = town.happens(0.5), circle.tz
    if town.happens(0.2):
        tz = town.chance.choice(ZONES)
    fields: Fields = {
        "size": 20 + town.chance.randint(0, 10),
        "join_policy": "APPROVAL" if asks_first else "CODE",
        "tz": tz,
    }
    if (yield from town.do(circle.owner, "squad.settings", fields, circle)) is not None:
        circle.asks_first, circle.tz = asks_first, tz


def _change_captain(town: Town, circle: Circle) -> Story:
    """A captain more, or one less."""
    for member in _one_other(town, circle):
        is_one = member in circle.captains
        fields: Fields = {"player": member.player, "role": "MEMBER" if is_one else "CAPTAIN"}
        if (yield from town.do(circle.owner, "squad.role", fields, circle)) is not None:
            (circle.captains.remove if is_one else circle.captains.append)(member)


def _hand_on(town: Town, circle: Circle) -> Story:
    """Another member owns the squad."""
    for heir in _one_other(town, circle):
        fields: Fields = {"player": heir.player, "role": "OWNER"}
        if (yield from town.do(circle.owner, "squad.role", fields, circle)) is not None:
            circle.hand_to(heir)


def _put_out(town: Town, circle: Circle) -> Story:
    """Kicked, or banned and forgiven; some come back."""
    for member in _one_other(town, circle):
        fields: Fields = {"player": member.player}
        is_ban = town.happens(0.4)
        kind = "squad.ban" if is_ban else "squad.kick"
        if (yield from town.do(circle.owner, kind, fields, circle)) is None:
            return
        circle.lose(member)
        yield town.some_time(3 * WEEK_MS)
        if is_ban and circle.members:
            yield from town.do(circle.owner, "squad.unban", fields, circle)
        yield from _back(town, circle, member)


def _archive(town: Town, circle: Circle) -> Story:
    """The squad has ended."""
    if (yield from town.do(circle.owner, "squad.archive", {}, circle)) is not None:
        for member in list(circle.members):
            circle.lose(member)


def _one_other(town: Town, circle: Circle) -> list[Person]:
    """A member who is not the owner, if there is one."""
    others = circle.others(circle.owner)
    return [town.chance.choice(others)] if others else []
