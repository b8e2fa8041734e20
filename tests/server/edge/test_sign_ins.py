"""Coming in on one more device by a code, and signing out, over a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from server.commands.submission import Reply
from server.edge.auth import SESSION_LASTS_MS, TICKET_LASTS_MS, Denied
from server.edge.calls import CALLS
from server.edge.sign_ins import LINK_LASTS_MS
from server.eventlog.log import LogUnavailable
from server.eventlog.sign_ins import LinkCode
from server.protocol.bodies import PlayerRegister
from server.settings import Settings
from tests.server.serving import Guest, RawSocket, Served, fresh_id, message, raw, serving
from tests.server.world import Client, World, running

SIGN_OUTS = ("/api/session", "/api/sessions")


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


@pytest.fixture
async def laptop(served: Served, maya: Guest) -> AsyncIterator[Guest]:
    """Maya's second device."""
    async with served.http() as http:
        yield await second(maya, http)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world at work, under a clock set by hand."""
    async with running() as world:
        yield world


async def code_of(guest: Guest) -> str:
    """A code for one more device."""
    answer = await guest.http.post("/api/link")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


async def second(guest: Guest, http: httpx2.AsyncClient) -> Guest:
    """The same player on the device that has this cookie jar."""
    answer = await http.post("/api/link/redeem", json={"code": await code_of(guest)})
    assert answer.status_code == 201, answer.text
    return Guest(guest.served, http, answer.json())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a data folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def redeemed(served: Served, code: str) -> tuple[int, str]:
    """What a code brings on a new device: the status, and whom or the error's code."""
    async with served.http() as http:
        answer = await http.post("/api/link/redeem", json={"code": code})
    body = answer.json()
    return answer.status_code, body["error"]["code"] if "error" in body else body["player"]


async def statuses(guest: Guest) -> list[int]:
    """What a device's cookie and its ticket are worth: a GET and a change each."""
    by_ticket = {"authorization": f"Bearer {guest.ticket}"}
    return [
        (await guest.http.request(method, path, headers=headers)).status_code
        for headers in ({}, by_ticket)
        for method, path in (("GET", "/api/me"), ("POST", "/api/ticket"))
    ]


async def said_by_hello(wire: RawSocket, **fields: object) -> tuple[int, str]:
    """With what a hello is closed."""
    wire.send(message("hello", v=1, c="test", **fields))
    return await wire.close_frame()


# One more device


async def test_a_code_lets_its_maker_in_on_one_more_device(maya: Guest, laptop: Guest) -> None:
    """The same player with the same squads; both devices go on."""
    squad = await laptop.squad()
    seen = (await maya.http.get("/api/me", params={"after_q": laptop.q})).json()

    assert ((maya.player, maya.handle), [squad]) == (
        (laptop.player, laptop.handle),
        [one["s"] for one in seen["squads"]],
    )
    assert maya.http.cookies["gutsy_session"] != laptop.http.cookies["gutsy_session"]


async def test_the_answer_is_that_of_coming_in(served: Served, maya: Guest) -> None:
    """Ticket and cookie, and nothing that a script or another site could read."""
    async with served.http() as http:
        answer = await http.post("/api/link/redeem", json={"code": await code_of(maya)})
    cookie = answer.headers["set-cookie"].lower()

    assert {"player", "handle", "ticket", "expires_at"} == set(answer.json())
    assert ["httponly", "path=/", "samesite=lax"] == sorted(
        part for part in cookie.split("; ") if not part.startswith(("gutsy_session=", "max-age="))
    )


async def test_behind_https_the_cookie_stays_there(tmp_path: Path) -> None:
    """Secure, when it is set and when it is taken away."""
    origin = "https://gutsy.example"
    async with (
        serving(tmp_path, origins=origin) as served,
        served.http(headers={"origin": origin}) as http,
    ):
        fields = {"id": "0" * 32, "handle": "Maya", "tz": "UTC", "adult": True}
        answers = [await http.post("/api/guest", json=fields)]
        ticket = {"authorization": f"Bearer {answers[0].json()['ticket']}"}
        answers.append(await http.delete("/api/session", headers=ticket))

    assert [True, True] == ["; Secure" in answer.headers["set-cookie"] for answer in answers]


