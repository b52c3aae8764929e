"""Documents: bytes stored once by their SHA-256, under any number of names and owners."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from ..errors import DocumentNotFound, InvalidInput
from ..model import Document
from .errors import DocumentDamaged
from .link import Link, as_dict
from .schema import document as table
from .schema import document_content

MAX_DOCUMENT_BYTES = 25 * 1024 * 1024


class Documents:
    def __init__(self, link: Link) -> None:
        self._link = link

    def add(
        self,
        content: bytes,
        *,
        name: str,
        media_type: str,
        created_at: datetime,
        created_by: str,
        process_instance_key: int | None = None,
        readers: Sequence[str] = (),
        max_bytes: int = MAX_DOCUMENT_BYTES,
    ) -> Document:
        """Store a document. `readers` are the users and groups who may read it besides its creator.

        Raises InvalidInput when it is larger than `max_bytes`.
        """
        if len(content) > max_bytes:
            raise InvalidInput(
                f"the document '{name}' has {len(content)} bytes; at most {max_bytes} are taken"
            )
        sha256 = hashlib.sha256(content).hexdigest()
        blob = {"sha256": sha256, "size": len(content), "content": content}
        self._link.insert_new(document_content, blob)
        document = Document(
            key=self._link.keys.next(),
            name=name,
            media_type=media_type,
            size=len(content),
            sha256=sha256,
            created_at=created_at,
            created_by=created_by,
            process_instance_key=process_instance_key,
            readers=tuple(readers),
        )
        self._link.insert(table, [vars(document)])
        return document

    def get(self, key: int) -> Document:
        """What is known of a document, without its content. Raises DocumentNotFound."""
        row = self._link.row(select(table).where(table.c.key == key))
        if row is None:
            raise DocumentNotFound(key)
        return _value(row)

    def content(self, key: int) -> bytes:
        """Raises DocumentNotFound, and DocumentDamaged when the bytes do not have their hash any more."""
        document = self.get(key)
        content = self._link.value(
            select(document_content.c.content).where(document_content.c.sha256 == document.sha256)
        )
        if content is None or hashlib.sha256(content).hexdigest() != document.sha256:
            raise DocumentDamaged(key, document.sha256)
        return bytes(content)

    def of_instance(self, process_instance_key: int) -> tuple[Document, ...]:
        query = select(table).where(table.c.process_instance_key == process_instance_key)
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.key)))

    def attach(self, key: int, process_instance_key: int) -> None:
        """Say which instance a document that came in before it belongs to."""
        self._link.execute(
            update(table)
            .where(table.c.key == key, table.c.process_instance_key.is_(None))
            .values(process_instance_key=process_instance_key)
        )


def _value(row: Row[Any]) -> Document:
    return Document(**as_dict(row) | {"readers": tuple(row.readers)})
