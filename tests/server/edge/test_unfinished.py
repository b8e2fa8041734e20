"""Unfinished requests: who is given up when too many wait."""

from server.edge.unfinished import Unfinished
from server.settings import Settings


class Caller:
    """A connection that remembers whether it was given up."""

    def __init__(self) -> None:
        self.is_given_up = False

    def give_up(self) -> None:
        """Remember it."""
        self.is_given_up = True


def waiting(unfinished: Unfinished, *addresses: str) -> list[Caller]:
    """Callers who begin one after the other."""
    callers = [Caller() for _ in addresses]
    for caller, address in zip(callers, addresses, strict=True):
        unfinished.begin(caller, address)
    return callers


def test_of_too_many_from_one_address_the_one_who_waited_longest_goes() -> None:
    """The others stay, and so do those from elsewhere."""
    callers = waiting(Unfinished(Settings(unfinished_requests_per_ip=2)), "b", "a", "a", "a")

    assert [caller.is_given_up for caller in callers] == [False, True, False, False]


def test_of_too_many_in_all_the_one_who_waited_longest_goes() -> None:
    """Wherever it comes from."""
    callers = waiting(Unfinished(Settings(unfinished_requests=2)), "a", "b", "c")

    assert [caller.is_given_up for caller in callers] == [True, False, False]


def test_who_is_done_makes_room() -> None:
    """Being done twice makes no more of it."""
    unfinished = Unfinished(Settings(unfinished_requests_per_ip=1))
    (first,) = waiting(unfinished, "a")
    unfinished.end(first)
    unfinished.end(first)
    (second,) = waiting(unfinished, "a")

    assert (first.is_given_up, second.is_given_up, len(unfinished)) == (False, False, 1)


def test_who_goes_on_waiting_does_not_count_twice() -> None:
    """One connection, one request after the other."""
    unfinished = Unfinished(Settings(unfinished_requests_per_ip=1))
    (caller,) = waiting(unfinished, "a")
    unfinished.begin(caller, "a")

    assert (caller.is_given_up, len(unfinished)) == (False, 1)


def test_behind_a_proxy_one_address_is_everybody() -> None:
    """So only the limit for all holds."""
    settings = Settings(unfinished_requests_per_ip=1, unfinished_requests=2, trusted_proxies=1)
    callers = waiting(Unfinished(settings), "proxy", "proxy", "proxy")

    assert [caller.is_given_up for caller in callers] == [True, False, False]
