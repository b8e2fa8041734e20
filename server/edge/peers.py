"""Where a request comes from: its address behind trusted proxies, and whose page it is on."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from server.settings import Settings, is_loopback


def client_address(peer: str, forwarded_for: Sequence[str], trusted_proxies: int) -> str:
    """The address of the client itself, or the network that one person has: an IPv6 /64.

    Each trusted proxy appends one address to X-Forwarded-For, or a line of its own; whatever
    stands left of those was written by a stranger and is not believed. Instead of what is no
    address stands ``peer``, whose neighbours then share their limits.
    """
    hops = ",".join(forwarded_for).split(",")
    hop = hops[-min(trusted_proxies, len(hops))] if trusted_proxies else ""
    return _network(_without_port(hop.strip())) or _network(peer) or peer


def is_local(peer: str, headers: Mapping[str, str]) -> bool:
    """Whether a request was made by a program on this machine, and not for somebody elsewhere.

    A proxy on this machine comes from it, too, but says for whom it asks, or for which host.
    """
    if any(name in headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via")):
        return False
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return is_loopback(peer) and is_loopback(host)


def _without_port(hop: str) -> str:
    """As ``1.2.3.4:5``, ``[::1]`` and ``[::1]:5`` are written by some proxies."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _network(address: str) -> str | None:
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ip_network((int(ip), 64), strict=False))  # without what names an interface


def is_allowed_origin(origin: str, host: str | None, settings: Settings) -> bool:
    """Whether a browser on a page of this origin may act for its user.

    Exact: one of the stated origins, or by default the host that was asked.
    """
    if settings.allowed_origins:
        return origin in settings.allowed_origins
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc == host
