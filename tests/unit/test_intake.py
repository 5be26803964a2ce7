"""Records that come twice in one chunk."""

from __future__ import annotations

import itertools
from typing import Any

from enrichment.connectors.inline import read_values
from enrichment.intake import without_doubles
from schemas.source import InlineSource

SOURCE = InlineSource(name="crm", connector="inline", key="/id", version="/rev")


def told(*records: dict[str, Any]) -> tuple[list[bytes], list[str]]:
    kept, refused = without_doubles(read_values(records, SOURCE)[0])
    return [record.body for record in kept], [str(one.code) for one in refused]


def test_of_several_versions_the_highest_is_kept_whatever_came_first() -> None:
    versions: list[dict[str, Any]] = [{"id": 1}, {"id": 1, "rev": 2}, {"id": 1, "rev": 10}, {"id": 2, "rev": 1}]
    for order in itertools.permutations(versions):
        kept, refused = told(*order)
        assert (sorted(kept), refused) == ([b'{"id":1,"rev":10}', b'{"id":2,"rev":1}'], [])


def test_of_one_version_with_other_content_the_first_is_kept_and_the_other_told() -> None:
    one, other, older = {"id": 1, "v": "a", "rev": 2}, {"id": 1, "v": "b", "rev": 2}, {"id": 1, "v": "c", "rev": 1}
    for order in ([older, one, other], [one, older, other], [one, other, older, one]):
        assert told(*order) == ([b'{"id":1,"v":"a","rev":2}'], ["duplicate_key"])


def test_the_same_content_again_is_nothing() -> None:
    assert told({"id": 1, "v": "a"}, {"id": 1, "v": "a"}) == ([b'{"id":1,"v":"a"}'], [])
