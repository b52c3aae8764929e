"""The sample accounts of a first start: all of them, or another try."""

import pytest
from sqlalchemy import select

from engine import SYSTEM
from tasks.supplier.records import Supplier
from tenure.sample_accounts import create_roles, create_sample_accounts, sample_account_names


class Interrupted(BaseException):
    """The program was stopped in the middle."""


def suppliers(engine):
    with engine.records() as records:
        return len(list(records.scalars(select(Supplier.id))))


def test_a_first_start_that_was_interrupted_is_finished_by_the_next(engine, monkeypatch):
    create_roles(engine)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        with pytest.raises(Interrupted):
            create_sample_accounts(engine)

    password = create_sample_accounts(engine)

    assert {user.user_id for user in engine.users()} == {one[0] for one in sample_account_names()}
    assert engine.authenticate("outsourcing_committee", password).groups == {"outsourcing_committee"}
    assert suppliers(engine) == 3
    assert create_sample_accounts(engine) is None


def interrupt_after(patch, count):
    from engine.commands.people import CreateUser

    run, done = CreateUser.run, []

    def interrupted(self, context):
        if len(done) == count:
            raise Interrupted
        done.append(self.user_id)
        return run(self, context)

    patch.setattr(CreateUser, "run", interrupted)


def test_nobody_is_created_where_somebody_is(engine):
    create_roles(engine)
    engine.create_user("anna", "Anna", by=SYSTEM)

    assert create_sample_accounts(engine) is None
    assert [user.user_id for user in engine.users()] == ["anna"]
