"""The only place of SpiffWorkflow: it runs the lifecycle of tokens; the rules are in `engine.runtime`."""

from .process_runtime import Limits, ProcessRuntime

__all__ = ["Limits", "ProcessRuntime"]
