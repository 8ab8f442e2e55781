"""Escapes and guards: nothing forbidden is left, and every text comes back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.publication.exports.escapes import (
    IN_CSV,
    IN_EXCEL,
    IN_JSON,
    IN_PARQUET,
    escaped,
    guarded,
    unescaped,
    unguarded,
)
from tests.publication.exports.hostile import HOSTILE

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text(st.sampled_from("␛0123ABCDEFx_=+-@'\t\r\n\0\ud800\udc00 <r>")),
)


def test_there_are_500_different_ones():
    assert len(HOSTILE) >= 500


@pytest.mark.parametrize("forbidden", [IN_CSV, IN_EXCEL, IN_JSON, IN_PARQUET])
@given(text=TEXTS)
def test_every_text_comes_back(forbidden: re.Pattern[str], text: str):
    assert unescaped(escaped(text, forbidden)) == text
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("forbidden", [IN_CSV, IN_EXCEL, IN_PARQUET])
@given(text=TEXTS)
def test_what_is_written_can_be_written(forbidden: re.Pattern[str], text: str):
    written = escaped(text, forbidden)
    written.encode()
    if forbidden is not IN_PARQUET:
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", written)
    if forbidden is IN_EXCEL:
        assert not re.search("_x[0-9A-Fa-f]{4}_|\r", written)


@given(text=TEXTS)
def test_no_guarded_text_begins_a_formula(text: str):
    cell = guarded(escaped(text, IN_CSV))
    assert cell
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠"}
    assert cell[0] not in "\t\r\n"


@pytest.mark.parametrize("text", ["plain", "5", "C:\\dir", "a=b", "x-1", "ü", "1.5e3", "␛", "_x_"])
def test_harmless_texts_stay_as_they_are(text: str):
    assert all(escaped(text, each) == text for each in (IN_CSV, IN_EXCEL, IN_JSON, IN_PARQUET))
    assert guarded(text) == text
