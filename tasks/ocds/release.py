"""Opening an OCDS file: a release, a record, or a package of either; numbers exact."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from engine import InvalidInput

MOST_BYTES = 10_000_000


class BadFile(InvalidInput):
    """Not a file that an OCDS release can be read from."""

    code = "BAD_FILE"


def read_releases(file: bytes) -> list[dict[str, Any]]:
    """The releases in a file; of a record its compiled release, else its newest one. Raises BadFile."""
    if len(file) > MOST_BYTES:
        raise BadFile(f"the file has {len(file)} bytes, at most {MOST_BYTES} are read")
    try:
        content = json.loads(file, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"the file is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadFile("an OCDS file is a JSON object")
    releases = [release for release in _releases(content) if isinstance(release, dict)]
    if not releases:
        raise BadFile("the file holds no OCDS release, record or package")
    return releases


def _releases(content: dict[str, Any]) -> list[Any]:
    if isinstance(content.get("records"), list):
        return [release for record in content["records"] for release in _of_record(record)]
    if "compiledRelease" in content:
        return _of_record(content)
    if isinstance(content.get("releases"), list):
        return list(content["releases"])
    return [content] if "ocid" in content else []


def _of_record(record: Any) -> list[Any]:
    if not isinstance(record, dict):
        return []
    if isinstance(record.get("compiledRelease"), dict):
        return [record["compiledRelease"]]
    releases = [r for r in record.get("releases") or [] if isinstance(r, dict) and "ocid" in r]
    return sorted(releases, key=lambda release: str(release.get("date", "")))[-1:]


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")
