"""Who calls: HTTP Basic, or the Modeler on this very machine."""

from __future__ import annotations

import ipaddress

from flask import request

from engine import Actor, Channel, NotAuthenticated, ProcessEngine

from .problems import ApiError

LOCAL_MODELER = "local-modeler"

_BROWSER_OR_PROXY = ("Origin", "Forwarded", "Via", "Sec-Fetch-Site")


class Gatekeeper:
    """Tells the actor of a request, or refuses it.

    `local_modeler` is set under `tenure run` without a proxy: then a request without credentials may
    deploy and start, if it comes from this machine, names this machine as its host, and carries no
    header that a browser or a proxy would have added.
    """

    def __init__(self, engine: ProcessEngine, *, local_modeler: bool) -> None:
        self._engine = engine
        self._local_modeler = local_modeler

    def actor(self, *, modeler: bool = False) -> Actor:
        """The signed-in actor; with `modeler` the local Modeler too. Raises ApiError (401)."""
        given = request.authorization
        if given is not None and given.type == "basic":
            try:
                user = self._engine.authenticate(
                    given.username or "", given.password or "", ip=request.remote_addr
                )
            except NotAuthenticated as error:
                raise _unauthorized(str(error)) from error
            return Actor(user_id=user.user_id, channel=Channel.API, ip=request.remote_addr)
        if request.headers.get("Authorization", "").strip():
            raise _unauthorized("only Basic credentials are understood")
        if modeler and self._local_modeler and is_local_program():
            return Actor(user_id=LOCAL_MODELER, channel=Channel.API, is_system=True, ip=request.remote_addr)
        raise _unauthorized("send the name and password of a Tenure account (HTTP Basic)")


def is_local_program() -> bool:
    """Whether the request comes straight from a program on this machine, not from a page or a proxy."""
    headers = request.headers
    if any(name in headers for name in _BROWSER_OR_PROXY):
        return False
    if any(name.lower().startswith("x-forwarded-") for name in headers.keys()):  # noqa: SIM118
        return False
    return _is_loopback(request.remote_addr or "") and _is_loopback(_host_name(request.host))


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    return host.rsplit(":", 1)[0] if ":" in host else host


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _unauthorized(detail: str) -> ApiError:
    return ApiError(401, "UNAUTHORIZED", detail)
