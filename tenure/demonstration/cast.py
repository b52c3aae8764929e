"""Who plays: the sample accounts of every role, and a contact for each supplier of the demonstration."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engine import SYSTEM, Actor, Channel, ProcessEngine
from tasks.records_base import Maker
from tasks.supplier.enlisting import enlist_supplier, enlisted

from ..sample_accounts import create_roles, create_sample_accounts, sample_account_names

DIRECTOR = Actor(user_id="demonstration", channel=Channel.DEMO, is_system=True)
"""Sets the stage and moves the clock; every task is done by a member of the cast."""

SCHEME = "tenure-demonstration"
_CONTACTS = "supplier_contact"


def gather_cast(engine: ProcessEngine, letters: Sequence[str]) -> str | None:
    """Create what is missing of roles, sample accounts and contacts `supplier_a`, ...

    Answers the password of the sample accounts when they were made just now.
    """
    create_roles(engine)
    password = create_sample_accounts(engine)
    known = {user.user_id for user in engine.users()}
    for user_id, name, group in sample_account_names():
        if user_id not in known:
            engine.create_user(user_id, name, by=SYSTEM, groups=[group])
    for letter in letters:
        if contact_of(letter) not in known:
            engine.create_user(
                contact_of(letter), f"Supplier {letter}", by=SYSTEM, password=password, groups=[_CONTACTS]
            )
    return password


def contact_of(letter: str) -> str:
    """The user who acts for a supplier of the demonstration."""
    return f"supplier_{letter.lower()}"


def supplier_id(records: Session, letter: str) -> int | None:
    """The record of a supplier of the demonstration, when it was made."""
    supplier = enlisted(records, SCHEME, letter)
    return None if supplier is None else supplier.id


def enlist_suppliers(engine: ProcessEngine, letters: Sequence[str]) -> bool:
    """Make the suppliers that are not there yet, each with its contact. Answers whether any was made."""
    with engine.records() as records:
        missing = [letter for letter in letters if supplier_id(records, letter) is None]
    if not missing:
        return False
    with engine.transaction(by=DIRECTOR, action="enlist suppliers of the demonstration") as transaction:
        maker = Maker(transaction.now, DIRECTOR.user_id)
        for letter in missing:
            supplier = enlist_supplier(
                transaction.records,
                maker,
                name=f"Supplier {letter}",
                country="US",
                scheme=SCHEME,
                scheme_id=letter,
                contacts=[contact_of(letter)],
            )
            transaction.audit("supplier", supplier.id, name=supplier.name)
    return True
