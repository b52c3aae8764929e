"""The roles of outsourcing as groups, and one sample account per role for a first look."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from engine import SYSTEM, NewUser, ProcessEngine
from tasks.records_base import Maker
from tasks.supplier.enlisting import enlist_supplier, enlisted

ADMIN = "admin"

_WORKER = ("start",)
_OPERATOR = ("start", "publish_message")


@dataclass(frozen=True)
class Role:
    """A group: its id, its names, and what its members may do besides their own tasks."""

    group_id: str
    zh: str
    en: str
    permissions: tuple[str, ...] = _WORKER

    @property
    def names(self) -> Mapping[str, str]:
        return {"zh": self.zh, "en": self.en}


CONTACT = "supplier_contact"

ROLES = (
    Role(ADMIN, "系统管理员", "Administrator"),
    Role("business_owner", "业务需求负责人", "Business owner"),
    Role("service_owner", "服务负责人", "Service owner"),
    Role("sourcing_manager", "采购经理", "Sourcing manager", _OPERATOR),
    Role("bid_opener", "开标人", "Bid opener"),
    Role("bid_evaluator", "评标专家", "Bid evaluator"),
    Role("panel_chair", "评标委员会主任", "Panel chair"),
    Role("contract_manager", "合同经理", "Contract manager", _OPERATOR),
    Role("legal", "法务", "Legal counsel"),
    Role("general_counsel", "总法律顾问", "General counsel"),
    Role("finance", "财务", "Finance"),
    Role("risk", "风险管理", "Risk"),
    Role("compliance", "合规", "Compliance"),
    Role("dpo", "个人信息保护负责人", "Data protection officer"),
    Role("infosec", "信息安全", "Information security"),
    Role("ciso", "首席信息安全官", "CISO"),
    Role("it_support", "技术支持", "IT support"),
    Role("internal_audit", "内部审计", "Internal audit", ("start", "read_audit")),
    Role("dept_head", "部门负责人", "Department head"),
    Role("cpo", "采购总监", "Chief procurement officer"),
    Role("cro", "首席风险官", "Chief risk officer"),
    Role("cfo", "财务总监", "CFO"),
    Role("ceo", "总经理", "CEO"),
    Role("outsourcing_committee", "外包管理委员会", "Outsourcing committee"),
    Role(CONTACT, "供应商联系人", "Supplier contact", ()),
)

SEVERAL = {"bid_opener": 2, "bid_evaluator": 5, CONTACT: 3}
"""Roles in which a rule asks for different people: two openers, a panel with a reserve, three bidders."""
SAMPLE_SCHEME = "tenure-sample"


def create_roles(engine: ProcessEngine) -> None:
    """Create the groups that do not exist yet; one that exists is left as its admin made it."""
    existing = {group.group_id for group in engine.groups()}
    for role in ROLES:
        if role.group_id not in existing:
            engine.create_group(
                role.group_id, role.en, by=SYSTEM, names=role.names, permissions=role.permissions
            )


def create_sample_accounts(engine: ProcessEngine) -> str | None:
    """Create one account per role and an admin when there is no account at all.

    Answers the random password that all of them share, to be shown once; None when there were accounts.
    The accounts come last and together: a start that was interrupted here is made up for by the next one.
    """
    if engine.users():
        return None
    _enlist_sample_suppliers(engine)
    password = secrets.token_urlsafe(9)
    accounts = [
        NewUser(user_id=key, name=name, groups=(group,)) for key, name, group in sample_account_names()
    ]
    engine.create_users(accounts, by=SYSTEM, password=password)
    return password


def _enlist_sample_suppliers(engine: ProcessEngine) -> None:
    """One invented supplier for each sample contact, so that a first tender finds bidders."""
    with engine.transaction(by=SYSTEM, action="enlist sample suppliers") as transaction:
        maker = Maker(transaction.now, SYSTEM.user_id)
        if enlisted(transaction.records, SAMPLE_SCHEME, "1") is not None:
            return
        for number in range(1, SEVERAL[CONTACT] + 1):
            supplier = enlist_supplier(
                transaction.records,
                maker,
                name=f"样例供应商 Sample supplier {number}",
                scheme=SAMPLE_SCHEME,
                scheme_id=str(number),
                contacts=[f"{CONTACT}{number}"],
            )
            transaction.audit("supplier", str(supplier.id), name=supplier.name)


def sample_account_names() -> list[tuple[str, str, str]]:
    """User id, name and group of every sample account."""
    accounts: list[tuple[str, str, str]] = []
    for role in ROLES:
        count = SEVERAL.get(role.group_id, 1)
        for number in range(1, count + 1):
            suffix = str(number) if count > 1 else ""
            name = f"{role.zh} {role.en} {suffix}".strip()
            accounts.append((f"{role.group_id}{suffix}", name, role.group_id))
    return accounts
