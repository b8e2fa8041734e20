"""The check of a load test notices what it exists to notice: lost, doubled or changed, in anything.

Every test plays the same small scene on a real server, and then spoils what the player knows.
"""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from loadtests.check import all_events, as_plain, differences, feed_differences
from loadtests.client import Client, Feed, Known, Pushed
from server.protocol.server_messages import Body
from tests.journeys.game import Game
from tests.loadtests.knowing import known


class Scene:
    """A player who has dared themselves and reported, in a squad of their own."""

    def __init__(self, game: Game) -> None:
        self.url, self.ticket = game.url, game.ticket("Scene")
        self.client = Client(self.url, self.ticket, lambda _squad, _n, _seen: None)
        created = self.client.command("squad.create", {"name": "Table", "tz": "UTC"})
        self.squad = str((created.b or {})["squad"])
        self.client.follow(self.squad)
        body: Body = {"target": self.client.player, "card": "which-apple"}
        dare = (self.client.command("dare.issue", body, self.squad).b or {})["dare"]
        self.client.command("dare.start", {"dare": dare}, self.squad)
        self.client.command("dare.report", {"dare": dare, "outcome": "REJECTED"}, self.squad)
        known(lambda: self.is_counted and self.differences() == [])

    @property
    def is_counted(self) -> bool:
        """Whether the report's XP was pushed; before that, both sides may know of none."""
        views = self.client.known.views
        scores = [view.body for key, view in list(views.items()) if key[0] == "week"]
        rows: Any = scores[-1]["rows"] if scores else []
        return any(row["score"] for row in rows) and views[("me",)].body["xp"] != 0

    @property
    def feed(self) -> Feed:
        """What was seen of the squad."""
        return self.client.known.feeds[self.squad]

    def get(self, path: str) -> Any:  # noqa: ANN401 any JSON
        """The server's answer."""
        headers = {"Authorization": f"Bearer {self.ticket}"}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def differences(
        self,
        feed: Feed | None = None,
        views: dict[tuple[str, ...], Pushed] | None = None,
        acked: dict[str, tuple[str, int]] | None = None,
    ) -> list[str]:
        """What the check finds, with one thing in place of what was seen of it."""
        known = self.client.known
        spoilt = Known(
            feeds=known.feeds if feed is None else {self.squad: feed},
            views=known.views if views is None else views,
            acked=known.acked if acked is None else acked,
        )
        return differences(spoilt, self.get)

    def view(self, kind: str) -> tuple[tuple[str, ...], Pushed]:
        """A view as it was pushed last, and where it is kept."""
        return next(item for item in self.client.known.views.items() if item[0][0] == kind)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    game = Game(tmp_path_factory.mktemp("game"))
    game.start()
    scene = Scene(game)
    yield scene
    scene.client.close()
    game.stop()


def test_what_a_player_saw_is_what_the_server_says(scene: Scene) -> None:
    assert scene.differences() == []


def test_a_lost_event_is_found(scene: Scene) -> None:
    lost = replace(scene.feed, events=scene.feed.events[:-1])

    assert scene.differences(lost) == ["has 5 events of 6"]


def test_an_event_lost_in_between_is_found(scene: Scene) -> None:
    events = scene.feed.events
    lost = replace(scene.feed, events=[*events[:2], *events[3:]], gaps=1)

    assert scene.differences(lost) == ["has 5 events of 6"]


def test_a_doubled_event_is_found(scene: Scene) -> None:
    assert scene.differences(replace(scene.feed, doubled=1)) == ["doubled 1, gaps 0"]


def test_a_changed_event_is_found(scene: Scene) -> None:
    events = list(scene.feed.events)
    kind, actor, command, body = events[-1] or ("", None, None, {})
    events[-1] = (kind, actor, command, body | {"outcome": "GRANTED"})

    assert scene.differences(replace(scene.feed, events=events)) == ["event 6 differs"]


