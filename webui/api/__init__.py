"""The REST API under /v2, in the shapes that Camunda Modeler and Camunda's clients send and expect."""

from .v2 import register_api

__all__ = ["register_api"]
