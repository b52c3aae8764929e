"""Camunda forms: read, drawn as fields, and checked on the server."""

from .components import Option
from .form import MAX_ROWS, Field, FormModel, FormResult, compile_form
from .values import option_text

__all__ = ["MAX_ROWS", "Field", "FormModel", "FormResult", "Option", "compile_form", "option_text"]
