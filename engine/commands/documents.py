"""Storing documents outside a step."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidInput
from ..model import Document
from .command import Command, CommandContext
from .visibility import visible_instance

MAX_NAME = 255


@dataclass(frozen=True, kw_only=True)
class StoreDocument(Command[Document]):
    """For an instance: only those who see it. The trail keeps the hash, never the content."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    process_instance_key: int | None = None
    readers: tuple[str, ...] = ()

    def run(self, context: CommandContext) -> Document:
        if not self.name.strip() or len(self.name) > MAX_NAME:
            raise InvalidInput(f"a document's name has from 1 to {MAX_NAME} characters")
        if self.process_instance_key is not None:
            visible_instance(context.uow, context.rights, context.actor, self.process_instance_key)
            context.lock(self.process_instance_key)
        document = context.uow.documents.add(
            self.content,
            name=self.name,
            media_type=self.media_type,
            created_at=context.now,
            created_by=context.actor.user_id,
            process_instance_key=self.process_instance_key,
            readers=self.readers,
        )
        context.audit(
            "store-document",
            "document",
            document.key,
            self.process_instance_key,
            name=document.name,
            size=document.size,
            sha256=document.sha256,
        )
        return document