async def test_a_code_says_until_when_it_works(served: Served, maya: Guest) -> None:
    """Ten minutes; ten characters, as an invite."""
    before = served.services.clock.now()
    answer = (await maya.http.post("/api/link")).json()
    after = served.services.clock.now()

    assert before + LINK_LASTS_MS <= answer["expires_at"] <= after + LINK_LASTS_MS
    assert len(answer["code"]) == 10


async def test_a_code_forgives_how_it_is_typed(served: Served, maya: Guest) -> None:
    """Small letters, blanks and dashes."""
    code = await code_of(maya)

    assert (201, maya.player) == await redeemed(served, f" {code[:5].lower()}-{code[5:]} ")


async def test_a_code_works_once(served: Served, maya: Guest) -> None:
    """And says the same as one that was never made."""
    code = await code_of(maya)

    assert [(201, maya.player), (404, "INVITE_INVALID"), (404, "INVITE_INVALID")] == [
        await redeemed(served, one) for one in (code, code, "0000000000")
    ]


async def test_of_many_who_redeem_a_code_one_comes_in(served: Served, maya: Guest) -> None:
    """At the same moment."""
    code = await code_of(maya)
    answers = await asyncio.gather(*(redeemed(served, code) for _ in range(12)))

    assert [(201, maya.player)] + [(404, "INVITE_INVALID")] * 11 == sorted(answers)


async def test_a_new_code_replaces_the_one_before(served: Served, maya: Guest) -> None:
    """One a player at any time."""
    codes = [await code_of(maya), await code_of(maya)]

    assert [(404, "INVITE_INVALID"), (201, maya.player)] == [
        await redeemed(served, code) for code in codes
    ]


@pytest.mark.parametrize(
    ("passed_ms", "code"), [(LINK_LASTS_MS - 1, None), (LINK_LASTS_MS, "INVITE_EXPIRED")]
)
async def test_a_code_lasts_ten_minutes(
    served: Served,
    maya: Guest,
    monkeypatch: pytest.MonkeyPatch,
    passed_ms: int,
    code: str | None,
) -> None:
    """To the ms."""
    made = (await maya.http.post("/api/link")).json()
    at = made["expires_at"] - LINK_LASTS_MS + passed_ms
    monkeypatch.setattr(served.services.clock, "now", lambda: at)

    assert ((410, code) if code else (201, maya.player)) == await redeemed(served, made["code"])


async def test_a_code_of_somebody_erased_is_dead(served: Served, maya: Guest) -> None:
    """INV-P2: as one that was never made."""
    code = await code_of(maya)
    await maya.do("player.erase", confirm=maya.handle)

    assert (404, "INVITE_INVALID") == await redeemed(served, code)


async def test_a_link_code_is_no_invite_and_an_invite_no_link_code(
    served: Served, maya: Guest
) -> None:
    """However alike they look."""
    squad = await maya.squad()
    invite = (await maya.do("squad.invite", squad))["b"]["code"]
    answer = await maya.http.get(f"/api/invites/{await code_of(maya)}")

    assert (404, (404, "INVITE_INVALID")) == (
        answer.status_code,
        await redeemed(served, invite),
    )


async def test_a_code_is_in_no_file_and_outlives_a_restart(tmp_path: Path) -> None:
    """Only its keyed hash is kept."""
    async with serving(tmp_path) as served, served.guest() as maya:
        player, code = maya.player, await code_of(maya)
        files = contents(tmp_path)
    async with serving(tmp_path) as served:
        answer = await redeemed(served, code)

    assert [] == [name for name, content in files.items() if code.encode() in content]
    assert (201, player) == answer


async def test_codes_cannot_be_guessed_without_end(tmp_path: Path) -> None:
    """20 a minute from an address unless stated; a good one counts as well."""
    async with serving(tmp_path, sign_ins_per_min=2) as served, served.guest() as maya:
        code = await code_of(maya)
        answers = [await redeemed(served, one) for one in ("0000000000", "1111111111", code)]

    assert [(404, "INVITE_INVALID"), (404, "INVITE_INVALID"), (503, "BUSY")] == answers


