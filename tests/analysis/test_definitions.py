"""Definitions of thresholds, and options by their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis.definitions import Reference, ThresholdDefinition, parse_threshold
from scramblebench.analysis.options import AnalysisOptions, Correction, correction, options_of
from scramblebench.core.errors import UsageError
from scramblebench.settings import spec_from_mapping


@pytest.mark.parametrize(
    ("text", "reference", "share"),
    [
        ("50% of baseline", Reference.BASELINE, 0.5),
        ("50 % of the baseline", Reference.BASELINE, 0.5),
        ("  75.5% OF BASELINE ", Reference.BASELINE, 0.755),
        ("50% of above-chance baseline", Reference.ABOVE_CHANCE, 0.5),
        ("50% of above chance baseline", Reference.ABOVE_CHANCE, 0.5),
        ("accuracy below 0.4", Reference.ACCURACY, 0.4),
        ("accuracy under 40%", Reference.ACCURACY, 0.4),
        ("accuracy < 0.4", Reference.ACCURACY, 0.4),
    ],
)
def test_what_people_write(text: str, reference: Reference, share: float):
    found = parse_threshold(text)
    assert found.reference is reference
    assert found.share == pytest.approx(share)
    assert parse_threshold(found.text) == found


@pytest.mark.parametrize(
    "text",
    ["", "half", "50", "50% of nothing", "0% of baseline", "100% of baseline", "150% of baseline",
     "-5% of baseline", "accuracy below 40", "accuracy below 1", "accuracy below 0", "1.2.3% of baseline",
     "50% of baseline or so"],
)  # fmt: skip
def test_nonsense_is_refused_with_examples(text: str):
    with pytest.raises(UsageError) as caught:
        parse_threshold(text)
    assert '"50% of above-chance baseline"' in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.sampled_from(Reference), st.integers(1, 99))
def test_a_definition_is_read_back_from_its_words(reference: Reference, percent: int):
    definition = ThresholdDefinition(reference, percent / 100)
    found = parse_threshold(definition.text)
    assert found.reference is reference
    assert found.share == pytest.approx(definition.share)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("50% of baseline", 0.4),
        ("50% of above-chance baseline", 0.5),
        ("accuracy below 0.3", 0.3),
    ],
)
def test_targets(text: str, target: float):
    assert parse_threshold(text).target(baseline=0.8, chance=0.2) == pytest.approx(target)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("fdr", Correction.BH), ("fdr_bh", Correction.BH), ("fdr_by", Correction.BY),
     ("holm", Correction.HOLM), ("max_t", Correction.MAX_T), ("none", Correction.NONE)],
)  # fmt: skip
def test_corrections_by_name_and_alias(name: str, wanted: Correction):
    assert correction(name) is wanted


def test_an_unknown_correction():
    with pytest.raises(ValueError, match="tukey"):
        correction("tukey")


def options_from(**section: object) -> AnalysisOptions:
    values = {
        "models": [{"name": "m", "provider": "simulated"}],
        "benchmarks": {"b": {"paths": "x.csv"}},
        "statistical_analysis": section,
    }
    return options_of(spec_from_mapping(values).spec.statistical_analysis)


def test_defaults_are_those_of_the_configuration():
    assert options_from() == AnalysisOptions()
    assert AnalysisOptions().alpha == pytest.approx(0.05)


def test_each_key_of_the_configuration_takes_effect():
    found = options_from(
        confidence_level=0.9, correction_method="fdr", family="experiment", paired_test="exact",
        n_resamples=1234, accuracy_margin=0.03, dependency_margin=0.1,
        threshold_definitions=["accuracy below 0.4"], calculate_language_dependency=False,
        threshold_analysis=False, control_benchmark="c", floor_method="f",
    )  # fmt: skip
    assert found == AnalysisOptions(
        confidence_level=0.9, correction=Correction.BH, is_family_whole=True, is_exact=True,
        n_resamples=1234, accuracy_margin=0.03, dependency_margin=0.1,
        thresholds=(ThresholdDefinition(Reference.ACCURACY, 0.4),), has_dependency=False,
        has_thresholds=False, control_benchmark="c", floor_method="f",
    )  # fmt: skip
