"""What an account itself refuses, whatever a door or an action thinks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.accounts.models import AccountState, User
from app.clock import now
from app.errors import Conflict


def accept(user: User) -> None:
    user.accept(keyholder=uuid4(), salt=b"s" * 16, pepper=1, sealed_private=b"p", sealed_totp=b"t")


def test_an_invited_account_is_accepted_and_its_invitation_is_used_up() -> None:
    user = User(state=AccountState.INVITED, invite_hash=b"i" * 32, invite_until=now())

    accept(user)

    assert (user.state, user.invite_hash, user.invite_until) == (AccountState.ENROLLED, None, None)


@pytest.mark.parametrize("state", [state for state in AccountState if state != AccountState.INVITED])
def test_an_account_is_accepted_once(state: AccountState) -> None:
    user = User(state=state)

    with pytest.raises(Conflict):
        accept(user)

    assert user.keyholder_id is None


@pytest.mark.parametrize("state", [state for state in AccountState if state != AccountState.DISABLED])
def test_an_account_in_any_state_can_be_shut_and_its_invitation_with_it(state: AccountState) -> None:
    user = User(state=state, invite_hash=b"i" * 32)

    user.disable(at=now())

    assert (user.state, user.invite_hash) == (AccountState.DISABLED, None)
    with pytest.raises(Conflict):
        user.disable(at=now())
