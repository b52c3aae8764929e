"""Chinese and English: which one a page takes, and that no text is missing."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webui
from tests.webui.pages.conftest import PASSWORD

ROOT = Path(webui.__file__).parent


def catalogue():
    with (ROOT / "translations" / "zh.po").open("rb") as file:
        return {m.id: m.string for m in read_po(file) if m.id and not m.context}


def texts():
    methods = [("views/**.py", "python"), ("*.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(str(ROOT), method_map=methods, keywords={"_": None, "lazy": None})
    return {message for _file, _line, message, _comments, _context in found}


def test_every_text_has_a_chinese_one():
    assert sorted(texts() - {text for text, chinese in catalogue().items() if chinese}) == []


def test_no_text_is_translated_that_no_page_has():
    assert sorted(catalogue().keys() - texts()) == []


def test_translations_fill_in_the_same_values():
    def holes(text):
        return sorted(re.findall(r"%\((\w+)\)s|%%", text))

    assert [text for text, chinese in catalogue().items() if holes(text) != holes(chinese)] == []


def test_chinese_texts_use_chinese_punctuation():
    wrong = [chinese for chinese in catalogue().values() if re.search(r"[\u4e00-\u9fff][,:;!?]", chinese)]
    assert wrong == []


@pytest.mark.parametrize(
    ("asked", "shown"), [("zh-CN,zh;q=0.9,en;q=0.5", "zh-Hans"), ("en-GB", "en"), ("fr", "en")]
)
def test_the_browser_is_asked_first(visitor, asked, shown):
    assert f'<html lang="{shown}">' in visitor(asked).get("/sign-in").text


def test_a_cookie_wins_over_the_browser_and_a_setting_over_the_cookie(visitor, account, engine):
    lina_actor = account("lina", PASSWORD)
    lina = visitor("zh")
    lina.get("/sign-in")

    lina.post("/language", {"language": "en", "back": "/sign-in"})
    by_cookie = lina.get("/sign-in").text
    engine.update_user("lina", language="zh", by=lina_actor)
    lina.sign_in("lina")
    by_setting = lina.get("/inbox").text

    assert '<html lang="en">' in by_cookie
    assert '<html lang="zh-Hans">' in by_setting


def test_the_switch_is_remembered_for_the_person(person, engine):
    lina = person("lina")
    lina.get("/inbox")

    lina.post("/language", {"language": "zh", "back": "/inbox"})

    assert engine.user("lina").language == "zh"
    assert "待办" in lina.get("/inbox").text


def test_names_of_the_process_come_in_the_language_of_the_page(person, service_request):
    service_request()
    chinese = person("lina", "zh", groups=["cpo"])
    english = person("tom", "en", groups=["cpo"])

    assert "审批申请" in chinese.get("/inbox").text
    assert "Approve request" in english.get("/inbox").text
