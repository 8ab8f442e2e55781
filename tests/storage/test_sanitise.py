"""Text is stored storably and comes back exactly."""

from hypothesis import given
from hypothesis import strategies as st

from scramblebench.storage.sanitise import is_storable, pack, storable, unpack

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


@given(st.lists(st.none() | ANY_TEXT, min_size=1, max_size=4))
def test_packing_is_undone_by_unpacking(texts: list[str | None]) -> None:
    names = [f"column_{n}" for n in range(len(texts))]
    clean, exact = pack(names, tuple(texts))
    assert all(text is None or ("\0" not in text and text.encode()) is not False for text in clean)
    assert unpack(names, clean, exact) == tuple(texts)
    assert (exact is None) == all(is_storable(text) for text in texts)


@given(ANY_TEXT)
def test_storable_keeps_the_length_and_what_can_be_kept(text: str) -> None:
    clean = storable(text)
    assert is_storable(clean)
    assert len(clean) == len(text)
    assert all(a == b or b == "\ufffd" for a, b in zip(text, clean, strict=True))


def test_a_surrogate_pair_is_not_made_one_character() -> None:
    clean, exact = pack(["text"], ("\ud83d\ude00",))
    assert unpack(["text"], clean, exact) == ("\ud83d\ude00",)
