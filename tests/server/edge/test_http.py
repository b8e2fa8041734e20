"""HTTP: every call, its answer and its errors, over a real connection."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from domain.ids import PlayerId
from server.edge.calls import CALLS
from server.eventlog.log import LogUnavailable
from tests.server.serving import (
    Guest,
    Served,
    fresh_id,
    let_no_time_pass,
    registration,
    serving,
)
from tests.server.world import DAY_MS, Message

MSGPACK = "application/msgpack"


@pytest.fixture
async def maya(served: Served) -> AsyncIterator[Guest]:
    """Somebody new."""
    async with served.guest() as guest:
        yield guest


@pytest.fixture
async def sam(served: Served) -> AsyncIterator[Guest]:
    """Somebody else."""
    async with served.guest() as guest:
        yield guest


def problem(answer: httpx2.Response) -> tuple[int, str, str | None]:
    """Status, code and field of an error."""
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["code"], error.get("field")


async def both(maya: Guest, sam: Guest) -> str:
    """A squad with the two in it."""
    squad = await maya.squad()
    code = (await maya.do("squad.invite", squad))["b"]["code"]
    await sam.do("squad.join", code=code)
    return squad


async def reported(who: Guest, squad: str, **terms: object) -> str:
    """A dare to oneself, done and reported; its id."""
    issued = await who.do("dare.issue", squad, target=who.player, **terms)
    dare: str = issued["b"]["dare"]
    await who.do("dare.report", squad, dare=dare, outcome="GRANTED")
    return dare


async def ledger_of(who: Guest, **query: str | int) -> Message:
    """A page of somebody's ledger, as of their last command."""
    answer = await who.http.get("/api/me/ledger", params={"after_q": who.q, **query})
    assert answer.status_code == 200
    body: Message = answer.json()
    return body


# Coming in


async def test_a_guest_comes_in(served: Served) -> None:
    """With a name, a ticket and a cookie that scripts cannot read."""
    async with served.http() as http:
        answer = await http.post("/api/guest", json=registration("Mona"))
    body = answer.json()
    cookie = answer.headers["set-cookie"].lower()

    assert (answer.status_code, body["handle"], len(body["player"])) == (201, "Mona", 26)
    assert {"player", "handle", "ticket", "expires_at"} == set(body)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_the_same_guest_id_gives_the_same_player(served: Served) -> None:
    """And a new session: the first answer may have been lost."""
    async with served.http() as http:
        body = registration("Nina")
        answers = [(await http.post("/api/guest", json=body)) for _ in range(3)]

    assert (
        len({answer.json()["player"] for answer in answers}),
        [answer.status_code for answer in answers],
        len({answer.headers["set-cookie"] for answer in answers}),
    ) == (1, [201] * 3, 3)


async def test_a_guest_id_is_good_for_ten_minutes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Afterwards it lets nobody in."""
    async with served.http() as http:
        body = registration("Olga")
        await http.post("/api/guest", json=body)
        now = served.services.clock.now
        monkeypatch.setattr(served.services.clock, "now", lambda: now() + 10 * 60_000 + 1)
        answer = await http.post("/api/guest", json=body)

    assert problem(answer) == (400, "BAD_INPUT", "id")


async def test_a_guest_id_stays_used_for_ever(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Housekeeping makes no way in of it."""
    async with served.http() as http:
        body = registration("Pina")
        await http.post("/api/guest", json=body)
        now = served.services.clock.now
        monkeypatch.setattr(served.services.clock, "now", lambda: now() + 100 * DAY_MS)
        served.services.log.forget(idle_before=now() + 100 * DAY_MS, issues_before=0)
        answer = await http.post("/api/guest", json=body)

    assert problem(answer) == (400, "BAD_INPUT", "id")


