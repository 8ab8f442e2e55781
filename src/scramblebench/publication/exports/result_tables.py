"""The tables of the analysis: one place defines their columns, named as the fields of its rows."""

from scramblebench.publication.exports.columns import (
    Column,
    Table,
    boolean,
    integer,
    mapping,
    number,
    text,
    texts,
)

_SHARE, _DIFFERENCE, _PERCENT = "0 to 1", "-1 to 1", "percent"
_UNDEFINED = "undefined; status says why"
_NOT_GIVEN = "undefined, or the experiment may stop early and tests for a fixed size do not hold"
_ALONE = "each question stands alone"
_WITHOUT = "this kind of comparison has none"

_MODEL = text("model", "Name of the model in all tables.")
_BENCHMARK = text("benchmark", "Name of the benchmark.")
_METHOD = text("method", "How the text was scrambled.")
_SIMULATED = boolean("is_simulated", "Whether answers are simulated: no measurements.")
_CURVE = (_MODEL, _BENCHMARK, _METHOD, _SIMULATED)
_STATUS = text("status", "ok, or why a number is undefined.")
_WARNINGS = texts("warnings", "What a reader of the numbers should know.")
_INTERVAL_METHOD = text("interval_method", "How the interval was made.")
_N_QUESTIONS = integer("n_questions", "Questions with a response.")
_N_CLUSTERS = integer("n_clusters", "Contexts that the questions are about: the unit.", "", _ALONE)
_N_MISSING = integer("n_missing", "Planned trials without a response.")
_ESTIMATOR_P = number("p_value", "Unadjusted p-value.", _SHARE, _NOT_GIVEN)


def _limits(unit: str, of: str = "", empty: str = _UNDEFINED) -> tuple[Column, Column]:
    words = f"limit of the confidence interval{of}."
    return (
        number("low", f"Lower {words}", unit, empty),
        number("high", f"Upper {words}", unit, empty),
    )


_POINT = (
    *_CURVE,
    text("domain", "Domain of the questions.", "", "all domains"),
    number("level_pct", "Nominal level of scrambling.", _PERCENT),
    number("accuracy", "Mean score; no answer scores 0.", _SHARE, "nothing was answered"),
    *_limits(_SHARE, empty="too few questions were answered"),
    _INTERVAL_METHOD,
    number("band_low", "Lower limit of the band for the whole curve.", _SHARE, "no band"),
    number("band_high", "Upper limit of the band for the whole curve.", _SHARE, "no band"),
    number("chance", "Accuracy of blind guessing.", _SHARE),
    _N_QUESTIONS,
    _N_CLUSTERS,
    integer("n_answered", "Responses."),
    integer("n_planned", "Planned trials."),
    _N_MISSING,
    integer("n_no_answer", "Responses that hold no answer; they score 0."),
    _WARNINGS,
)
ACCURACY = Table("accuracy", "a point of a curve", _POINT)
DOMAINS = Table("domains", "a point of a curve of one domain", _POINT)

DEPENDENCY = Table(
    "dependency",
    "a dependency coefficient of a model on a benchmark",
    (
        *_CURVE,
        text("definition", "What the coefficient is."),
        number("estimate", "Above-chance accuracy lost, averaged over levels.", "1 is all", _UNDEFINED),
        *_limits("1 is all", " (Fieller)"),
        _INTERVAL_METHOD,
        number("bca_low", "Lower limit of the bootstrap (BCa).", "1 is all", _UNDEFINED),
        number("bca_high", "Upper limit of the bootstrap (BCa).", "1 is all", _UNDEFINED),
        number("baseline_accuracy", "Accuracy on the unaltered text.", _SHARE, _UNDEFINED),
        number("drop", "Accuracy lost from the baseline to the highest level.", _DIFFERENCE, _UNDEFINED),
        _N_QUESTIONS,
        _N_CLUSTERS,
        _N_MISSING,
        _STATUS,
        _WARNINGS,
        mapping("others", "Other published definitions by name; null: undefined."),
    ),
)  # fmt: skip