async def test_a_player_signs_in_so_often(maya: Guest, sam: Guest) -> None:
    """Five times a minute, coming in among them; for each player."""
    most = Settings().player_sign_ins_per_min
    made = [(await maya.http.post("/api/link")).status_code for _ in range(most)]

    assert ([200] * (most - 1) + [503], 200) == (
        made,
        (await sam.http.post("/api/link")).status_code,
    )


async def test_a_guest_id_makes_no_endings_without_end(served: Served) -> None:
    """In and out by the same id, for as long as it goes."""
    fields = {"id": "e" * 32, "handle": "Elsa", "tz": "UTC", "adult": True}
    most, before = Settings().player_sign_ins_per_min, len(served.services.log.sign_ins.endings())
    statuses = []
    async with served.http() as http:
        for _ in range(2 * most):
            answer = await http.post("/api/guest", json=fields)
            statuses.append(answer.status_code)
            if answer.status_code == 201:
                await http.delete("/api/session")
    kept = len(served.services.log.sign_ins.endings()) - before

    assert ([201] * most + [503] * most, most) == (statuses, kept)


async def test_a_page_of_somebody_else_redeems_nothing(served: Served, maya: Guest) -> None:
    """Nobody is signed in as somebody by another site; the code is still good."""
    code = await code_of(maya)
    async with served.http(headers={"origin": "https://evil.example"}) as http:
        answer = await http.post("/api/link/redeem", json={"code": code})

    assert (403, (201, maya.player)) == (answer.status_code, await redeemed(served, code))


async def test_a_program_redeems_without_an_origin(served: Served, maya: Guest) -> None:
    """It has no page."""
    code = await code_of(maya)
    async with httpx2.AsyncClient(base_url=served.url) as http:
        answer = await http.post("/api/link/redeem", json={"code": code})

    assert answer.status_code == 201


@pytest.mark.parametrize("path", SIGN_OUTS)
@pytest.mark.parametrize("origin", [None, "https://evil.example"])
async def test_a_page_of_somebody_else_signs_nobody_out(
    maya: Guest, path: str, origin: str | None
) -> None:
    """CSRF: a cookie alone is not enough."""
    request = maya.http.build_request("DELETE", path)
    if origin is None:
        del request.headers["origin"]
    else:
        request.headers["origin"] = origin
    answer = await maya.http.send(request)

    assert (403, [200] * 4) == (answer.status_code, await statuses(maya))


async def test_a_ticket_makes_no_code(maya: Guest) -> None:
    """What is good for 15 minutes would buy 180 days. The API says so itself."""
    by_ticket = {"authorization": f"Bearer {maya.ticket}"}
    async with httpx2.AsyncClient(base_url=maya.served.url) as http:
        answer = await http.post("/api/link", headers=by_ticket)
        described = (await http.get("/openapi.json")).json()["paths"]
    by = {path: described[path]["post"]["security"] for path in ("/api/link", "/api/ticket")}

    assert (403, "FORBIDDEN") == (answer.status_code, answer.json()["error"]["code"])
    assert {
        "/api/link": [{"cookie": []}],
        "/api/ticket": [{"cookie": []}, {"ticket": []}],
    } == by


