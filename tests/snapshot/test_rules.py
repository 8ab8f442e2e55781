"""The table of differences: the documentation has it word for word, and it is consistent."""

import re
from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.snapshot import Tolerance, read_tolerance, rules

PAGE = (Path(__file__).parents[2] / "docs" / "reproducibility.md").read_text("utf-8")
SEVERITY = (rules.Standing.IGNORED, rules.Standing.WARNING, rules.Standing.ISSUE)


def _block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", PAGE, re.DOTALL)
    assert found, f"docs/reproducibility.md has no block {name}"
    return found[1]


def test_the_documentation_has_the_table():
    assert _block("rules") == rules.rules_as_markdown()
    assert _block("groups") == rules.groups_as_markdown()


def test_the_documentation_names_the_packages_that_results_depend_on():
    assert set(re.findall(r"`([^`]+)`", _block("packages"))) == rules.RESULT_NAMES


def test_a_looser_tolerance_never_makes_more_of_a_difference():
    for rule in rules.RULES:
        standings = [SEVERITY.index(rule.standing(tolerance)) for tolerance in Tolerance]
        assert standings == sorted(standings, reverse=True), rule.words


def test_every_rule_is_in_the_table():
    named = {value for value in vars(rules).values() if isinstance(value, rules.Rule)}
    assert named == set(rules.RULES)
    assert len(rules.RULES) == len(set(rules.RULES))


def test_lenient_is_loose_and_an_unknown_word_is_refused():
    assert read_tolerance("lenient") is Tolerance.LOOSE
    assert [read_tolerance(word) for word in ("strict", "moderate", "loose")] == list(Tolerance)
    for word in ("", "Strict", "relaxed"):
        with pytest.raises(
            UsageError, match="use one of strict, moderate, loose, lenient"
        ) as found:
            read_tolerance(word)
        assert "\n" not in str(found.value)