def test_a_blank_instead_of_an_event_is_found(scene: Scene) -> None:
    events = [*scene.feed.events[:-1], None]

    assert scene.differences(replace(scene.feed, events=events)) == ["event 6 differs"]


def test_an_answer_to_what_is_not_in_the_log_is_found(scene: Scene) -> None:
    acked = {"01M8AD48Q06KAVH5NQR3WTDXJR": (scene.squad, 6)}

    assert scene.differences(acked=acked) == ["event 6 was acknowledged and is another"]


def test_a_command_that_had_its_effect_twice_is_found(scene: Scene) -> None:
    def get(path: str) -> Any:  # noqa: ANN401 any JSON
        answer = scene.get(path)
        if "/events?" not in path:
            return answer
        return {"head": 7, "events": [*answer["events"], answer["events"][5] | {"n": 7}]}

    found = differences(scene.client.known, get)

    assert "one command led to dare.reported twice" in found


def test_another_score_on_the_board_is_found(scene: Scene) -> None:
    key, pushed = scene.view("week")
    rows: Any = pushed.body["rows"]
    other = [row | {"score": row["score"] + 1} for row in rows]
    views = scene.client.known.views | {key: replace(pushed, body=pushed.body | {"rows": other})}

    assert scene.differences(views=views) == [f"week {key[2]}: rows differs"]


def test_another_level_is_found(scene: Scene) -> None:
    key, pushed = scene.view("me")
    views = scene.client.known.views | {key: replace(pushed, body=pushed.body | {"level": 9})}

    assert scene.differences(views=views) == ["me: level differs"]


def test_views_that_never_came_are_found(scene: Scene) -> None:
    assert scene.differences(views={}) == ["no week was pushed", "me was never pushed"]


def test_xp_that_the_ledger_does_not_hold_is_found(scene: Scene) -> None:
    def get(path: str) -> Any:  # noqa: ANN401 any JSON
        answer = scene.get(path)
        return answer | {"entries": []} if path.startswith("/api/me/ledger") else answer

    found = differences(scene.client.known, get)

    assert found == ["the ledger does not add up to the XP"]


def test_a_week_that_was_closed_twice_is_found(scene: Scene) -> None:
    key, _ = scene.view("week")
    closing = {"k": "week.closed", "b": {"week": key[2]}}

    def get(path: str) -> Any:  # noqa: ANN401 any JSON
        answer = scene.get(path)
        if "/events?" not in path:
            return answer
        return {"head": 8, "events": [*answer["events"], {"n": 7} | closing, {"n": 8} | closing]}

    found = differences(scene.client.known, get)

    assert f"week {key[2]} was closed twice" in found


def test_a_snapshot_in_place_of_all_events_is_no_difference(scene: Scene) -> None:
    assert snapshot_found(scene, {}) == []


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        ({"feed": []}, "the snapshot's events differ"),
        ({"roster": []}, "the snapshot's roster differs"),
        ({"dares": []}, "the snapshot's dares differ"),
    ],
)
def test_a_snapshot_that_lacks_something_is_found(
    scene: Scene, spoilt: dict[str, object], found: str
) -> None:
    assert snapshot_found(scene, spoilt) == [found]


def snapshot_found(scene: Scene, spoilt: dict[str, object]) -> list[str]:
    """What is found of a client that has asked for a snapshot, and got this one."""
    client = Client(scene.url, scene.ticket, lambda _squad, _n, _seen: None)
    client.follow(scene.squad)
    client.forget()
    client.wait_until_live()
    feed = client.known.feeds[scene.squad]
    client.close()
    shown = (feed.snapshot or {}) | spoilt
    return feed_differences(replace(feed, snapshot=shown), all_events(scene.squad, scene.get))


def test_both_encodings_of_a_body_compare_equal() -> None:
    assert as_plain((1, ("a",))) == as_plain([1, ["a"]])
