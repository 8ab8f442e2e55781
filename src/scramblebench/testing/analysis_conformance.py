"""What every ``AnalysisStore`` must do."""

from dataclasses import replace

import pytest

from scramblebench.core.errors import ExperimentNotFound, StorageError, UsageError
from scramblebench.storage import (
    ABTestRecord,
    AnalysisRecord,
    Database,
    MetricRecord,
    ThresholdRecord,
)
from scramblebench.testing.experiments import START, make_experiment

_ANALYSIS = AnalysisRecord("dependency", "a \0 name", "ab" * 32, 7, '{"x":null}')
_METRIC = MetricRecord(0, 1, "accuracy", 0.25, None, 0.5, 3, 5)
_THRESHOLD = ThresholdRecord(
    1, "facts", "letter_shuffle", "50% of baseline", 0.9, 41.5, 33.0, None, 0.4, "cd" * 32, 7, "{}"
)
_TEST = ABTestRecord("t-1", "e1", "llama \0 gemma", '{"margin":0.02}', START)


class AnalysisConformance:
    """Results are replaced by those of the same name and inputs, and kept beside others."""

    def test_results_come_back_as_they_were(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.analyses.save("e1", [_ANALYSIS], [_METRIC], [_THRESHOLD])
        assert list(database.analyses.analyses("e1")) == [_ANALYSIS]
        assert list(database.analyses.metrics("e1")) == [_METRIC]
        assert list(database.analyses.thresholds("e1")) == [_THRESHOLD]
        assert list(database.analyses.analyses("e1", "other")) == []

    def test_the_same_result_again_takes_its_place(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        again = replace(_ANALYSIS, result_json="[2]")
        other = replace(_ANALYSIS, inputs_sha256="ef" * 32)
        for analyses in ([_ANALYSIS], [other], [again]):
            database.analyses.save("e1", analyses, [_METRIC], [_THRESHOLD])
        assert list(database.analyses.analyses("e1")) == [other, again]
        assert list(database.analyses.metrics("e1")) == [_METRIC]
        assert list(database.analyses.thresholds("e1")) == [_THRESHOLD]

    def test_experiments_do_not_share_results(self, database: Database) -> None:
        for name in ("e1", "e2"):
            database.experiments.add(make_experiment(name))
        database.analyses.save("e1", [_ANALYSIS], [_METRIC], [_THRESHOLD])
        database.analyses.save("e2", [_ANALYSIS], [replace(_METRIC, value=None)])
        assert list(database.analyses.metrics("e1")) == [_METRIC]
        assert list(database.analyses.thresholds("e2")) == []
        with pytest.raises(ExperimentNotFound):
            database.analyses.save("e3", [_ANALYSIS])

    def test_a_test_is_found_by_id_and_by_name(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        later = replace(_TEST, id="t-2", name="other")
        database.analyses.add_ab_test(_TEST)
        database.analyses.add_ab_test(later)
        assert database.analyses.ab_test("t-1") == _TEST
        assert database.analyses.ab_test("other") == later
        assert list(database.analyses.ab_tests("e1")) == [_TEST, later]
        assert list(database.analyses.ab_tests()) == [_TEST, later]
        with pytest.raises(UsageError, match="no A/B test"):
            database.analyses.ab_test("t-3")
        with pytest.raises(StorageError):
            database.analyses.add_ab_test(_TEST)
