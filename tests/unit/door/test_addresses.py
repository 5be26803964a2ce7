"""Which hosts and addresses are let through."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.door.addresses import is_allowed, literal_address, require_allowed
from schemas.errors import TerminalError

NEVER = [
    "169.254.169.254",  # metadata of most clouds, link-local
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:100::100:200",
    "fd00:a9fe:a9fe::1",
    "fd00:42::42",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",  # noqa: S104 - refused, not bound to; connects to this machine
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "fec0::1",
    "::127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::",
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo client 127.0.0.1
    "2001:0:808:808:0:0:f7f7:f7f7",  # Teredo, both ends public
]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "fd00::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("text", NEVER + PRIVATE)
def test_addresses_off_the_internet_are_refused(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", PRIVATE + PUBLIC)
def test_private_addresses_are_allowed_where_the_source_says_so(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), allow_private=True)


@pytest.mark.parametrize("text", NEVER)
def test_metadata_and_link_local_are_refused_whatever_the_source_says(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), allow_private=True)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "0x7f000001",
            "0X7F.1",
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "1.2.3",
            "1.2.3.0x4",
        ),
        *("", "a b", "%31", "exa%6dple.com", "a\\b", "[::1]", "::1::", "fe80::zz"),
    ],
)
def test_odd_spellings_are_refused(host: str) -> None:
    with pytest.raises(TerminalError) as caught:
        literal_address(host)
    assert caught.value.code == "source_refused"


@pytest.mark.parametrize("host", ["example.com", "a-b.example", "my_host", "1and1.de", "example.com.", "x1"])
def test_names_are_left_to_the_resolver(host: str) -> None:
    assert literal_address(host) is None


def test_one_bad_address_refuses_the_whole_answer() -> None:
    with pytest.raises(TerminalError) as caught:
        require_allowed(["93.184.216.34", "10.0.0.7"], allow_private=False)
    assert caught.value.code == "source_refused"
    assert "10.0.0.7" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("answers", [[], ["nonsense"]])
def test_an_answer_without_usable_addresses_is_refused(answers: list[str]) -> None:
    with pytest.raises(TerminalError):
        require_allowed(answers, allow_private=True)


@settings(derandomize=True, max_examples=300)
@given(st.ip_addresses())
def test_nothing_is_allowed_that_the_standard_library_calls_anything_but_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    carried = isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None
        or address.sixtofour is not None
        or address in ipaddress.ip_network("64:ff9b::/96")
    )
    if not carried and is_allowed(address, allow_private=False):
        assert address.is_global
        odd = address.is_multicast or address.is_reserved or address.is_link_local or address.is_loopback
        assert not odd
