"""Which hosts and addresses may be talked to. Pure: names are resolved by whoever asks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import TypeAlias

from schemas.codes import Code
from schemas.errors import TerminalError

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: RFC 6052: the last 32 bits are the IPv4 address that a NAT64 gateway would connect to.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: RFC 4291, 2.4 and IANA: of IPv6 only this block is given out; the rest is not the internet, whatever it is.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
#: Shared by a provider's customers (RFC 6598): neither global nor, to `ipaddress`, private.
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
#: Metadata and agent services of clouds that lie outside the link-local ranges. They hand out credentials.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        "fd00:c1::a9fe:a9fe", "fd00:100::100:200", "fd00:a9fe:a9fe::1", "fd00:42::42",
    )
)  # fmt: skip
#: The last label of a name that a resolver may read as a number: decimal, octal or hexadecimal.
_NUMERIC_LABEL = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_PRIVATE_HINT = "set allow_private = true for a source inside your own network"


def literal_address(host: str) -> _Address | None:
    """Give the address that a host part spells, or None for a name.

    Raises:
        TerminalError: `source_refused`, for forms that resolvers and checks read differently (`0x7f000001`, `127.1`,
            `0177.0.0.1`, a zone, a percent sign).
    """
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)
        except ValueError:
            raise refused("the address spells an IPv6 host that is none") from None
    if not _NAME.fullmatch(host):
        raise refused("the address names no usable host")
    last = host.removesuffix(".").rpartition(".")[2]
    if not _NUMERIC_LABEL.fullmatch(last):
        return None
    try:
        return ipaddress.IPv4Address(host)
    except ValueError:
        raise refused("the address spells a number instead of a host") from None


def require_allowed(answers: Sequence[str], *, allow_private: bool) -> tuple[str, ...]:
    """Give back the resolved addresses when every one of them may be connected to.

    One bad address refuses all: an answer that mixes public and private ones is an attack or a mistake.

    Raises:
        TerminalError: `source_refused`; the message never names an address.
    """
    addresses = [_parsed(text) for text in answers]
    if not addresses:
        raise refused("the host resolves to no address")
    if not all(is_allowed(address, allow_private=allow_private) for address in addresses):
        raise refused("the host is not on the public internet", hint="" if allow_private else _PRIVATE_HINT)
    return tuple(str(address) for address in addresses)


def is_allowed(address: _Address, *, allow_private: bool) -> bool:
    """Say whether one address may be connected to.

    Public means: global, not multicast, not reserved, after unwrapping what carries another address. `allow_private`
    adds loopback, private and shared ranges; never link-local, unspecified, multicast, reserved or metadata ones.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if (carried := _carried(address)) is not None:
            return is_allowed(carried, allow_private=allow_private)
        if (relayed := address.sixtofour) is not None:
            return is_allowed(relayed, allow_private=False)
    if address.is_loopback:  # before the reserved blocks, for ::1 lies in one
        return allow_private
    if _never(address):
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST and not address.is_private:
        return False
    return address.is_global or (allow_private and (address.is_private or address in _SHARED))


def _never(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id is not None or address.teredo is not None):
        return True
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address in _METADATA
    )


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped


def _parsed(text: str) -> _Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise refused("the host resolves to something that is no address") from None


def refused(message: str, *, hint: str = "") -> TerminalError:
    """The error for an address that is not asked."""
    return TerminalError(message, code=Code.SOURCE_REFUSED, hint=hint)
