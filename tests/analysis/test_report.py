"""The whole report: the same scores give the same bytes, other options other results."""

import json
from dataclasses import replace
from functools import cache
from math import isnan
from typing import Any

import numpy as np
import pytest

import scramblebench.analysis.report as report_module
from scramblebench.analysis import (
    AnalysisOptions,
    DeclaredRow,
    ScoreCube,
    make_report,
    report_values,
)
from scramblebench.analysis.definitions import parse_threshold
from scramblebench.analysis.options import Correction
from scramblebench.analysis.plain import plain, to_json
from scramblebench.statistics import Status
from tests.analysis.cubes import FEW, conditions, falling, make

DECLARED = DeclaredRow(question="b minus a at level 0", answer="higher", estimate=0.1, low=0.02,
                       high=0.2, p_value=0.01, n_questions=60)  # fmt: skip
ASKED = conditions((0, 33, 67, 100), ("word_shuffle", "letter_noise"))


def cube_of(seed: int = 1) -> ScoreCube:
    """Two models, two benchmarks, two methods, two domains, passages in one benchmark."""
    benchmark = [n % 2 for n in range(60)]
    cluster = [100 + n // 8 if n % 2 else n for n in range(60)]
    scores = falling(60, seed=seed, levels=(0, 33, 67, 100, 33, 67, 100))
    return make(scores, ASKED, benchmark=benchmark, cluster=cluster,
                domain=[n // 30 for n in range(60)])  # fmt: skip


FULL = replace(FEW, control_benchmark="bench1", floor_method="letter_noise")


@cache
def values_of(options: AnalysisOptions) -> dict[str, Any]:
    """Return the report of the cube as it is read back; computed once."""
    return json.loads(text_of(cube_of(), options))


def text_of(cube: ScoreCube, options: AnalysisOptions = FULL, **more: Any) -> str:
    return json.dumps(report_values(make_report("n", cube, options, **more)), allow_nan=False)


def test_the_same_scores_and_options_give_the_same_bytes():
    assert text_of(cube_of()) == text_of(cube_of())


def test_another_score_gives_another_hash_seed_and_result():
    one, two = (json.loads(text_of(cube_of(seed))) for seed in (1, 2))
    for key in ("inputs_sha256", "seed", "accuracy", "comparisons", "trends"):
        assert one[key] != two[key]


def test_every_part_is_there():
    values = values_of(FULL)
    sizes = {key: len(found) for key, found in values.items() if isinstance(found, list)}
    # 2 models, 2 benchmarks, 2 methods: 8 curves of 4 levels
    assert sizes["accuracy"] == 8 * 4
    assert sizes["domains"] == 2 * 8 * 4
    assert sizes["dependency"] == sizes["trends"] == 8
    assert sizes["thresholds"] == 8 * 2 * 2
    # a level is held against the baseline; models by level (the baseline once), over levels, dependency
    assert sizes["comparisons"] == 8 * 3 + 2 * (4 + 3) + 4 + 4
    assert sizes["contrasts"] == 2 * 2 * 3 + 2 * 2 * 3
    assert values["options"]["thresholds"] == ["50% of above-chance baseline", "50% of baseline"]
    assert set(values["versions"]) == {"scramblebench", "numpy", "scipy", "statsmodels"}
    assert values["declared"] is None


def test_nothing_tells_when_or_under_which_id_it_was_computed():
    assert text_of(cube_of()).count("experiment_id") == 0
    assert set(values_of(FULL)) == {
        "name", "inputs_sha256", "seed", "options", "versions", "cautions", "accuracy", "domains",
        "dependency", "thresholds", "trends", "comparisons", "contrasts", "declared",
    }  # fmt: skip


def rows_by_place(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the rows by all that names them."""
    names = ("model", "first", "second", "benchmark", "method", "kind", "definition", "estimator")
    level = () if kind == "thresholds" else ("level_pct",)
    return {str([row.get(name) for name in (*names, *level)]): row for row in values[kind]}


def test_the_order_of_computing_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    forwards, in_order = values_of(FEW), report_module.panels
    monkeypatch.setattr(
        report_module, "panels", lambda cube, **more: reversed(list(in_order(cube, **more)))
    )
    backwards = json.loads(text_of(cube_of(), FEW))
    assert forwards["accuracy"] != backwards["accuracy"]
    for kind in ("accuracy", "dependency", "thresholds", "trends", "comparisons"):
        one, two = rows_by_place(forwards, kind), rows_by_place(backwards, kind)
        if kind == "comparisons":  # the models' baseline stands in the other method's family now
            one, two = (
                {k: v for k, v in rows.items() if v["kind"] != "accuracy"} for rows in (one, two)
            )
        assert one == two, kind
        assert one, kind


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        (replace(FEW, confidence_level=0.9), "accuracy"),
        (replace(FEW, confidence_level=0.9), "dependency"),
        (replace(FEW, correction=Correction.BONFERRONI), "comparisons"),
        (replace(FEW, is_exact=True), "comparisons"),
        (replace(FEW, is_family_whole=True), "comparisons"),
        (replace(FEW, accuracy_margin=0.1), "comparisons"),
        (replace(FEW, dependency_margin=0.2), "comparisons"),
        (replace(FEW, n_resamples=300), "thresholds"),
        (replace(FEW, thresholds=(parse_threshold("accuracy below 0.4"),)), "thresholds"),
        (replace(FEW, has_dependency=False), "dependency"),
        (replace(FEW, has_thresholds=False), "thresholds"),
        (replace(FEW, control_benchmark="bench1"), "contrasts"),
        (replace(FEW, floor_method="letter_noise"), "contrasts"),
    ],
)
def test_options_change_results(changed: AnalysisOptions, key: str):
    one, two = values_of(FEW), values_of(changed)
    assert one[key] != two[key]
    assert one["options"] != two["options"]
    assert one["inputs_sha256"] == two["inputs_sha256"]


def p_values(value: Any, path: str = "") -> dict[str, Any]:
    """Return everything under a key that is a p-value, by its path."""
    if isinstance(value, dict):
        found = {
            f"{path}.{key}": v
            for key, v in value.items()
            if key.split("_")[0] == "p" or key.endswith("_p")
        }
        return found | {
            k: v for key, item in value.items() for k, v in p_values(item, f"{path}.{key}").items()
        }
    if isinstance(value, list):
        return {
            k: v for n, item in enumerate(value) for k, v in p_values(item, f"{path}[{n}]").items()
        }
    return {}


def test_beside_a_declared_question_no_test_for_a_fixed_number_has_a_p_value():
    without = p_values(values_of(FULL))
    assert sum(found is not None for found in without.values()) > 50
    values = json.loads(text_of(cube_of(), declared=DECLARED))
    found = p_values(values)
    assert found.keys() == without.keys() | {".declared.p_value"}
    assert {path for path, p in found.items() if p is not None} == {".declared.p_value"}
    assert any("may end the experiment early" in words for words in values["cautions"])
    assert values["declared"]["question"] == DECLARED.question


def test_what_is_computed_is_told():
    told: list[str] = []
    make_report("n", cube_of(), FEW, advance=told.append)
    assert told == [
        f"bench{n} · {method}" for n in (0, 1) for method in ("word_shuffle", "letter_noise")
    ]


def test_plain_values_have_no_nan_no_infinity_and_no_enum():
    found = plain(
        {"a": float("nan"), "b": (float("inf"), float("-inf")), "c": Status.OK, 1: [np.float64(2)]}
    )
    assert found == {"a": None, "b": ["inf", "-inf"], "c": "ok", "1": [2.0]}
    assert type(found["c"]) is str
    assert to_json({"b": 1, "a": None}) == '{"a":null,"b":1}'


def test_rows_in_memory_hold_nan_and_not_none():
    found = make_report("n", cube_of(), FEW, declared=DECLARED)
    assert all(isnan(row.p_value) for row in found.comparisons)
