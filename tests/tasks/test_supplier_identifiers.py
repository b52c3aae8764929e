"""Check digits of credit codes and LEIs, on codes that are published."""

from __future__ import annotations

import pytest

from tasks.supplier.identifiers import is_lei, is_uscc, uscc_with_check

# Alibaba (China), Huawei Technologies: registered codes printed on public licences.
REAL_USCCS = ["91330100799655058B", "914403001922038216"]
# GLEIF's own LEI, and Apple Inc.
REAL_LEIS = ["506700GE1G29325QX363", "HWUPKR0MPOU8FGXBT394"]


@pytest.mark.parametrize("code", REAL_USCCS)
def test_a_registered_credit_code_is_valid(code):
    assert is_uscc(code)
    assert uscc_with_check(code[:17]) == code


@pytest.mark.parametrize("code", REAL_LEIS)
def test_a_registered_lei_is_valid(code):
    assert is_lei(code)


@pytest.mark.parametrize("code", REAL_USCCS)
def test_every_single_wrong_character_of_a_credit_code_is_noticed(code):
    for i, right in enumerate(code):
        wrong = "1" if right != "1" else "2"
        assert not is_uscc(code[:i] + wrong + code[i + 1 :])


@pytest.mark.parametrize("code", REAL_LEIS)
def test_every_single_wrong_digit_or_letter_of_a_lei_is_noticed(code):
    for i, right in enumerate(code):
        others = "12" if right.isdigit() else "AB"
        wrong = others[0] if right != others[0] else others[1]
        assert not is_lei(code[:i] + wrong + code[i + 1 :])


@pytest.mark.parametrize(
    "code", ["", "9133010079965505", "91330100799655058O", "91330100799655058b", "I" * 18]
)
def test_what_has_not_the_shape_of_a_credit_code_is_none(code):
    assert not is_uscc(code)


@pytest.mark.parametrize("code", ["", "506700GE1G29325QX36", "506700ge1g29325qx363", "506700GE1G29325QX3AA"])
def test_what_has_not_the_shape_of_a_lei_is_none(code):
    assert not is_lei(code)


def test_a_credit_code_cannot_be_completed_from_letters_it_may_not_have():
    with pytest.raises(ValueError, match="17 characters"):
        uscc_with_check("O" * 17)
