"""Every change of the engine: one command class, one transaction."""

from .command import Command, CommandContext, Engine, Limits
from .executor import CommandExecutor

__all__ = ["Command", "CommandContext", "CommandExecutor", "Engine", "Limits"]
