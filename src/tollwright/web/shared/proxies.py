"""Who the client is, where a proxy stands between: the nearest address that is no proxy of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class ClientMiddleware:
    """Outermost: makes REMOTE_ADDR the client's. What somebody else than a trusted proxy says about
    it is taken away before anything reads it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the client."""
        told: dict[str, Any] = request.META
        peer = str(told.get("REMOTE_ADDR", ""))
        if _is_trusted(peer, settings.TRUSTED_PROXIES):
            hops = str(told.get("HTTP_X_FORWARDED_FOR", "")).split(",")
            told["REMOTE_ADDR"] = client_of(peer, hops, settings.TRUSTED_PROXIES)
        else:
            for name in FORWARDED:
                told.pop(name, None)
        return self.get_response(request)


def client_of(peer: str, hops: Iterable[str], trusted: Iterable[Any]) -> str:
    """The client's address: from the nearest hop backwards, the first that is no trusted proxy.
    A hop that is no address ends the chain at the one that told of it."""
    nearest = peer
    for hop in reversed([one.strip() for one in hops]):
        address = _address(hop)
        if address is None:
            return nearest
        nearest = str(address)
        if not _is_trusted(nearest, trusted):
            return nearest
    return nearest


def _is_trusted(text: str, trusted: Iterable[Any]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; `::ffff:10.0.0.5`, as sockets for both kinds say it, is 10.0.0.5."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
