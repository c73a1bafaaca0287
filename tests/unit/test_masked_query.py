"""A query as it is kept: no text and no comment of it is left, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.engines.address import is_masked, masked_query

WRITTEN = [
    "'s3cret'", "'s3''cret'", "E's3\\'cret'", "e's3\\\\'", "U&'s3cret'", "$$s3cret$$", "$a$s3'cret$$ $a$", "N's3cret'", "X'53ec'",
    "'s3\\ncret'", "'s3\ncret'", "''",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_is_masked_and_what_stands_around_it_is_not(text: str) -> None:
    masked = masked_query(f'SELECT "col\'umn", 7 FROM t WHERE a = {text} AND b > 1.5')
    assert masked.startswith('SELECT "col\'umn", 7 FROM t WHERE a = \'***\' AND b > 1.5 -- SHA-256 of the whole query: ')
    assert is_masked(masked)
    assert masked_query(masked) == masked


@pytest.mark.parametrize(
    "comment", ["-- s3cret", "-- it's s3cret", "/* s3cret */", "/* a /* b */ s3cret */", "/* s3cret", "/* 's3cret */", "--"]
)
def test_a_comment_goes(comment: str) -> None:
    masked = masked_query(f"SELECT 1 {comment}\n")
    assert masked == "SELECT 1"
    assert not is_masked(masked)


@pytest.mark.parametrize("unsure", ["'it\\'s s3cret'", "'s3cret", "$$s3cret", "$a$s3cret$b$", "E's3cret\\'", "'a\\' || 's3cret'"])
def test_a_text_without_a_sure_end_is_masked_with_what_follows(unsure: str) -> None:
    assert masked_query(f"SELECT {unsure} AS s3cret").startswith("SELECT '***' -- SHA-256")


@pytest.mark.parametrize("plain", ["SELECT $1, a$b$c FROM t", 'SELECT """", "--" FROM "/*"', "SELECT a - -1 FROM t WHERE a / 2"])
def test_what_is_no_text_stays(plain: str) -> None:
    assert masked_query(plain) == plain


@given(st.lists(st.sampled_from([*WRITTEN, '"na\'me"', "-- s3cret\n", "/* s3cret */", "a", "= ", "1 "])))
def test_however_they_follow_each_other_no_text_is_left(parts: list[str]) -> None:
    masked = masked_query("SELECT " + " ".join(parts)).partition(" -- SHA-256")[0]
    assert "s3" not in masked
    assert "cret" not in masked
    assert masked.count("'***'") == sum(part in WRITTEN for part in parts)
    assert masked.count('"na\'me"') == parts.count('"na\'me"')