async def test_a_taken_name_comes_with_a_free_one(served: Served) -> None:
    """So that a tap is enough."""
    async with served.http() as http:
        await http.post("/api/guest", json=registration("Quinn"))
        answer = await http.post("/api/guest", json=registration("quinn"))
        free = answer.json()["error"]["free"]
        again = await http.post("/api/guest", json=registration(free))

    assert (
        problem(answer),
        free,
        again.status_code,
    ) == ((409, "HANDLE_TAKEN", "handle"), "quinn2", 201)


@pytest.mark.parametrize(
    ("fields", "status", "code", "field"),
    [
        ({"handle": "x"}, 400, "BAD_INPUT", "handle"),
        ({"tz": "Mars"}, 400, "BAD_INPUT", "tz"),
        ({"adult": False}, 403, "CONSENT_REQUIRED", "adult"),
        ({"adult": "yes"}, 400, "BAD_INPUT", "adult"),
        ({"id": "short"}, 400, "BAD_INPUT", "id"),
        ({"id": "Z" * 32}, 400, "BAD_INPUT", "id"),
        ({"handle": None}, 400, "BAD_INPUT", "handle"),
    ],
)
async def test_a_guest_who_may_not_come_in_learns_why(
    served: Served, fields: dict[str, object], status: int, code: str, field: str
) -> None:
    """And gets no cookie."""
    async with served.http() as http:
        answer = await http.post("/api/guest", json={**registration("Rosa"), **fields})

    assert (status, code, field) == problem(answer)
    assert "set-cookie" not in answer.headers


async def test_too_many_guests_from_one_address_wait(tmp_path: Path) -> None:
    """The same guest again is none of them."""
    async with serving(tmp_path, guests_per_hour=1) as served, served.http() as http:
        body = registration("Maya")
        statuses = [(await http.post("/api/guest", json=body)).status_code for _ in range(2)]
        answer = await http.post("/api/guest", json=registration("Sam"))

    assert (statuses, problem(answer)) == ([201, 201], (503, "BUSY", None))
    assert 0 < answer.json()["error"]["retry_after_ms"] <= 3_600_000
    assert int(answer.headers["retry-after"]) > 3_500


# Signing in


async def test_a_cookie_gets_a_ticket(maya: Guest) -> None:
    """For the socket and for other programs."""
    answer = await maya.http.post("/api/ticket")

    assert (200, {"ticket", "expires_at"}) == (answer.status_code, set(answer.json()))


