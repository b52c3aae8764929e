"""Stored files, handed out as attachments to those who may read them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint
from werkzeug.wrappers import Response

from ..context import actor, engine

blueprint = Blueprint("documents", __name__, url_prefix="/documents")


@blueprint.get("/<int:key>")
def download(key: int) -> Response:
    """Always an attachment of no particular type: an uploaded page must not run as one of ours."""
    document = engine().document(key, by=actor())
    content = engine().document_content(key, by=actor())
    name = quote(document.name, safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Type": "application/octet-stream",
        "ETag": f'"{document.sha256}"',
    }
    return Response(content, headers=headers)
