"""What differs, and what that means, as the table says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import UsageError
from scramblebench.snapshot import Tolerance, compare_environments, read_snapshot, rules
from tests.snapshot.environments import COMMIT, OTHER_COMMIT, environment, git, packages

ONE_CHANGE: list[tuple[rules.Rule, dict[str, Any], str]] = [
    (rules.INPUT_FILE, {"files": {"gsm8k.jsonl": "d" * 64}}, "file gsm8k.jsonl has changed"),
    (rules.INPUT_FILE, {"files": {}}, "file gsm8k.jsonl is missing"),
    (rules.IMPLEMENTATION, {"python__implementation": "PyPy"}, "PyPy instead of CPython"),
    (rules.PYTHON_MINOR, {"python__version": "3.12.7"}, "Python: 3.12.7 instead of 3.11.7"),
    (rules.PYTHON_MINOR, {"python__version": "4.11.7"}, "Python: 4.11.7"),
    (rules.PYTHON_PATCH, {"python__version": "3.11.9"}, "Python: 3.11.9"),
    (rules.RESULT_MISSING, {"packages": packages(numpy=None)}, "numpy 2.1.0 is not installed"),
    (rules.RESULT_MAJOR, {"packages": packages(numpy="1.26.4")}, "numpy: 1.26.4 instead of 2.1.0"),
    (rules.RESULT_MAJOR, {"packages": packages(statsmodels="0.15.0")}, "statsmodels: 0.15.0"),
    (rules.RESULT_MAJOR, {"packages": packages(numpy="unknown")}, "numpy: unknown"),
    (rules.RESULT_MINOR, {"packages": packages(numpy="2.2.0")}, "numpy: 2.2.0"),
    (rules.RESULT_PATCH, {"packages": packages(numpy="2.1.1")}, "numpy: 2.1.1"),
    (rules.RESULT_PATCH, {"packages": packages(numpy="2.1.0+local")}, "numpy: 2.1.0+local"),
    (rules.RESULT_PATCH, {"packages": packages(statsmodels="0.14.5")}, "statsmodels: 0.14.5"),
    (rules.OTHER_MISSING, {"packages": packages(attrs=None)}, "attrs 24.2.0 is not installed"),
    (rules.OTHER_MAJOR, {"packages": packages(attrs="25.2.0")}, "attrs: 25.2.0"),
    (rules.OTHER_VERSION, {"packages": packages(attrs="24.3.0")}, "attrs: 24.3.0"),
    (rules.OTHER_VERSION, {"packages": packages(attrs="24.2.1")}, "attrs: 24.2.1"),
    (rules.OTHER_ADDED, {"packages": packages(more="1.0")}, "more 1.0 was not installed"),
    (
        rules.PACKAGE_COMMIT,
        {"package_sources": {"rich": {"kind": "commit", "commit": OTHER_COMMIT}}},
        "commit of rich",
    ),
    (rules.CODE_COMMIT, {"git__code": git(OTHER_COMMIT)}, f"{OTHER_COMMIT} instead of {COMMIT}"),
    (rules.CODE_DIRTY, {"git__code": git(is_dirty=True)}, "code of ScrambleBench: now with"),
    (rules.PROJECT_COMMIT, {"git__project": git(OTHER_COMMIT)}, "commit of the folder"),
    (rules.PROJECT_DIRTY, {"git__project": git(is_dirty=True)}, "folder of the study: now with"),
    (rules.SYSTEM, {"platform__system": "Darwin"}, "Darwin instead of Linux"),
    (rules.ARCHITECTURE, {"platform__machine": "arm64"}, "arm64 instead of x86_64"),
    (rules.C_LIBRARY, {"platform__libc": "glibc 2.41"}, "glibc 2.41"),
    (rules.RELEASE, {"platform__release": "6.12.0"}, "kernel: 6.12.0"),
    (rules.RELEASE, {"platform__distribution": "ubuntu 24.04"}, "ubuntu 24.04"),
    (rules.GPU, {"hardware__gpus": []}, "GPUs: none instead of NVIDIA L4, driver 550.54"),
    (rules.HARDWARE, {"hardware__cpu": "Xeon"}, "processor: Xeon"),
    (rules.HARDWARE, {"hardware__n_cores": 2}, "cores: 2 instead of 8"),
    (rules.HARDWARE, {"hardware__memory_gib": 15.6}, "memory in GiB: 15.6"),
    (rules.COMPUTING, {"variables__OMP_NUM_THREADS": "1"}, "OMP_NUM_THREADS: 1 instead of 4"),
    (rules.COMPUTING, {"variables__PYTHONHASHSEED": "0"}, "PYTHONHASHSEED: 0 instead of (not set)"),
    (rules.LOCALE, {"variables__LANG": "de_DE.UTF-8"}, "LANG: de_DE.UTF-8"),
    (rules.LOCALE, {"locale__time_zones": ["CET", "CEST"]}, "time zones: CET, CEST instead of UTC"),
    (rules.DATABASE, {"database__version": "3.50.0"}, "database: sqlite 3.50.0"),
    (rules.UNKNOWN, {"files": None}, "file gsm8k.jsonl: not looked for"),
    (rules.UNKNOWN, {"git__code": None}, "commit of the code of ScrambleBench: not now known"),
    (rules.UNKNOWN, {"database": None}, "database: not now known"),
    (rules.UNKNOWN, {"variables__LANG": None}, "LANG: not now known"),
]


@pytest.mark.parametrize("tolerance", [*Tolerance, "lenient"])
def test_the_same_machine_is_reproducible(tolerance: str):
    found = compare_environments(environment(), environment(), tolerance)
    assert (found.is_reproducible, found.confidence) == (True, 1.0)
    assert (found.issues, found.warnings) == ((), ())
    assert found.details["differences"] == found.details["not_checked"] == []


@pytest.mark.parametrize("tolerance", list(Tolerance))
@pytest.mark.parametrize(
    ("rule", "change", "words"), ONE_CHANGE, ids=[f"{r.words}-{w}" for r, _, w in ONE_CHANGE]
)
def test_one_change_is_what_the_table_says(
    rule: rules.Rule, change: dict[str, Any], words: str, tolerance: Tolerance
):
    found = compare_environments(environment(), environment(**change), tolerance)
    standing = rule.standing(tolerance)
    is_issue, is_warning = standing is rules.Standing.ISSUE, standing is rules.Standing.WARNING
    assert found.is_reproducible is not is_issue
    assert (len(found.issues), len(found.warnings)) == (is_issue, is_warning)
    assert all(words in said for said in (*found.issues, *found.warnings))
    if rule is rules.UNKNOWN:
        assert words in found.details["not_checked"][0]
        assert found.confidence == 1.0
    else:
        (difference,) = found.details["differences"]
        assert (difference["standing"], difference["kind"]) == (str(standing), rule.words)
        assert found.confidence < 1.0


def test_every_rule_is_tried_above():
    assert {rule for rule, _, _ in ONE_CHANGE} == set(rules.RULES)


def test_changes_then_cannot_be_restored_now():
    dirty = environment(git__code=git(is_dirty=True))
    found = compare_environments(dirty, environment(), "strict")
    assert found.issues == ("code of ScrambleBench: then with changes that are in no commit",)


def test_the_confidence_is_the_weighted_share_that_is_documented():
    changed = environment(packages=packages(numpy="1.0", scipy="1.0"))
    found = compare_environments(environment(), changed)
    total = sum(group.weight for group in rules.GROUPS)
    expected = (total - rules.RESULT_PACKAGES.weight * 2 / 4) / total
    assert found.confidence == pytest.approx(expected)
    assert found.details["groups"]["packages that results depend on"] == {"n": 4, "n_agreeing": 2}


def test_what_cannot_be_checked_does_not_count():
    bare = {"files": None, "database": None, "git__code": None, "git__project": None}
    changed = {**bare, "python__version": "3.12.0"}
    found = compare_environments(environment(**bare), environment(**changed))
    total = sum(g.weight for g in rules.GROUPS if g not in (rules.FILES, rules.CODE))
    assert found.confidence == pytest.approx((total - rules.PYTHON.weight / 2) / total)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def _damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return an environment in which any value, however deep, has become any other."""
    snapshot = environment()
    for _ in range(draw(st.integers(1, 4))):
        place, key = snapshot, draw(st.sampled_from(sorted(snapshot)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place, key = place[key], draw(st.sampled_from(sorted(place[key])))
        place[key] = draw(_JSON)
    return snapshot


@given(_damaged(), _damaged())
def test_a_snapshot_of_anything_is_compared_or_refused_in_one_line(
    original: dict[str, Any], current: dict[str, Any]
):
    refused = ""
    try:
        first, second = read_snapshot(json.dumps(original)), read_snapshot(json.dumps(current))
    except UsageError as error:
        refused = str(error)
    assert "\n" not in refused
    if refused:
        return
    strict, moderate, loose = (compare_environments(first, second, t) for t in Tolerance)
    assert 0 <= strict.confidence == moderate.confidence == loose.confidence <= 1
    assert set(loose.issues) <= set(moderate.issues) <= set(strict.issues)
    json.dumps(strict.details)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON at line 1"),
        ("{}", "no snapshot of an environment"),
        ('{"schema": 3}', "no snapshot of an environment"),
        ('{"schema": "scramblebench-environment/2"}', "upgrade scramblebench"),
        ('{"schema": "scramblebench-environment/1"}', "section 'python' is missing"),
        ("[" * 100_000, "cannot be read"),
        ("no/such/file", "No such file"),
        ("a\0b", "null"),
    ],
)
def test_what_is_no_snapshot_is_refused_in_one_line(text: str, words: str):
    with pytest.raises(UsageError, match=words) as found:
        read_snapshot(text)
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 400