async def test_a_ticket_signs_in(served: Served, maya: Guest) -> None:
    """Without a cookie and without an origin."""
    headers = {"authorization": f"Bearer {maya.ticket}"}
    async with httpx2.AsyncClient(base_url=served.url, headers=headers) as http:
        answers = [await http.get("/api/me"), await http.post("/api/ticket")]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "gutsy_session=nonsense"},
        {"cookie": "gutsy_session="},
        {"cookie": 'gutsy_session="'},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer"},
        {"authorization": "Basic abc"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [(call.method, call.path) for call in CALLS if call.needs_sign_in],
)
async def test_without_a_sign_in_nothing_is_told(
    served: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    """401 on every call that needs one."""
    where = path.format(squad="0" * 26, week="current", battle="0" * 26)
    async with served.http() as http:
        answer = await http.request(method, where, headers=headers, json={})

    assert problem(answer) == (401, "UNAUTHENTICATED", None)


async def test_a_program_brings_a_guest_in_without_an_origin(served: Served) -> None:
    """It has no page."""
    async with httpx2.AsyncClient(base_url=served.url) as http:
        answer = await http.post("/api/guest", json=registration("Uma"))

    assert answer.status_code == 201


async def test_a_session_of_another_log_is_nobodys(served: Served) -> None:
    """The secret is the same, the players are gone."""
    auth = served.services.auth
    value = auth.cookie(auth.begin(PlayerId("0" * 26)))
    async with served.http(cookies={"gutsy_session": value}) as http:
        answers = [await http.get("/api/me"), await http.post("/api/ticket")]

    assert [problem(answer) for answer in answers] == [(401, "UNAUTHENTICATED", None)] * 2


# Commands


async def test_a_command_is_answered_as_on_the_socket(maya: Guest) -> None:
    """The very ``ack``, and again with ``dup``."""
    body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
    first = (await maya.http.post("/api/cmd", json=body)).json()
    second = (await maya.http.post("/api/cmd", json=body)).json()

    assert {"t", "id", "s", "n", "q", "b"} == set(first)
    assert {**first, "dup": True} == second


@pytest.mark.parametrize(
    ("command", "status", "code", "field"),
    [
        ({"k": "squad.dance"}, 400, "UNKNOWN_KIND", "k"),
        ({"k": "squad.create", "b": {"name": 5, "tz": "UTC"}}, 400, "BAD_INPUT", "name"),
        ({"k": "squad.create", "b": {"name": "", "tz": "UTC"}}, 400, "BAD_INPUT", "name"),
        ({"k": "squad.create", "b": []}, 400, "BAD_INPUT", "b"),
        ({"k": "squad.leave", "s": "0" * 26}, 403, "FORBIDDEN", None),
        ({"k": "squad.join", "b": {"code": "0000000000"}}, 404, "INVITE_INVALID", "code"),
        ({"k": "squad.leave", "id": "nonsense"}, 400, "BAD_INPUT", "id"),
        ({"k": "squad.leave", "s": "0" * 26, "x": 7}, 403, "FORBIDDEN", None),
        ({"k": "squad.leave", "b": {"x": 2**70}}, 400, "BAD_INPUT", "b"),
    ],
)
async def test_a_command_that_is_refused_has_a_status(
    maya: Guest, command: dict[str, object], status: int, code: str, field: str | None
) -> None:
    """The code says what it was, the field where."""
    answer = await maya.http.post("/api/cmd", json={"id": fresh_id(), **command})

    assert (status, code, field) == problem(answer)


async def test_an_id_used_twice_is_a_conflict(maya: Guest) -> None:
    """409."""
    body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
    await maya.http.post("/api/cmd", json=body)
    answer = await maya.http.post("/api/cmd", json={**body, "b": {"name": "Bats", "tz": "UTC"}})

    assert problem(answer) == (409, "COMMAND_ID_REUSED", None)


async def test_commands_over_the_rate_wait(tmp_path: Path) -> None:
    """503 with how long."""
    async with (
        serving(tmp_path, commands_per_s=1, command_burst=1) as served,
        served.guest("Maya") as maya,
    ):
        await maya.squad()
        body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
        answer = await maya.http.post("/api/cmd", json=body)

    assert (problem(answer), answer.headers["retry-after"]) == ((503, "BUSY", None), "1")


# Bodies


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 5_000, b"null"])
async def test_a_body_that_is_none_is_refused(served: Served, content: bytes) -> None:
    """400."""
    async with served.http() as http:
        answer = await http.post("/api/guest", content=content)

    assert problem(answer)[:2] == (400, "BAD_INPUT")


async def test_a_body_over_16_kib_is_too_large(served: Served) -> None:
    """413; the limit itself is read."""
    async with served.http() as http:
        body = registration("Vera")
        spare = 16_384 - len(json.dumps({**body, "x": ""}))
        statuses = [
            (
                await http.post(
                    "/api/guest",
                    content=json.dumps({**body, "x": "x" * length}),
                )
            ).status_code
            for length in (spare, spare + 1, 100_000)
        ]

    assert statuses == [201, 413, 413]


async def test_msgpack_goes_in_and_comes_out(maya: Guest) -> None:
    """For whoever asks for it."""
    body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
    answer = await maya.http.post(
        "/api/cmd",
        content=msgspec.msgpack.encode(body),
        headers={"content-type": MSGPACK, "accept": MSGPACK},
    )
    ack = msgspec.msgpack.decode(answer.content)

    assert (200, MSGPACK, body["id"]) == (
        answer.status_code,
        answer.headers["content-type"],
        ack["id"],
    )


