"""From an OCDS release to a draft. Reports what is missing or does not fit together; never mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tasks.ocds.checks import consistency_warnings
from tasks.ocds.draft import (
    Amount,
    AwardDraft,
    BidDraft,
    ContractDraft,
    CriterionDraft,
    ImportDraft,
    Imported,
    ImportWarning,
    OrderDraft,
    PartyDraft,
    PaymentDraft,
)
from tasks.ocds.release import BadFile, read_releases

METHODS = {
    "open": "open_tender",
    "selective": "invited_tender",
    "limited": "competitive_negotiation",
    "direct": "single_source",
}

_HUNDRED = Decimal(100)
CRITERIA = {
    "priceOnly": (CriterionDraft(key="price", weight=Decimal(1), max=_HUNDRED),),
    "ratedCriteria": (
        CriterionDraft(key="technical", weight=Decimal("0.5"), max=_HUNDRED),
        CriterionDraft(key="service", weight=Decimal("0.1"), max=_HUNDRED),
        CriterionDraft(key="commercial", weight=Decimal("0.1"), max=_HUNDRED),
        CriterionDraft(key="price", weight=Decimal("0.3"), max=_HUNDRED),
    ),
}

CATEGORIES: Mapping[str, Mapping[str, str]] = {
    "CPV": {
        "72": "it",
        "48": "it",
        "797": "security",
        "795": "callcenter",
        "796": "hr",
        "79": "bpo",
        "66": "bpo",
        "60": "logistics",
        "63": "logistics",
        "55": "facility",
        "90": "facility",
        "98": "facility",
    },
    "NIGP": {"920": "it", "208": "it", "990": "security", "910": "facility", "962": "other", "961": "bpo"},
    "UNSPSC": {
        "43": "it",
        "81": "it",
        "8011": "hr",
        "80": "bpo",
        "84": "bpo",
        "78": "logistics",
        "72": "facility",
        "76": "facility",
        "9212": "security",
    },
}
"""Classification scheme, then the longest prefix that fits, to our category."""


def import_ocds(file: bytes, *, ocid: str = "") -> Imported:
    """Read the release with that `ocid`, or the first. Raises BadFile."""
    releases = read_releases(file)
    found = [r for r in releases if r.get("ocid") == ocid] if ocid else releases
    if not found:
        raise BadFile(f"no release {ocid!r}; there are {', '.join(str(r.get('ocid')) for r in releases)}")
    reading = _Reading()
    if not ocid and len(releases) > 1:
        names = ", ".join(str(r.get("ocid")) for r in releases[1:])
        reading.warn("SEVERAL_RECORDS", f"only the first record is read; the file also holds {names}")
    draft = reading.draft(found[0])
    return Imported(draft=draft, warnings=(*reading.warnings, *consistency_warnings(draft)))


class _Reading:
    """One pass over a release; keeps what it had to say."""

    def __init__(self) -> None:
        self.warnings: list[ImportWarning] = []

    def warn(self, code: str, message: str, path: str = "") -> None:
        self.warnings.append(ImportWarning(code=code, message=message, path=path))

    def draft(self, release: Mapping[str, Any]) -> ImportDraft:
        tender = _object(release.get("tender"))
        parties = [p for p in _list(release.get("parties")) if isinstance(p, dict)]
        budget = self._budget(release, tender)
        awards = tuple(
            self._award(award, f"awards[{i}]", parties)
            for i, award in enumerate(_list(release.get("awards")))
        )
        currency = budget.currency if budget else next((a.value.currency for a in awards if a.value), None)
        return ImportDraft(
            ocid=str(release.get("ocid", "")),
            title=str(tender.get("title") or "").strip(),
            description=str(tender.get("description") or ""),
            method=self._method(tender),
            service_category=self._category(release, tender),
            budget=budget.amount if budget else None,
            currency=currency,
            deadline=self._deadline(tender),
            criteria=self._criteria(tender),
            suppliers=tuple(_party(p) for p in parties if "tenderer" in _list(p.get("roles"))),
            bids=tuple(self._bid(b, parties) for b in _list(_object(release.get("bids")).get("details"))),
            awards=awards,
            contracts=tuple(
                self._contract(contract, f"contracts[{i}]", parties, currency)
                for i, contract in enumerate(_list(release.get("contracts")))
            ),
        )

    def _budget(self, release: Mapping[str, Any], tender: Mapping[str, Any]) -> Amount | None:
        planned = _object(_object(release.get("planning")).get("budget")).get("amount")
        found = _amount(planned) or _amount(tender.get("value"))
        if found is None:
            self.warn("BUDGET_MISSING", "neither planning nor tender names an amount: ask", "tender.value")
        return found

    def _method(self, tender: Mapping[str, Any]) -> str | None:
        word = tender.get("procurementMethod")
        if word not in METHODS:
            what = f"{word!r} is unknown" if word else "it is missing"
            self.warn("METHOD_MISSING", f"procurement method: {what}; ask", "tender.procurementMethod")
            return None
        return METHODS[word]

    def _category(self, release: Mapping[str, Any], tender: Mapping[str, Any]) -> str | None:
        contracts = [_object(c) for c in _list(release.get("contracts"))]
        items = [*_list(tender.get("items")), *[i for c in contracts for i in _list(c.get("items"))]]
        for item in items:
            category = _category_of(_object(_object(item).get("classification")))
            if category:
                return category
        self.warn("CATEGORY_UNKNOWN", "no classification that is known: ask", "tender.items")
        return None

    def _deadline(self, tender: Mapping[str, Any]) -> datetime | None:
        text = _object(tender.get("tenderPeriod")).get("endDate")
        found = _moment(text)
        if found is None:
            self.warn("DEADLINE_MISSING", "no end of the tender period: ask", "tender.tenderPeriod.endDate")
        return found

    def _criteria(self, tender: Mapping[str, Any]) -> tuple[CriterionDraft, ...]:
        word = tender.get("awardCriteria")
        if word not in CRITERIA:
            self.warn("CRITERIA_MISSING", "the award criteria are not given: ask", "tender.awardCriteria")
            return ()
        if word == "ratedCriteria":
            self.warn(
                "CRITERIA_TEMPLATE",
                "rated criteria without weights: the policy's template stands in",
                "tender.awardCriteria",
            )
        return CRITERIA[word]

    def _bid(self, bid: Any, parties: Sequence[Mapping[str, Any]]) -> BidDraft:
        bid = _object(bid)
        return BidDraft(
            bidders=tuple(_found(t, parties) for t in _list(bid.get("tenderers"))),
            value=_amount(bid.get("value")),
            status=str(bid.get("status") or "pending"),
        )

    def _award(self, award: Any, path: str, parties: Sequence[Mapping[str, Any]]) -> AwardDraft:
        award = _object(award)
        return AwardDraft(
            award_id=str(award.get("id", "")),
            value=_amount(award.get("value")),
            awarded_at=_moment(award.get("date")),
            suppliers=self._suppliers(award, path, parties),
        )

    def _contract(
        self, contract: Any, path: str, parties: Sequence[Mapping[str, Any]], currency: str | None
    ) -> ContractDraft:
        contract = _object(contract)
        period = _object(contract.get("period"))
        implementation = _object(contract.get("implementation"))
        value = _amount(contract.get("value"))
        signed = _day(contract.get("dateSigned"))
        if signed is None:
            self.warn("SIGNATURE_MISSING", "the contract has no date of signature: ask", f"{path}.dateSigned")
        return ContractDraft(
            contract_id=str(contract.get("id", "")),
            award_id=str(contract.get("awardID", "")),
            title=str(contract.get("title") or ""),
            status=str(contract.get("status") or ""),
            value=value,
            start=_day(period.get("startDate")),
            end=_day(period.get("endDate")),
            signed_on=signed,
            suppliers=self._suppliers(contract, path, parties),
            orders=self._orders(contract, implementation),
            payments=self._payments(implementation, path, value.currency if value else currency),
        )

    def _suppliers(
        self, holder: Mapping[str, Any], path: str, parties: Sequence[Mapping[str, Any]]
    ) -> tuple[PartyDraft, ...]:
        suppliers = holder.get("suppliers")
        if isinstance(suppliers, dict):
            self.warn("SUPPLIERS_NOT_A_LIST", "one supplier stands where a list should", f"{path}.suppliers")
        return tuple(_found(supplier, parties) for supplier in _list(suppliers))

    def _orders(
        self, contract: Mapping[str, Any], implementation: Mapping[str, Any]
    ) -> tuple[OrderDraft, ...]:
        items = [_object(i) for i in _list(contract.get("items"))]
        orders: list[OrderDraft] = []
        for order in _list(implementation.get("purchaseOrders")):
            order = _object(order)
            number = str(order.get("id", ""))
            period = _object(order.get("executionPeriod"))
            lines = [i for i in items if str(i.get("id", "")).startswith(f"{number}-")]
            amounts = [line for line in (_line_amount(i) for i in lines) if line is not None]
            orders.append(
                OrderDraft(
                    number=number,
                    title=str(order.get("title") or ""),
                    amount=sum(amounts, Decimal(0)) if amounts else None,
                    ordered_on=_day(period.get("startDate")),
                    due_on=_day(period.get("endDate")),
                )
            )
        return tuple(orders)

    def _payments(
        self, implementation: Mapping[str, Any], path: str, currency: str | None
    ) -> tuple[PaymentDraft, ...]:
        payments: list[PaymentDraft] = []
        for i, transaction in enumerate(_list(implementation.get("transactions"))):
            place = f"{path}.implementation.transactions[{i}]"
            transaction = _object(transaction)
            value = transaction.get("value")
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                self.warn("CURRENCY_ASSUMED", f"{value} without a currency, taken as {currency}", place)
                value = {"amount": value, "currency": currency}
            amount, day = _amount(value), _day(transaction.get("date"))
            if amount is None or day is None:
                self.warn("PAYMENT_INCOMPLETE", "a payment without amount or date is left out", place)
                continue
            payments.append(
                PaymentDraft(
                    number=str(transaction.get("id") or i + 1),
                    order_number=str(transaction.get("purchaseOrderId") or ""),
                    amount=amount.amount,
                    paid_on=day,
                )
            )
        return tuple(payments)


def _category_of(classification: Mapping[str, Any]) -> str | None:
    told = f"{classification.get('scheme', '')} {classification.get('description', '')}".upper()
    code = str(classification.get("id", ""))
    for scheme, prefixes in CATEGORIES.items():
        if scheme in told:
            for prefix in sorted(prefixes, key=len, reverse=True):
                if code.startswith(prefix):
                    return prefixes[prefix]
    return None


def _party(party: Mapping[str, Any]) -> PartyDraft:
    identifier = _object(party.get("identifier"))
    scheme, number = identifier.get("scheme"), identifier.get("id")
    key = f"{scheme}:{number}" if scheme and number else str(party.get("id") or party.get("name") or "")
    return PartyDraft(key=key, name=str(party.get("name") or ""))


def _found(reference: Any, parties: Sequence[Mapping[str, Any]]) -> PartyDraft:
    """The party that a reference names, or the reference itself when it stands alone."""
    reference = _object(reference)
    for party in parties:
        if party.get("id") is not None and party.get("id") == reference.get("id"):
            return _party(party)
    return _party(reference)


def _line_amount(item: Mapping[str, Any]) -> Decimal | None:
    quantity, price = item.get("quantity"), _amount(_object(item.get("unit")).get("value"))
    if price is None or not isinstance(quantity, int | Decimal):
        return None
    return price.amount * Decimal(quantity)


def _amount(value: Any) -> Amount | None:
    value = _object(value)
    amount = value.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    return Amount(amount=Decimal(amount), currency=str(value.get("currency") or ""))


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _day(text: Any) -> date | None:
    """The calendar day as the file writes it, in its own zone."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    """A list; one thing where a list should stand is a list of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []
