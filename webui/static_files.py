"""Static files: served by WhiteNoise under a path that carries their fingerprint, so browsers keep them
for ever and still see a change at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

from . import assets

FOLDER = Path(__file__).resolve().parent / "static"


def init_app(app: Flask) -> None:
    vendor = assets.paths()
    prefix = f"/static/{_fingerprint()}"

    def static_url(name: str) -> str:
        return f"{prefix}/{name}"

    def vendor_url(name: str) -> str:
        """Empty when the browser libraries were not built: the page then does without."""
        path = vendor.get(name)
        return f"{prefix}/vendor/{path}" if path else ""

    app.jinja_env.globals.update(static_url=static_url, vendor_url=vendor_url)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=FOLDER, prefix=prefix, immutable_file_test=lambda path, url: True, max_age=31536000
    )


def _fingerprint() -> str:
    """Over all static files; the vendor files are covered by their manifest."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        relative = path.relative_to(FOLDER)
        if path.is_file() and (relative.parts[0] != "vendor" or path.name == "manifest.json"):
            digest.update(str(relative).encode() + path.read_bytes())
    return digest.hexdigest()[:12]
