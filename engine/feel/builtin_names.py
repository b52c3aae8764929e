"""The names of all built-in functions; the parser needs them to read names of several words."""

from __future__ import annotations

CONVERSION = (
    "string", "number", "context", "date", "time", "date and time", "duration", "years and months duration",
    "from json", "to json",
)  # fmt: skip
BOOLEAN = ("not", "is defined", "get or else", "assert")
STRING = (
    "substring", "string length", "upper case", "lower case", "substring before", "substring after",
    "contains", "starts with", "ends with", "matches", "replace", "split", "extract", "trim", "uuid",
    "to base64", "from base64", "is blank",
)  # fmt: skip
LIST = (
    "list contains", "count", "min", "max", "sum", "product", "mean", "median", "stddev", "mode", "all",
    "any", "and", "or", "sublist", "append", "concatenate", "insert before", "remove", "reverse", "index of",
    "union", "distinct values", "duplicate values", "flatten", "sort", "string join", "is empty", "partition",
)  # fmt: skip
NUMERIC = (
    "decimal", "floor", "ceiling", "round up", "round down", "round half up", "round half down", "abs",
    "modulo", "sqrt", "log", "exp", "odd", "even", "random number",
)  # fmt: skip
CONTEXT = ("get value", "get entries", "put", "put all", "context put", "context merge")
TEMPORAL = (
    "now", "today", "day of year", "day of week", "week of year", "month of year", "last day of month",
)  # fmt: skip
RANGE = (
    "before", "after", "meets", "met by", "overlaps", "overlaps before", "overlaps after", "finishes",
    "finished by", "includes", "during", "starts", "started by", "coincides",
)  # fmt: skip
CAMUNDA_ONLY = ("fromAi",)
STANDARD_ONLY = ("is", "range", "list replace")

BUILTIN_NAMES = (
    *CONVERSION, *BOOLEAN, *STRING, *LIST, *NUMERIC, *CONTEXT, *TEMPORAL, *RANGE, *CAMUNDA_ONLY,
    *STANDARD_ONLY,
)  # fmt: skip