async def test_an_error_comes_as_msgpack_too(served: Served) -> None:
    """In the form that the caller accepts."""
    async with served.http(headers={"accept": MSGPACK}) as http:
        answer = await http.get("/api/me")

    assert msgspec.msgpack.decode(answer.content)["error"]["code"] == "UNAUTHENTICATED"


# Reading


async def test_me_is_ones_own_page(maya: Guest) -> None:
    """XP, level, squads, and the newest entries."""
    squad = await maya.squad("Owls")
    dare = (await maya.do("dare.issue", squad, target=maya.player, card="which-apple"))["b"]["dare"]
    q = (await maya.do("dare.report", squad, dare=dare, outcome="REJECTED"))["q"]
    body = (await maya.http.get(f"/api/me?after_q={q}")).json()

    assert (maya.player, maya.handle, 30, 1, 0, 100, "Owls", "OWNER", dare, q) == (
        body["player"],
        body["handle"],
        body["xp"],
        body["level"],
        body["level_at"],
        body["next_at"],
        body["squads"][0]["name"],
        body["squads"][0]["role"],
        body["recent"][0]["dare"],
        body["q"],
    )


async def test_the_ledger_has_every_entry_with_its_cause(maya: Guest) -> None:
    """Newest first."""
    squad = await maya.squad()
    numbers, q = [], 0
    for card in ("which-apple", "best-thing-today"):
        issued = await maya.do("dare.issue", squad, target=maya.player, card=card)
        ack = await maya.do("dare.report", squad, dare=issued["b"]["dare"], outcome="GRANTED")
        numbers.append(ack["n"])
        q = ack["q"]
    body = (await maya.http.get(f"/api/me/ledger?after_q={q}")).json()

    assert (numbers[::-1], [squad, squad], [20, 20]) == (
        [entry["n"] for entry in body["entries"]],
        [entry["squad"] for entry in body["entries"]],
        [entry["amount"] for entry in body["entries"]],
    )


async def test_the_ledger_is_read_a_page_at_a_time(maya: Guest) -> None:
    """Each page begins after the last entry of the one before; the last one says so."""
    squad = await maya.squad()
    for card in ("which-apple", "best-thing-today", "draw-me-a-cat"):
        await reported(maya, squad, card=card)
    first = await ledger_of(maya, limit=2)
    last = await ledger_of(maya, limit=2, before=first["entries"][-1]["entry"])

    assert ([2, 1], [True, False], {"which-apple"}) == (
        [len(page["entries"]) for page in (first, last)],
        [page["more"] for page in (first, last)],
        {entry["card"] for entry in last["entries"]},
    )


async def test_the_ledger_is_not_read_on_from_somebody_elses_entry(maya: Guest, sam: Guest) -> None:
    await reported(maya, await maya.squad(), card="which-apple")
    entry = (await ledger_of(maya))["entries"][0]["entry"]
    answer = await sam.http.get("/api/me/ledger", params={"before": entry})

    assert problem(answer) == (400, "BAD_INPUT", "before")


async def test_an_entry_says_what_was_dared_also_once_it_was_put_right(maya: Guest) -> None:
    """The reversal and the new grant come from an event that has no words of its own."""
    squad = await maya.squad()
    words = {"text": "Ask for a wave", "kind": "ASK", "difficulty": 1, "categories": []}
    dare = await reported(maya, squad, **words)
    await maya.do("dare.correct", squad, dare=dare, outcome="REJECTED")
    entries = (await ledger_of(maya))["entries"]

    assert (["Ask for a wave"] * 3, [-20, 30, 20]) == (
        [entry["text"] for entry in entries],
        [entry["amount"] for entry in entries],
    )


async def test_an_entry_of_a_squad_that_one_has_left_keeps_its_day_but_not_its_words(
    maya: Guest, sam: Guest
) -> None:
    squad = await both(maya, sam)
    await reported(sam, squad, card="which-apple")
    before = (await ledger_of(sam))["entries"][0]
    await sam.do("squad.leave", squad)
    after = (await ledger_of(sam))["entries"][0]

    assert {**before, "card": None} == {**after, "card": None}
    assert (before["card"], "card" in after) == ("which-apple", False)


