"""The language of a page: which one, its texts, and the names that analysts gave in both.

Texts are written in English in templates and views; `translations/zh.po` has the Chinese ones. Names of
variables stand in both files under the context `field`. They are read as they are, without a build step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from flask import Flask, current_app, g, request
from flask_login import current_user
from markupsafe import Markup

LANGUAGES = {"zh": "中文", "en": "English"}
HTML_LANGUAGES = {"zh": "zh-Hans", "en": "en"}
COOKIE = "language"


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        _=gettext, localized=localized, language=language, languages=LANGUAGES, field_name=field_name
    )
    app.jinja_env.globals["html_language"] = lambda: HTML_LANGUAGES[language()]


def language() -> str:
    """`zh` or `en`: the user's setting, else the cookie, else what the browser asks for."""
    if "language" not in g:
        g.language = _chosen(getattr(current_user, "language", ""))
    chosen: str = g.language
    return chosen


def forget_the_person() -> None:
    """Choose without the user's setting: for pages that must not ask the database."""
    g.language = _chosen("")


def gettext(text: str, **parameters: Any) -> str:
    """`text` in the language of the page, with `%(name)s` filled in."""
    translated = _catalogue(language()).get(text, text)
    if any(isinstance(value, Markup) for value in parameters.values()):
        return Markup(translated) % parameters
    return translated % parameters if parameters else translated


_ = gettext


def lazy(text: str) -> str:
    """Marks a text for the catalogue where it is not shown yet."""
    return text


def localized(names: Mapping[str, str] | None, fallback: str = "") -> str:
    """The name in the language of the page, else the one in the diagram, else in the other language."""
    names = names or {}
    return names.get(language()) or fallback or next(iter(names.values()), "")


def field_name(name: str) -> str:
    """A variable's name (`amountCny`) as a title: from the catalogue, else its words."""
    known = _catalogue(language(), "field").get(name)
    if known:
        return known
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ")
    return words[:1].upper() + words[1:].lower()


def code_name(text: str) -> str:
    """A code as it stands in a variable (`critical`) in words, where the catalogue knows it."""
    return _catalogue(language(), "value").get(text, text)


def _chosen(setting: str) -> str:
    settings = current_app.extensions["tenure"].settings
    asked = request.accept_languages.best_match(["zh", "en"]) or settings.language
    wanted = [setting, request.cookies.get(COOKIE, ""), asked]
    return next((code for code in wanted if code in LANGUAGES), "en")


@cache
def _catalogue(code: str, context: str | None = None) -> dict[str, str]:
    path = Path(__file__).parent / "translations" / f"{code}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and m.context == context}
