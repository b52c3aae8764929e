"""Texts that analysts write in forms: Markdown and a little HTML, made safe."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_HEADING = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip


def markdown(text: str) -> Markup:
    """Markdown as HTML. Headings stand at the third and fourth level, below those of the page."""
    return html(_markdown.render(_HEADING.sub(_lower, text)))


def html(text: str) -> Markup:
    """HTML with everything but harmless tags taken out: no scripts, styles, images or forms."""
    return Markup(nh3.clean(text, tags=_TAGS, attributes={"a": {"href"}}, link_rel="noopener noreferrer"))


def _lower(mark: re.Match[str]) -> str:
    return "#" * min(4, len(mark[1]) + 2)
