"""Sealed bids: content encrypted under a key that never enters the database.

A bid is two envelopes, the offer and the price, each encrypted on its own so that the price stays shut
while the offers are judged. An envelope is bound to its bid: moved to another row it does not open.

Why a hash of what is stored and not of what was handed in? A price is easy to guess: whoever could read
its hash could try prices until one fits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEAL_KEYS = "seal_keys"
"""The name under which handlers find the SealKeys in `job.services`."""

MOST_BYTES = 20_000_000
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealBroken(Exception):
    """An envelope does not open: it was altered, moved to another bid, or sealed with another key."""


class BidTooLarge(Exception):
    """A bid with its files is larger than can be taken."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of an offer."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What stands in the first envelope. `validity_days` count from the deadline."""

    summary: str
    signed: bool
    validity_days: int
    bond_reference: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Price:
    """What stands in the second envelope."""

    amount: Decimal
    currency: str


class SealKeys:
    """The key for sealing. Kept by the program in a file of its own; handed to whoever seals or opens."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError unless `key` has 32 bytes."""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a seal key has {_KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"tenure seal key" + key).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"SealKeys({self.key_id})"

    def seal(self, content: bytes, bound_to: str) -> bytes:
        """Encrypt; the result opens only with the same `bound_to`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, bound_to.encode())

    def open(self, envelope: bytes, bound_to: str) -> bytes:
        """Decrypt. Raises SealBroken."""
        nonce, sealed = envelope[:_NONCE_BYTES], envelope[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed, bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"the envelope {bound_to} does not open with the key {self.key_id}") from error


def binding(receipt: str, envelope: str) -> str:
    """What an envelope is bound to: the receipt of its bid, and which of the two it is."""
    return f"{receipt}/{envelope}"


def seal_offer(keys: SealKeys, offer: Offer, receipt: str) -> bytes:
    """Raises BidTooLarge."""
    size = len(offer.summary.encode()) + sum(len(a.content) for a in offer.attachments)
    if size > MOST_BYTES:
        raise BidTooLarge(f"the bid has {size} bytes, at most {MOST_BYTES} can be taken; leave out a file")
    attachments = [
        {"name": a.name, "mediaType": a.media_type, "content": base64.b64encode(a.content).decode()}
        for a in offer.attachments
    ]
    content = {
        "summary": offer.summary,
        "signed": offer.signed,
        "validityDays": offer.validity_days,
        "bondReference": offer.bond_reference,
        "attachments": attachments,
    }
    return keys.seal(_to_bytes(content), binding(receipt, "offer"))


def open_offer(keys: SealKeys, envelope: bytes, receipt: str) -> Offer:
    """Raises SealBroken."""
    content = _from_bytes(keys.open(envelope, binding(receipt, "offer")))
    return Offer(
        summary=content["summary"],
        signed=content["signed"],
        validity_days=content["validityDays"],
        bond_reference=content["bondReference"],
        attachments=tuple(
            Attachment(
                name=a["name"], media_type=a["mediaType"], content=base64.b64decode(a["content"].encode())
            )
            for a in content["attachments"]
        ),
    )


def seal_price(keys: SealKeys, price: Price, receipt: str) -> bytes:
    """All sealed prices have the same length, so that the length tells nothing."""
    content = _to_bytes({"amount": str(price.amount), "currency": price.currency})
    return keys.seal(content.ljust(128), binding(receipt, "price"))


def open_price(keys: SealKeys, envelope: bytes, receipt: str) -> Price:
    """Raises SealBroken."""
    content = _from_bytes(keys.open(envelope, binding(receipt, "price")))
    return Price(amount=Decimal(content["amount"]), currency=content["currency"])


def fingerprint(offer: bytes, price: bytes) -> str:
    """SHA-256 over both sealed envelopes; on the receipt, and compared at the opening."""
    return hashlib.sha256(hashlib.sha256(offer).digest() + hashlib.sha256(price).digest()).hexdigest()


def new_receipt(tender_code: str) -> str:
    """A receipt number that nobody can guess."""
    return f"{tender_code}-{secrets.token_hex(8).upper()}"


def _to_bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _from_bytes(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found
