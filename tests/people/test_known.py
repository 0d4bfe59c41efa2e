"""The index in memory: who agrees, with how many tags."""

from __future__ import annotations

import os
from uuid import UUID

import pytest

from app.people.known import Known, pack


def test_rows_agree_with_as_many_tags_as_they_share() -> None:
    tags = [os.urandom(8) for _ in range(12)]
    known = Known()
    known.add((UUID(int=1 + n).bytes, packed) for n, packed in enumerate([*pack(tags[:6]), *pack(tags[4:7])]))

    assert known.agreeing(tags[:3]) == {UUID(int=1): 3}
    assert known.agreeing(tags[3:6]) == {UUID(int=1): 3, UUID(int=2): 2}
    assert known.agreeing([tags[5], tags[5]]) == {UUID(int=1): 1, UUID(int=2): 1}
    assert known.agreeing(tags[7:]) == {}
    assert len(known) == 2


def test_more_than_six_tags_are_more_than_one_row_and_what_is_missing_is_no_tag() -> None:
    tags = [os.urandom(8) for _ in range(7)]
    known = Known()
    known.add((UUID(int=n).bytes, packed) for n, packed in enumerate(pack([*tags, tags[0]])))

    assert len(known) == 2
    assert known.agreeing([bytes(8)]) == {}
    assert {row.int for row in known.agreeing(tags)} == {0, 1}


@pytest.mark.parametrize("bit", range(48))
def test_a_tag_that_differs_in_what_is_kept_is_another(bit: int) -> None:
    tag = os.urandom(8)
    known = Known()
    known.add([(UUID(int=1).bytes, pack([tag])[0])])

    other = (int.from_bytes(tag, "big") ^ (1 << (16 + bit))).to_bytes(8, "big")

    # Four of the upper sixteen bits are not kept: they choose no drawer.
    assert (known.agreeing([other]) == {}) == (bit < 44)