_BEYOND = "undefined; status says why. Infinite: beyond the highest level"
THRESHOLDS = Table(
    "thresholds",
    "the level at which accuracy has fallen to a target",
    (
        *_CURVE,
        text("definition", "What the target is."),
        text("estimator", "isotonic (no shape assumed) or weibull."),
        number("level_pct", "The threshold; infinite: not reached.", _PERCENT, _UNDEFINED),
        number("low_pct", "Lower limit of its interval.", _PERCENT, _BEYOND),
        number("high_pct", "Upper limit of its interval.", _PERCENT, _BEYOND),
        number("target", "Accuracy at the threshold.", _SHARE, _UNDEFINED),
        number("baseline_accuracy", "Accuracy on the unaltered text.", _SHARE, _UNDEFINED),
        number("highest_level_pct", "Highest level tested.", _PERCENT),
        _N_QUESTIONS,
        _STATUS,
        _WARNINGS,
    ),
)

TRENDS = Table(
    "trends",
    "the mean slope of the questions of a curve",
    (
        *_CURVE,
        number("slope", "Change of accuracy from level 0 to 100.", "share", _UNDEFINED),
        *_limits("share"),
        number("p_value", "p-value of the t test.", _SHARE, _NOT_GIVEN),
        number("sign_flip_p", "p-value of the permutation test.", _SHARE, _NOT_GIVEN),
        _N_QUESTIONS,
        _N_CLUSTERS,
        _STATUS,
        _WARNINGS,
    ),
)

_MARGIN = "no margin of equivalence was declared, or no test at this size"
COMPARISONS = Table(
    "comparisons",
    "one test of a declared family; first minus second",
    (
        text("kind", "level, accuracy, mean_accuracy or dependency."),
        text("first", "What is compared."),
        text("second", "With what."),
        _BENCHMARK,
        _METHOD,
        number("level_pct", "Level compared.", _PERCENT, "all levels"),
        _SIMULATED,
        text("test", "The test."),
        number("statistic", "Its statistic.", "", _UNDEFINED),
        number("df", "Its degrees of freedom.", "", "the test has none"),
        _ESTIMATOR_P,
        number("p_adjusted", "p-value adjusted within the family.", _SHARE, _NOT_GIVEN),
        text("correction", "How it was adjusted."),
        text("family", "What was adjusted together."),
        integer("family_size", "Defined tests of the family."),
        number("estimate", "First minus second.", _DIFFERENCE, _UNDEFINED),
        *_limits(_DIFFERENCE),
        _INTERVAL_METHOD,
        number("first_mean", "Mean of the first.", _SHARE, _WITHOUT),
        number("second_mean", "Mean of the second.", _SHARE, _WITHOUT),
        number("first_sd", "Standard deviation of the first.", "share", _WITHOUT),
        number("second_sd", "Standard deviation of the second.", "share", _WITHOUT),
        integer("n_first_only", "Questions that only the first got right.", "", _WITHOUT),
        integer("n_second_only", "Questions that only the second got right.", "", _WITHOUT),
        number("effect_size", "Standardised effect.", "", _UNDEFINED),
        text("effect_size_name", "Which effect size; empty text: none."),
        number("effect_low", "Lower limit of its interval.", "", _UNDEFINED),
        number("effect_high", "Upper limit of its interval.", "", _UNDEFINED),
        number("equivalence_margin", "Margin of equivalence.", "share", _MARGIN),
        number("equivalence_p", "p-value of two one-sided tests.", _SHARE, _MARGIN),
        _N_QUESTIONS,
        _N_CLUSTERS,
        _N_MISSING,
        _STATUS,
        _WARNINGS,
    ),
)

CONTRASTS = Table(
    "contrasts",
    "a drop beside the drop on another benchmark or condition",
    (
        text("kind", "difference_in_differences or relative_performance_gain."),
        *_CURVE,
        text("control", "What the drop is compared with."),
        number("level_pct", "Level compared.", _PERCENT),
        number("estimate", "The contrast.", "share", _UNDEFINED),
        *_limits("share"),
        _ESTIMATOR_P,
        _INTERVAL_METHOD,
        _N_QUESTIONS,
        _STATUS,
        _WARNINGS,
    ),
)

RESULT_TABLES = (ACCURACY, DOMAINS, DEPENDENCY, THRESHOLDS, TRENDS, COMPARISONS, CONTRASTS)
