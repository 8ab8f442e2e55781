"""The ``preregistration:`` section: what is misspelt or means nothing is refused with place and remedy."""

import pytest

from scramblebench.core.errors import ConfigError
from scramblebench.settings import parse_spec


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["primry: [levels]"], 's.yaml:2: unknown key "primry" in preregistration; did you mean "primary"?'),
        (["hypotheses: [It falls.]", "primary: [level]"], "s.yaml:3: .*'level' is not known; did you mean levels?"),
        (["primary: []"], "primary is empty; name at least one"),
        (["pairs: [[a, b]]"], "pairs needs one of mean_accuracy, single_levels, dependency_differences"),
        (["primary: [mean_accuracy]", "pairs: [[a]]"], r"\[a\] is not two different models"),
        (["primary: [mean_accuracy]", "pairs: [[a, a]]"], r"\[a, a\] is not two different models"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(lines: list[str], words: str):
    text = "preregistration:\n" + "".join(f"  {line}\n" for line in lines)
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")):
        parse_spec(text, "s.yaml")


def test_without_it_levels_and_dependency_are_primary():
    assert parse_spec("").preregistration.primary == ("levels", "dependency")
