"""What the web UI needs to know besides the engine; `tenure` fills it from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`secret_key` signs sessions and forms: random, at least 32 bytes, the same on every web node.

    Times are shown and read in `time_zone`. `language` serves browsers that ask for neither Chinese nor
    English. `proxies` is the number of proxies in front that set X-Forwarded-For and -Proto.
    `secure_cookies` belongs to HTTPS. `local_modeler` lets a Modeler on this machine deploy and start
    without credentials. `node` names this process among the nodes. With `metrics_token`, /metrics is for
    whoever sends it; without, for this machine.
    """

    secret_key: bytes
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    language: str = "en"
    max_upload_mb: int = 20
    proxies: int = 0
    local_modeler: bool = False
    secure_cookies: bool = False
    session_hours: int = 12
    poll_seconds: int = 20
    node: str = ""
    metrics_token: str = ""
