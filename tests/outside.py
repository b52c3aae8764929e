"""Where the material that nobody here wrote lies: beside the repository, or where the environment says."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"

CONFORMANCE = Path(os.environ.get("TENURE_CONFORMANCE", SHARED / "conformance"))
"""The suites of BPMN cases; tests that need it skip, saying so, when it is absent."""