async def test_a_log_that_takes_nothing_makes_no_code(
    served: Served, maya: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble of a moment; nobody is shown a code that would not work."""

    def fail(_link: LinkCode) -> None:
        raise LogUnavailable("full")

    monkeypatch.setattr(served.services.log.sign_ins, "keep_link", fail)

    assert (await maya.http.post("/api/link")).status_code == 503


# Signing out


async def test_whoever_signs_out_is_out_at_once_and_their_other_device_stays(
    maya: Guest, laptop: Guest
) -> None:
    """Cookie and ticket of the one; the cookie is taken away."""
    before = maya.http.cookies["gutsy_session"]
    answer = await maya.http.delete("/api/session")
    is_cleared = "gutsy_session" not in maya.http.cookies
    maya.http.cookies.set("gutsy_session", before)

    assert (204, b"", True) == (answer.status_code, answer.content, is_cleared)
    assert ([401] * 4, [200] * 4) == (await statuses(maya), await statuses(laptop))


async def test_whoever_signs_out_everywhere_is_out_on_every_device(
    maya: Guest, laptop: Guest, sam: Guest
) -> None:
    """And nobody else is."""
    cookie = laptop.http.cookies["gutsy_session"]
    answer = await laptop.http.delete("/api/sessions")
    is_cleared = "gutsy_session" not in laptop.http.cookies
    laptop.http.cookies.set("gutsy_session", cookie)

    assert (204, True) == (answer.status_code, is_cleared)
    assert [[401] * 4, [401] * 4, [200] * 4] == [
        await statuses(guest) for guest in (maya, laptop, sam)
    ]


async def test_a_ticket_signs_its_device_out(maya: Guest) -> None:
    """A client that holds no cookie has no other."""
    async with httpx2.AsyncClient(base_url=maya.served.url) as http:
        headers = {"authorization": f"Bearer {maya.ticket}"}
        answer = await http.delete("/api/session", headers=headers)

    assert (204, [401] * 4) == (answer.status_code, await statuses(maya))


@pytest.mark.parametrize("path", SIGN_OUTS)
async def test_a_sign_in_that_was_ended_opens_nothing(maya: Guest, path: str) -> None:
    """Every call that needs one, by cookie and by ticket."""
    cookie = maya.http.cookies["gutsy_session"]
    await maya.http.delete(path)
    by = [
        {"cookie": f"gutsy_session={cookie}", "origin": maya.served.url},
        {"authorization": f"Bearer {maya.ticket}"},
    ]
    async with httpx2.AsyncClient(base_url=maya.served.url) as http:
        answers = {
            (call.method, call.path): [
                (
                    await http.request(
                        call.method,
                        call.path.format(squad="0" * 26, week="current", battle="0" * 26),
                        headers=headers,
                        json={"id": fresh_id(), "k": "squad.create", "b": {}},
                    )
                ).status_code
                for headers in by
            ]
            for call in CALLS
            if call.needs_sign_in
        }

    assert {call: [401, 401] for call in answers} == answers
    assert len(answers) > 8


@pytest.mark.parametrize("path", SIGN_OUTS)
async def test_a_sign_in_that_was_ended_says_no_hello(maya: Guest, path: str) -> None:
    """4401 with the reason that lets a client forget all; by cookie and by ticket."""
    cookie = maya.http.cookies["gutsy_session"]
    await maya.http.delete(path)
    async with raw(maya.served) as by_cookie, raw(maya.served) as by_ticket:
        await by_cookie.handshake(Cookie=f"gutsy_session={cookie}", Origin=maya.served.url)
        await by_ticket.handshake()
        closed = [
            await said_by_hello(by_cookie),
            await said_by_hello(by_ticket, a=maya.ticket),
        ]

    assert [(4401, "signed out")] * 2 == closed


async def test_live_sockets_of_a_device_that_signs_out_are_closed_at_once(
    maya: Guest, laptop: Guest
) -> None:
    """Welcomed ones and one that has not said hello; those of the other device stay."""
    cookie = maya.http.cookies["gutsy_session"]
    async with (
        raw(maya.served) as live,
        raw(maya.served) as silent,
        raw(maya.served) as by_ticket,
        raw(maya.served) as other,
    ):
        for wire in (live, silent):
            await wire.handshake(Cookie=f"gutsy_session={cookie}", Origin=maya.served.url)
        for wire in (by_ticket, other):
            await wire.handshake()
        live.send(message("hello", v=1, c="test"))
        by_ticket.send(message("hello", v=1, c="test", a=maya.ticket))
        other.send(message("hello", v=1, c="test", a=laptop.ticket))
        for wire in (live, by_ticket, other):
            await wire.message("welcome")
        await maya.http.delete("/api/session")
        closed = [await wire.close_frame() for wire in (live, silent, by_ticket)]
        other.send(message("cmd", id=fresh_id(), k="squad.create", b={"name": "O", "tz": "UTC"}))
        ack = await other.message("ack")

    assert [(4401, "signed out")] * 3 == closed
    assert "squad" in ack["b"]


async def test_signing_out_everywhere_closes_every_socket_of_the_player(
    maya: Guest, laptop: Guest, sam: Guest
) -> None:
    """And nobody else's."""
    wires = []
    async with raw(maya.served) as one, raw(maya.served) as two, raw(maya.served) as of_sam:
        for wire, guest in ((one, maya), (two, laptop), (of_sam, sam)):
            await wire.handshake()
            wire.send(message("hello", v=1, c="test", a=guest.ticket))
            await wire.message("welcome")
            wires.append(wire)
        await maya.http.delete("/api/sessions")
        closed = [await wire.close_frame() for wire in (one, two)]
        of_sam.send(message("cmd", id=fresh_id(), k="squad.create", b={"name": "O", "tz": "UTC"}))
        ack = await of_sam.message("ack")

    assert ([(4401, "signed out")] * 2, True) == (closed, "squad" in ack["b"])


async def test_a_ticket_of_a_device_that_signed_out_refreshes_no_socket(
    maya: Guest, laptop: Guest
) -> None:
    """Though it is the same player's."""
    await maya.http.delete("/api/session")
    async with laptop.socket() as socket:
        await socket.say("auth", id="1", a=maya.ticket)
        err = await socket.hear("err")

    assert err["c"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", SIGN_OUTS)
async def test_what_was_ended_stays_ended_after_a_restart(tmp_path: Path, path: str) -> None:
    """Durable before it is answered."""
    async with serving(tmp_path) as served, served.guest() as maya:
        cookie, ticket = maya.http.cookies["gutsy_session"], maya.ticket
        await maya.http.delete(path)
    async with serving(tmp_path) as served, served.http() as http:
        http.cookies.set("gutsy_session", cookie)
        again = Guest(served, http, {"player": maya.player, "handle": "Maya", "ticket": ticket})
        found = await statuses(again)

    assert [401] * 4 == found


async def test_a_command_that_was_on_its_way_while_its_device_signed_out_is_not_taken(
    maya: Guest, laptop: Guest
) -> None:
    """Its head was in, its body was not."""
    body = msgspec.json.encode(
        {"id": fresh_id(), "k": "squad.create", "b": {"name": "Late", "tz": "UTC"}}
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", maya.served.port)
    head = (
        f"POST /api/cmd HTTP/1.1\r\nHost: {maya.served.host}\r\n"
        f"Authorization: Bearer {maya.ticket}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    writer.write(head.encode())
    async with asyncio.timeout(10):
        # The server asks for the body when the call wants it: it knows by then who calls.
        await reader.readuntil(b"\r\n\r\n")
        await maya.http.delete("/api/session")
        writer.write(body)
        answer = await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()

    assert (b"401", []) == (
        answer.split()[1],
        (await laptop.http.get("/api/me")).json()["squads"],
    )


async def test_signing_out_twice_is_nobodys_call(maya: Guest) -> None:
    """401: the second tap meets what the first has done."""
    cookie = maya.http.cookies["gutsy_session"]
    await maya.http.delete("/api/session")
    maya.http.cookies.set("gutsy_session", cookie)

    assert (await maya.http.delete("/api/session")).status_code == 401


@pytest.mark.parametrize("path", SIGN_OUTS)
async def test_a_code_made_before_signing_out_is_the_way_back(maya: Guest, path: str) -> None:
    """On the device that signs out; it is all that a guest has."""
    code = await code_of(maya)
    await maya.http.delete(path)
    async with maya.served.http() as http:
        answer = await http.post("/api/link/redeem", json={"code": code})
        back = await statuses(Guest(maya.served, http, answer.json()))

    assert (201, [200] * 4) == (answer.status_code, back)


async def test_a_code_of_another_device_is_dead_after_signing_out_everywhere(
    maya: Guest, laptop: Guest
) -> None:
    """Whoever has the lost phone shall not come back by it."""
    code = await code_of(laptop)
    await maya.http.delete("/api/sessions")

    assert (404, "INVITE_INVALID") == await redeemed(maya.served, code)


async def test_a_guest_id_lets_nobody_in_after_signing_out_everywhere(served: Served) -> None:
    """Though its ten minutes are not over."""
    fields = {"id": "f" * 32, "handle": "Gwen", "tz": "UTC", "adult": True}
    async with served.http() as http:
        statuses = [(await http.post("/api/guest", json=fields)).status_code for _ in range(2)]
        await http.delete("/api/sessions")
        answer = await http.post("/api/guest", json=fields)

    assert ([201, 201], 400, "id") == (
        statuses,
        answer.status_code,
        answer.json()["error"]["field"],
    )


# Under a clock set by hand


async def test_whoever_comes_back_within_the_same_ms_is_in(world: World) -> None:
    """An ending everywhere is about what began before."""
    maya = await world.register("Maya")
    first = world.auth.begin(maya)
    code, _ = await world.sign_ins.link(first)
    await world.sign_ins.end_everywhere(first)
    back = await world.sign_ins.redeem(code, "peer")
    shown = [world.auth.is_over(one) for one in (first, back)]
    await world.sign_ins.end_everywhere(back)

    assert ([True, False], True) == (shown, world.auth.is_over(back))


async def test_a_sign_in_after_an_ending_shows_itself_as_any_other(world: World) -> None:
    """Its cookie is read as it was written."""
    maya = await world.register("Maya")
    first = world.auth.begin(maya)
    await world.sign_ins.end_everywhere(first)
    back = world.auth.begin(maya)
    shown = world.auth.by_cookie(f"gutsy_session={world.auth.cookie(back)}")

    assert back == shown


async def test_no_code_is_made_by_what_was_signed_out_meanwhile(world: World) -> None:
    """Asked for before, made after: it would outlive the ending."""
    maya = await world.register("Maya")
    lost, mine = world.auth.begin(maya), world.auth.begin(maya)
    _, reply = await asyncio.gather(
        world.sign_ins.end_everywhere(mine), world.sign_ins.link(lost), return_exceptions=True
    )

    assert "UNAUTHENTICATED" == getattr(reply, "code", reply)


async def test_a_device_that_was_signed_out_while_it_waited_takes_no_code_away(
    world: World,
) -> None:
    """The lost phone asks to end everything, too, and is the second: the way back stays."""
    maya = await world.register("Maya")
    lost, mine = world.auth.begin(maya), world.auth.begin(maya)
    code, _ = await world.sign_ins.link(mine)
    first, second = await asyncio.gather(
        world.sign_ins.end_everywhere(mine),
        world.sign_ins.end_everywhere(lost),
        return_exceptions=True,
    )
    back = await world.sign_ins.redeem(code, "peer")

    assert (None, "UNAUTHENTICATED") == (first, getattr(second, "code", second))
    assert (maya, False) == (back.player, world.auth.is_over(back))


async def test_a_sign_in_ends_once_however_often_it_is_asked(world: World) -> None:
    """All at once, before any of them is done."""
    sign_in = world.auth.begin(await world.register("Maya"))
    replies = await asyncio.gather(
        *(world.sign_ins.end(sign_in) for _ in range(5)), return_exceptions=True
    )

    assert [None] + ["UNAUTHENTICATED"] * 4 == [getattr(one, "code", one) for one in replies]


async def test_no_guest_id_slips_past_signing_out_everywhere(world: World) -> None:
    """Sent again before it, answered after it: nobody may come in by it."""
    fields = PlayerRegister(handle="Maya", tz="UTC", adult=True)
    await world.intake.register("a" * 32, fields)
    first = await world.sign_ins.by_guest_id("a" * 32)
    assert first is not None
    _, reply = await asyncio.gather(
        world.sign_ins.end_everywhere(first),
        world.sign_ins.by_guest_id("a" * 32),
        return_exceptions=True,
    )

    assert "BAD_INPUT" == getattr(reply, "code", reply)


async def test_a_guest_id_sent_twice_at_once_lets_nobody_in_after_signing_out_everywhere(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was known by it when the second came, and its answer is the first one's."""
    fields = {"id": "d" * 32, "handle": "Dora", "tz": "UTC", "adult": True}
    intake, register = served.services.intake, served.services.intake.register
    is_held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(guest_id: str, body: PlayerRegister) -> Reply:
        is_held.set()
        await go_on.wait()
        return await register(guest_id, body)

    async with served.http() as http, served.http() as other:
        with monkeypatch.context() as patch:
            patch.setattr(intake, "register", hold)
            second = asyncio.create_task(other.post("/api/guest", json=fields))
            await is_held.wait()
        await http.post("/api/guest", json=fields)
        await http.delete("/api/sessions")
        go_on.set()
        answer = await second

    assert (400, "id") == (answer.status_code, answer.json()["error"]["field"])


async def test_a_ticket_is_over_with_its_sign_in(world: World) -> None:
    """However often it was renewed: else an ending could be forgotten too early."""
    maya = await world.register("Maya")
    sign_in = world.auth.begin(maya)
    world.clock.pass_ms(SESSION_LASTS_MS - TICKET_LASTS_MS + 1)
    ticket, expires_at = world.auth.ticket(sign_in)
    shown = world.auth.by_ticket(ticket)
    world.clock.pass_ms(TICKET_LASTS_MS - 1)

    assert not isinstance(shown, Denied)
    assert (sign_in.ends_at, sign_in.ends_at, Denied.UNKNOWN) == (
        expires_at,
        shown.ends_at,
        world.auth.by_ticket(ticket),
    )


async def test_an_ending_is_forgotten_with_the_last_cookie_that_it_is_about(world: World) -> None:
    """On the disk and in memory, and not a ms earlier."""
    maya = await world.register("Maya")
    sign_in = world.auth.begin(maya)
    cookie = f"gutsy_session={world.auth.cookie(sign_in)}"
    world.clock.pass_ms(5)
    await world.sign_ins.end(sign_in)
    world.clock.pass_ms(SESSION_LASTS_MS - 6)
    await world.sign_ins.forget()
    kept, said = world.log.sign_ins.endings(), world.auth.by_cookie(cookie)
    world.clock.pass_ms(1)
    await world.sign_ins.forget()

    assert (1, Denied.SIGNED_OUT) == (len(kept), said)
    assert ([], False, Denied.UNKNOWN) == (
        world.log.sign_ins.endings(),
        world.auth.is_over(sign_in),
        world.auth.by_cookie(cookie),
    )


async def test_a_code_that_has_run_out_is_forgotten(world: World) -> None:
    """Nobody has to ask for it."""
    maya = await world.register("Maya")
    code, _ = await world.sign_ins.link(world.auth.begin(maya))
    world.clock.pass_ms(LINK_LASTS_MS)
    await world.sign_ins.forget()
    with pytest.raises(Exception, match="INVITE_INVALID"):
        await world.sign_ins.redeem(code, "peer")


async def test_a_session_that_has_not_shown_who_it_is_stays_when_others_sign_out(
    world: World,
) -> None:
    """It has nothing to end."""
    maya = await world.register("Maya")
    silent, live = Client(world, maya), Client(world, maya)
    sign_in = world.auth.begin(maya)
    await live.hello(a=world.auth.ticket(sign_in)[0])
    for client in (silent, live):
        world.sessions.add(client.session, "peer")
    await world.sign_ins.end(sign_in)

    assert (None, 4401) == (silent.close_code, live.close_code)


# Joins


async def test_so_many_joins_come_from_one_address(tmp_path: Path) -> None:
    """On HTTP and on the socket, by whomever; what is not a join goes on."""
    async with (
        serving(tmp_path, joins_per_hour=2) as served,
        served.guest() as maya,
        served.guest() as sam,
    ):
        codes = [(await maya.do("squad.invite", await maya.squad()))["b"]["code"] for _ in "abc"]
        await sam.do("squad.join", code=codes[0])
        await sam.do("squad.request", code=codes[0])
        fields = {"id": fresh_id(), "k": "squad.join", "b": {"code": codes[1]}}
        answer = await sam.http.post("/api/cmd", json=fields)
        async with sam.socket() as socket:
            await socket.say("cmd", id=fresh_id(), k="squad.join", b={"code": codes[2]})
            err = await socket.hear("err")
        await sam.squad()
    error = answer.json()["error"]

    assert (503, "BUSY", "BUSY") == (answer.status_code, error["code"], err["c"])
    assert 0 < error["retry_after_ms"] <= 1_800_000
