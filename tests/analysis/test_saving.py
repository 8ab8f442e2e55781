"""Results in the database: three tables filled, read back, replaced."""

import json
from collections.abc import Generator
from dataclasses import replace
from math import isfinite
from pathlib import Path

import numpy as np
import pytest

from scramblebench.analysis import Report, ScoreCube, make_report, marked_values, save_report
from scramblebench.core.conditions import Condition
from scramblebench.storage import Database, open_database
from scramblebench.testing.experiments import make_experiment
from tests.analysis.cubes import FEW, conditions, falling, make

ASKED = conditions((0, 33, 67, 100), ("word_shuffle", "letter_noise"))
CUBE = make(falling(40, levels=(0, 33, 67, 100, 33, 67, 100)), ASKED,
            benchmark=[n % 2 for n in range(40)], domain=[n // 20 for n in range(40)])  # fmt: skip
OPTIONS = replace(FEW, control_benchmark="bench1", floor_method="letter_noise")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Database]:
    is_lite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/x.db" if is_lite else request.getfixturevalue("postgres_url")
    found = open_database(url)
    found.migrate()
    found.experiments.add(replace(make_experiment("e1"), conditions=ASKED))
    yield found
    found.close()


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report("study", CUBE, OPTIONS)


def test_the_three_tables_hold_the_report(database: Database, report: Report):
    save_report(database.analyses, "e1", CUBE, report)
    analyses = database.analyses.analyses("e1")
    values = marked_values(report, None)
    kinds = [
        "accuracy",
        "domains",
        "dependency",
        "thresholds",
        "trends",
        "comparisons",
        "contrasts",
    ]
    assert sorted(record.kind for record in analyses) == sorted(kinds)
    for record in analyses:
        assert (record.name, record.inputs_sha256, record.seed) == (
            "study", CUBE.inputs_sha256, CUBE.seed,
        )  # fmt: skip
        found = json.loads(record.result_json)
        assert found["rows"] == json.loads(json.dumps(values[record.kind]))
        assert found["options"] == values["options"]
        assert found["cautions"] == values["cautions"]

    metrics = database.analyses.metrics("e1")
    # the baseline of both methods is one condition
    assert len(metrics) == 2 * 2 * 7 + 2 * 2 * 2
    accuracy = {(m.metric, m.model_index, m.condition_index): m for m in metrics}
    for row in report.accuracy:
        at = next(i for i, c in enumerate(ASKED) if c.level_pct == row.level_pct
                  and c.method in (row.method, "baseline"))  # fmt: skip
        found = accuracy[f"accuracy[{row.benchmark}]", "ab".index(row.model), at]
        assert (found.value, found.low, found.high) == (row.accuracy, row.low, row.high)
        assert (found.n_answered, found.n_planned) == (row.n_answered, row.n_planned)
    for row in report.dependency:
        name = f"dependency[{row.benchmark}, {row.method}]"
        assert accuracy[name, "ab".index(row.model), None].value == row.estimate

    thresholds = database.analyses.thresholds("e1")
    assert len(thresholds) == len(report.thresholds)
    by_place = {(t.model_index, t.benchmark, t.method, t.definition): t for t in thresholds}
    for row in report.thresholds:
        definition = f"{row.definition}, {row.estimator}"
        found = by_place["ab".index(row.model), row.benchmark, row.method, definition]
        assert found.level_pct == (row.level_pct if isfinite(row.level_pct) else None)
        assert json.loads(found.result_json)["status"] == row.status
        assert found.dependency_coefficient == next(
            d.estimate
            for d in report.dependency
            if (d.model, d.benchmark, d.method) == (row.model, row.benchmark, row.method)
        )


def sizes(database: Database) -> tuple[int, int, int]:
    store = database.analyses
    return len(store.analyses("e1")), len(store.metrics("e1")), len(store.thresholds("e1"))


def test_saved_again_takes_the_place_of_the_first(database: Database, report: Report):
    save_report(database.analyses, "e1", CUBE, report)
    before = sizes(database)
    changed = make_report("study", CUBE, replace(OPTIONS, confidence_level=0.9))
    save_report(database.analyses, "e1", CUBE, changed)
    assert sizes(database) == before
    (record,) = database.analyses.analyses("e1", "accuracy")
    assert json.loads(record.result_json)["options"]["confidence_level"] == 0.9
    assert database.analyses.metrics("e1")[0].low == changed.accuracy[0].low


def other_scores() -> ScoreCube:
    scores = CUBE.scores.copy()
    scores[0, 0, 0] = 1 - scores[0, 0, 0]
    return replace(CUBE, scores=scores)


def test_of_other_scores_is_kept_beside_and_the_metrics_are_those_of_the_last(
    database: Database, report: Report
):
    save_report(database.analyses, "e1", CUBE, report)
    first = sizes(database)
    cube = other_scores()
    save_report(database.analyses, "e1", cube, make_report("study", cube, OPTIONS))
    assert sizes(database) == (2 * first[0], first[1], 2 * first[2])


def test_the_same_definition_twice_is_one_threshold(database: Database):
    twice = replace(FEW, thresholds=(FEW.thresholds[0], FEW.thresholds[0]))
    save_report(database.analyses, "e1", CUBE, make_report("study", CUBE, twice))
    assert len(database.analyses.thresholds("e1")) == 2 * 2 * 2 * 2


def test_what_is_undefined_is_null(database: Database):
    asked = (ASKED[0], Condition("word_shuffle", 50), Condition("word_shuffle", 100))
    cube = make(np.full((2, 5, 3), np.nan), asked)
    save_report(database.analyses, "e1", cube, make_report("study", cube, FEW))
    assert all(m.value is None for m in database.analyses.metrics("e1"))
    assert all(t.level_pct is None for t in database.analyses.thresholds("e1"))
