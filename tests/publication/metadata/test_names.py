"""Authors: filed by their family names, told apart by ORCIDs that are really theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import UsageError
from scramblebench.publication.names import split_name
from scramblebench.publication.source import Author


@pytest.mark.parametrize(
    ("name", "given_name", "family"),
    [
        ("Dr. Smith", "", "Smith"),
        ("Jane Q. Smith", "Jane Q.", "Smith"),
        ("Smith, Jane", "Jane", "Smith"),
        ("Smith, Dr. Jane", "Jane", "Smith"),
        ("Jane Smith, PhD", "Jane", "Smith"),
        ("Jane Smith Ph.D.", "Jane", "Smith"),
        ("Prof. Dr. med. Anna von der Leyen", "Anna", "von der Leyen"),
        ("Guido van Rossum", "Guido", "van Rossum"),
        ("van Gogh", "", "van Gogh"),
        ("Martin Luther King Jr.", "Martin Luther", "King Jr."),
        ("jane smith", "jane", "smith"),
        ("Ma Yo", "Ma", "Yo"),
        ("Dr.", "", "Dr."),
        ("李 小龙", "李", "小龙"),
        ("", "", ""),
    ],
)
def test_names_are_split_as_libraries_do(name: str, given_name: str, family: str):
    assert split_name(name) == (given_name, family)


@given(
    st.lists(
        st.text(st.characters(categories=["Lu"]), min_size=3, max_size=8), min_size=1, max_size=4
    )
)
def test_no_word_of_a_name_is_lost(words: list[str]):
    known = {"PROF", "MAG", "PHD", "III", "PROFESSOR", "MRS"}
    words = [word for word in words if word not in known] or ["ABC"]
    author = Author(" ".join(words))
    assert author.full.split() == words


def test_a_name_in_braces_is_a_groups():
    group = Author("{Language and Reading Lab}")
    assert (group.family, group.given, group.is_group) == ("Language and Reading Lab", "", True)
    assert not Author("{").is_group


@pytest.mark.parametrize(
    "orcid",
    [
        "0000-0002-1825-0097",
        "https://orcid.org/0000-0002-1825-0097",
        "orcid.org/0000-0002-1825-0097/",
    ],
)
def test_an_orcid_is_kept_as_its_digits(orcid: str):
    assert Author("Jane Smith", orcid=orcid).orcid == "0000-0002-1825-0097"


def test_the_check_digit_may_be_ten():
    assert Author("Jane Smith", orcid="0000-0002-1694-233x").orcid == "0000-0002-1694-233X"


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0098", "0000-0002-1825-009", "", "x\n0"])
def test_a_wrong_orcid_is_refused_in_one_line(orcid: str):
    with pytest.raises(UsageError, match="of Jane") as raised:
        Author("Jane", orcid=orcid)
    assert "\n" not in str(raised.value)


@given(st.integers(0, 10**15 - 1), st.integers(0, 14), st.integers(1, 9))
def test_any_wrong_digit_is_found(number: int, place: int, shift: int):
    total = 0
    digits = f"{number:015d}"
    for digit in digits:
        total = (total + int(digit)) * 2
    digits += "0123456789X"[(12 - total % 11) % 11]

    def grouped(text: str) -> str:
        return "-".join(text[start : start + 4] for start in range(0, 16, 4))

    assert Author("A", orcid=grouped(digits)).orcid == grouped(digits)
    other = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    with pytest.raises(UsageError):
        Author("A", orcid=grouped(other))
