"""Results in words that say no more than the test does; numbers as papers print them."""

from math import isinf, isnan, log, pi, sqrt

from scramblebench.analysis.rows import ComparisonRow, DependencyRow, ThresholdRow
from scramblebench.statistics import Status

UNDEFINED = "–"
_COHEN = ((0.2, "negligible"), (0.5, "small"), (0.8, "medium"), (float("inf"), "large"))
_REASONS = {
    Status.NO_DATA: "nothing was answered",
    Status.N_LT_2: "fewer than two questions",
    Status.NO_COMPLETE_ITEMS: "no question was answered on both sides",
    Status.ZERO_VARIANCE: "every question differs by the same",
    Status.ALL_ZERO: "no question differs",
    Status.NO_DISCORDANT_PAIRS: "both got the same questions right",
    Status.BASELINE_NOT_ABOVE_CHANCE: "the baseline is not above chance",
    Status.NO_BASELINE: "level 0 was not asked",
    Status.TOO_FEW_LEVELS: "fewer than four levels",
    Status.NOT_REACHED: "not reached",
    Status.FEW_CLUSTERS: "too few clusters",
}


def reason(status: Status) -> str:
    """Return why a number is undefined, in a few words."""
    return _REASONS.get(status, str(status).replace("_", " "))


def p_words(p_value: float) -> str:
    """Return a p-value to three digits, ``<0.001`` below, a dash where it is undefined."""
    if isnan(p_value):
        return UNDEFINED
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def p_equation(p_value: float) -> str:
    """Return ``p = 0.012`` or ``p < 0.001``."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many digits after the point, a dash where it is undefined."""
    if isnan(value):
        return UNDEFINED
    return ("∞" if value > 0 else "−∞") if isinf(value) else f"{value:.{digits}f}"


def interval(low: float, high: float, digits: int = 3) -> str:
    """Return ``[0.123, 0.456]``, a dash where there are no limits."""
    if isnan(low) or isnan(high):
        return UNDEFINED
    return f"[{number(low, digits)}, {number(high, digits)}]"


def points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return UNDEFINED if isnan(share) else f"{share * 100:+.1f}"


def points_interval(low: float, high: float) -> str:
    """Return an interval of percentage points."""
    return UNDEFINED if isnan(low) or isnan(high) else f"[{points(low)}, {points(high)}]"


def magnitude(row: ComparisonRow) -> str:
    """Return how large an effect is called by Cohen's convention, which every such word names."""
    size = row.effect_size
    if row.effect_size_name == "matched odds ratio" and size > 0 and not isinf(size):
        size = log(size) * sqrt(3) / pi
    if isnan(size) or row.effect_size_name not in ("matched odds ratio", "d_z"):
        return UNDEFINED
    word = next(word for limit, word in _COHEN if abs(size) < limit or isinf(limit))
    return f"{word} (Cohen's convention)"


def threshold_words(row: ThresholdRow) -> str:
    """Return ``41.2 [33.0, 47.5]``; ``> 100`` stands for what no level up to 100 reached."""
    beyond = f"> {row.highest_level_pct:g}"
    if isnan(row.level_pct):
        return reason(row.status)
    level, low, high = (
        beyond if isinf(value) else number(value, 1)
        for value in (row.level_pct, row.low_pct, row.high_pct)
    )
    return level if UNDEFINED in (low, high) or low == beyond else f"{level} [{low}, {high}]"


def comparison_sentence(row: ComparisonRow, confidence_level: float) -> str:
    """Return what a comparison shows, and no more: a difference, equivalence, or neither."""
    alpha = 1 - confidence_level
    subject, unit = _subject(row)
    size = f"{_amount(row, row.estimate)} {_limits(row)}".strip()
    if isnan(row.p_value) and row.status is Status.OK:
        return f"{subject}: {size}{unit}, no p-value: the number of questions was not fixed"
    if isnan(row.p_value) or isnan(row.p_adjusted):
        return f"{subject}: not testable, {reason(row.status)}"
    p = f"{p_equation(row.p_adjusted)} {'un' * (row.correction == 'none')}adjusted"
    if row.p_adjusted < alpha:
        return f"{subject} {_direction(row)} by {size}{unit}, {p}"
    if row.equivalence_p < alpha:
        margin = _amount(row, row.equivalence_margin).lstrip("+")
        return f"{subject}: equivalent within {margin}{unit} ({p_equation(row.equivalence_p)}), {size}{unit}"
    return f"{subject}: a difference was neither shown nor excluded: {size}{unit}, {p}"


def _subject(row: ComparisonRow) -> tuple[str, str]:
    where = f"on {row.benchmark}, {row.method}"
    match row.kind:
        case "level":
            return f"{row.first} {where}, level {row.level_pct:g} against the baseline", " points"
        case "accuracy":
            return f"{row.first} against {row.second} {where}, level {row.level_pct:g}", " points"
        case "mean_accuracy":
            return f"{row.first} against {row.second} {where}, all levels", " points"
        case _:
            return f"dependency of {row.first} against {row.second} {where}", ""


def _direction(row: ComparisonRow) -> str:
    return "is lower" if row.estimate < 0 else "is higher"


def _amount(row: ComparisonRow, value: float) -> str:
    return f"{value:+.3f}" if row.kind == "dependency" else points(value)


def _limits(row: ComparisonRow) -> str:
    if isnan(row.low) or isnan(row.high):
        return ""
    return f"[{_amount(row, row.low)}, {_amount(row, row.high)}]"


def dependency_words(row: DependencyRow) -> str:
    """Return ``0.412 [0.371, 0.455]``, or why there is none."""
    if isnan(row.estimate):
        return reason(row.status)
    return f"{number(row.estimate)} {interval(row.low, row.high)}"