async def test_reading_what_will_never_come_ends_after_a_while(
    maya: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the position that there is."""
    monkeypatch.setattr("server.edge.calls.READ_YOUR_WRITES_S", 0.01)
    body = (await maya.http.get("/api/me?after_q=999999999")).json()

    assert 0 < body["q"] < 999_999_999


@pytest.mark.parametrize("after_q", ["x", "-1", "1.5", "²", "9" * 16])
async def test_what_is_no_number_is_refused(maya: Guest, after_q: str) -> None:
    """With its name."""
    answer = await maya.http.get("/api/me", params={"after_q": after_q})

    assert problem(answer) == (400, "BAD_INPUT", "after_q")


async def test_a_squads_events_are_read_forwards_and_backwards(maya: Guest, sam: Guest) -> None:
    """``before`` is newest first, for scrolling back."""
    squad = await both(maya, sam)
    for _ in range(4):
        await maya.do("squad.invite", squad)
    url = f"/api/squads/{squad}/events"
    queries = ["", "?after=6", "?after=2&limit=2", "?before=4", "?before=8&limit=3", "?before=1"]
    pages = [(await maya.http.get(url + query)).json() for query in queries]

    assert [[event["n"] for event in page["events"]] for page in pages] == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [7, 8],
        [3, 4],
        [3, 2, 1],
        [7, 6, 5],
        [],
    ]
    assert {8} == {page["head"] for page in pages}


async def test_a_page_has_at_most_256_events(maya: Guest) -> None:
    """50 unless asked for more."""
    squad = await maya.squad()
    for _ in range(56):
        await maya.do("squad.invite", squad)
    url = f"/api/squads/{squad}/events"
    sizes = [
        len((await maya.http.get(url + query)).json()["events"]) for query in ("", "?limit=9999")
    ]

    assert sizes == [50, 58]


async def test_events_are_shown_as_the_caller_may_see_them(maya: Guest, sam: Guest) -> None:
    """A blank has only its number; a code is its maker's."""
    squad = await both(maya, sam)
    await maya.do("dare.issue", squad, target=maya.player, card="which-apple")
    body = (await sam.http.get(f"/api/squads/{squad}/events?after=2")).json()["events"]

    assert (
        body[0]["k"],
        "code" in body[0]["b"],
        body[2],
        body[3]["k"],
    ) == ("invite.issued", False, {"n": 5}, "dare.accepted")


@pytest.mark.parametrize("path", ["events", "weeks/current"])
async def test_a_squad_is_its_members_own(maya: Guest, sam: Guest, path: str) -> None:
    """403 for strangers; an unknown squad is the same."""
    squad = await maya.squad()
    answers = [
        await sam.http.get(f"/api/squads/{squad}/{path}"),
        await sam.http.get(f"/api/squads/{'0' * 26}/{path}"),
    ]

    assert [problem(answer) for answer in answers] == [(403, "FORBIDDEN", None)] * 2


@pytest.mark.parametrize("path", ["events", "weeks/current"])
async def test_a_squads_name_in_the_path_is_an_id(maya: Guest, path: str) -> None:
    """400."""
    answer = await maya.http.get(f"/api/squads/nonsense/{path}")

    assert problem(answer) == (400, "BAD_INPUT", "s")


async def test_only_members_learn_that_something_came_first(maya: Guest, sam: Guest) -> None:
    """409 for a member with a stale number; a stranger cannot sound a squad out with it."""
    squad = await maya.squad()
    body = {"k": "squad.invite", "s": squad, "b": {}, "x": 7}
    answers = [
        await guest.http.post("/api/cmd", json={"id": fresh_id(), **body}) for guest in (maya, sam)
    ]

    assert [(409, "VERSION_CONFLICT", None), (403, "FORBIDDEN", None)] == [
        problem(answer) for answer in answers
    ]


async def test_a_leaver_reads_no_events_any_more(maya: Guest, sam: Guest) -> None:
    """Sight ends at the leave."""
    squad = await both(maya, sam)
    await sam.do("squad.leave", squad)
    answer = await sam.http.get(f"/api/squads/{squad}/events")

    assert problem(answer) == (403, "FORBIDDEN", None)


async def test_inv_l6_a_leaver_sees_boards_of_weeks_before_leaving_only(
    maya: Guest, sam: Guest
) -> None:
    """The week in which they left goes on without them."""
    squad = await both(maya, sam)
    q = (await sam.do("squad.leave", squad))["q"]
    answers = [
        await sam.http.get(f"/api/squads/{squad}/weeks/{week}?after_q={q}")
        for week in ("2026-W01", "current", "2999-W01")
    ]

    assert [200, 403, 403] == [answer.status_code for answer in answers]


async def test_the_board_of_a_week(maya: Guest, sam: Guest) -> None:
    """Whoever has points, then who has none yet, without a rank."""
    squad = await both(maya, sam)
    dare = (await maya.do("dare.issue", squad, target=maya.player, card="which-apple"))["b"]["dare"]
    q = (await maya.do("dare.report", squad, dare=dare, outcome="REJECTED"))["q"]
    body = (await sam.http.get(f"/api/squads/{squad}/weeks/current?after_q={q}")).json()
    named = (await sam.http.get(f"/api/squads/{squad}/weeks/{body['week']}")).json()

    assert body == named
    assert ("OPEN", q) == (body["state"], body["q"])
    assert [
        {"player": maya.player, "handle": maya.handle, "score": 30, "rejections": 1, "rank": 1},
        {"player": sam.player, "handle": sam.handle, "score": 0, "rejections": 0},
    ] == body["rows"]


@pytest.mark.parametrize(
    "week",
    ["nonsense", "2026-W99", "2026", "9999-W52", "0001-W01", "2026-W5", "2026-W048", "2026-W48-1"],
)
async def test_what_is_no_week_is_refused(maya: Guest, week: str) -> None:
    """400 with its field."""
    squad = await maya.squad()
    answer = await maya.http.get(f"/api/squads/{squad}/weeks/{week}?after_q={maya.q}")

    assert problem(answer) == (400, "BAD_INPUT", "week")


async def test_a_visitor_sees_who_invites_before_joining(served: Served, maya: Guest) -> None:
    """Without signing in, and however the code is typed."""
    squad = await maya.squad("Owls")
    ack = await maya.do("squad.invite", squad, expires_h=1, max_uses=1)
    code = ack["b"]["code"]
    async with served.http() as http:
        answer = await http.get(
            f"/api/invites/{code[:5].lower()}-{code[5:].lower()}?after_q={ack['q']}"
        )

    assert answer.json() == {
        "name": "Owls",
        "members": 1,
        "size": 20,
        "join_policy": "CODE",
        "expires_at": ack["b"]["expires_at"],
        "invited_by": maya.handle,
    }


async def test_a_member_is_told_that_they_are_in_already(maya: Guest, sam: Guest) -> None:
    """By their cookie; also by an invite that is used up."""
    squad = await maya.squad()
    code = (await maya.do("squad.invite", squad, max_uses=1))["b"]["code"]
    before = (await sam.http.get(f"/api/invites/{code}")).json()
    await sam.do("squad.join", code=code)
    after = (await sam.http.get(f"/api/invites/{code}")).json()

    assert ("squad" in before, after["squad"], after["members"]) == (False, squad, 2)


async def test_a_code_that_lets_nobody_in_says_why(
    served: Served, maya: Guest, sam: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, used up, over."""
    squad = await maya.squad()
    used = (await maya.do("squad.invite", squad, max_uses=1))["b"]["code"]
    over = (await maya.do("squad.invite", squad, expires_h=1))["b"]["code"]
    await sam.do("squad.join", code=used)
    now = served.services.clock.now
    async with served.http() as http:
        answers = [await http.get(f"/api/invites/{code}") for code in ("0000000000", used)]
        monkeypatch.setattr(served.services.clock, "now", lambda: now() + DAY_MS)
        answers.append(await http.get(f"/api/invites/{over}"))

    assert [problem(answer)[:2] for answer in answers] == [
        (404, "INVITE_INVALID"),
        (410, "INVITE_USED_UP"),
        (410, "INVITE_EXPIRED"),
    ]


async def test_codes_cannot_be_tried_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many a minute from one address."""
    async with serving(tmp_path, lookups_per_min=5) as served, served.http() as http:
        let_no_time_pass(served, monkeypatch)
        statuses = [(await http.get("/api/invites/0000000000")).status_code for _ in range(7)]

    assert statuses == [404] * 5 + [503] * 2


async def test_one_who_tries_codes_keeps_nobody_else_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address has its own count."""
    limits = {"trusted_proxies": 1, "lookups_per_min": 1}
    async with serving(tmp_path, **limits) as served, served.http() as http:
        let_no_time_pass(served, monkeypatch)
        statuses = {}
        for address in ["1.1.1.1"] * 2 + ["2.2.2.2"]:
            headers = {"x-forwarded-for": address}
            answer = await http.get("/api/invites/0000000000", headers=headers)
            statuses[address] = answer.status_code

    assert statuses == {"1.1.1.1": 503, "2.2.2.2": 404}


async def test_the_deck_is_for_everybody(served: Served) -> None:
    """With filters."""
    async with served.http() as http:
        queries = ["", "?difficulty=5", "?category=money", "?locale=en", "?locale=xx"]
        decks = [(await http.get("/api/deck" + q)).json()["cards"] for q in queries]

    assert ({5}, True, True, []) == (
        {card["difficulty"] for card in decks[1]},
        all("money" in card["categories"] for card in decks[2]) and len(decks[2]) > 0,
        decks[0] == decks[3],
        decks[4],
    )
    assert {
        "card",
        "title",
        "text",
        "kind",
        "difficulty",
        "categories",
        "battle_safe",
        "locale",
    } == set(decks[0][0])


async def test_the_deck_is_the_same_cards_in_another_language(served: Served) -> None:
    """A dare refers to a card by its id, whoever reads it."""
    async with served.http() as http:
        english, german = [
            (await http.get("/api/deck", params={"locale": locale})).json()["cards"]
            for locale in ("en", "de-CH")
        ]

    assert [card["card"] for card in english] == [card["card"] for card in german]
    assert {"de"} == {card["locale"] for card in german}
    assert "Mal mir eine Katze" in {card["title"] for card in german}


# Health


async def test_alive_and_able_to_serve(served: Served) -> None:
    """Both say so."""
    async with served.http() as http:
        answers = [await http.get("/healthz"), await http.get("/readyz")]

    assert [(a.status_code, a.json()["ok"]) for a in answers] == [(200, True)] * 2


async def test_a_stopped_projection_shows_in_readyz(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with its name; the process is alive."""
    monkeypatch.setitem(served.services.runner.stopped, "ledger@2", "seq 7: ZeroDivisionError")
    async with served.http() as http:
        ready, alive = await http.get("/readyz"), await http.get("/healthz")

    assert (
        ready.status_code,
        ready.json()["stopped"],
        ready.json()["reasons"],
        alive.status_code,
    ) == (
        503,
        {"ledger@2": "seq 7: ZeroDivisionError"},
        ["ledger@2 stopped at seq 7: ZeroDivisionError"],
        200,
    )


async def test_a_log_that_takes_nothing_shows_in_readyz(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it does again, with the reason."""

    def fail(*_: object) -> None:
        raise LogUnavailable("the disk is full")

    monkeypatch.setattr(served.services.commands, "failure", "the disk is full")
    async with served.http() as http:
        with monkeypatch.context() as full:
            full.setattr(served.services.log, "append", fail)
            failing = await http.get("/readyz")
        mended = await http.get("/readyz")

    assert (503, "failing", ["the disk is full"]) == (
        failing.status_code,
        failing.json()["log"],
        failing.json()["reasons"],
    )
    assert (200, "ok") == (mended.status_code, mended.json()["log"])


async def test_keys_that_cannot_be_made_show_in_readyz(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words: nobody could come in. Until a key can be made again."""
    keys = served.services.tools.keys
    async with served.http() as http:
        with monkeypatch.context() as locked:
            locked.setattr(keys, "failure", "locked")
            locked.setattr(keys, "is_failing", lambda: True)
            failing = await http.get("/readyz")
        keys.failure = "locked"
        mended = await http.get("/readyz")

    assert (503, ["locked"]) == (failing.status_code, failing.json()["reasons"])
    assert (200, []) == (mended.status_code, mended.json()["reasons"])


async def test_a_background_task_that_ended_shows_in_readyz(served: Served) -> None:
    """503 with its name: nothing that keeps time dies in silence."""
    served.services.failed.append("Timers.run")
    async with served.http() as http:
        answer = await http.get("/readyz")
    served.services.failed.clear()

    assert (503, {"Timers.run": "ended"}, ["Timers.run has ended"]) == (
        answer.status_code,
        answer.json()["stopped"],
        answer.json()["reasons"],
    )


async def test_trouble_with_the_log_is_trouble_of_a_moment(
    maya: Guest, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503: try again."""
    squad = await maya.squad()

    def fail(*_: object) -> None:
        raise LogUnavailable("locked")

    monkeypatch.setattr(served.services.log, "read_stream", fail)
    answer = await maya.http.get(f"/api/squads/{squad}/events")

    assert problem(answer) == (503, "BUSY", None)


async def test_a_failure_of_ours_has_a_reference_and_no_details(
    maya: Guest,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log of the server has them, once, with the request's id."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("very private")

    monkeypatch.setattr(served.services.models, "me", fail)
    answer = await maya.http.get("/api/me")
    error = answer.json()["error"]
    reference = error["message"].partition("(")[2].rstrip(").")

    assert (
        answer.status_code,
        error["code"],
        reference,
        "private" in answer.text,
        [record.getMessage() for record in caplog.records],
    ) == (500, "INTERNAL", answer.headers["x-request-id"], False, ["GET /api/me failed"])


# The shape of it all


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api/nothing", 404, None),
        ("POST", "/api/nothing", 405, "GET, HEAD"),
        ("DELETE", "/api/me", 405, "GET, HEAD"),
        ("GET", "/api/cmd", 405, "POST"),
        ("HEAD", "/api/cmd", 405, "POST"),
        ("GET", "/api/session", 405, "DELETE"),
        ("GET", "/api/session/x", 404, None),
        ("TRACE", "/healthz", 405, "GET, HEAD"),
    ],
)
async def test_what_is_no_call_is_an_error_like_any_other(
    served: Served, method: str, path: str, status: int, allow: str | None
) -> None:
    """In the one shape; and a call of another method says which (RFC 9110, 15.5.6)."""
    async with served.http() as http:
        answer = await http.request(method, path)
    code = None if method == "HEAD" else answer.json()["error"]["code"]
    given = answer.headers.get("allow")

    assert (status, allow) == (answer.status_code, given and ", ".join(sorted(given.split(", "))))
    assert code in (None, "NOT_FOUND" if status == 404 else "BAD_INPUT")


@pytest.mark.parametrize("path", ["/api/me", "/api/deck", "/readyz"])
async def test_no_answer_of_the_api_is_kept_by_anybody(served: Served, path: str) -> None:
    """Neither by browsers nor by proxies."""
    async with served.http() as http:
        answer = await http.get(path)

    assert answer.headers["cache-control"] == "no-store"
