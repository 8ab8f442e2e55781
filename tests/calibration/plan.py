"""Which method is tried on which design, how often."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.calibration.designs import Design, design
from tests.calibration.measures import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    method: str
    question: Question
    design: Design
    n_runs: int

    @property
    def name(self) -> str:
        """Return what ``--only`` looks in."""
        return f"{self.method} | {self.design.name}"


_MANY, _FEW, _FEWEST = 4_000, 1_000, 500
_ALONE = ("30", "100", "350")
_GROUPED = ("c8", "c25", "c80")
_ALL = (*_ALONE, *_GROUPED, "uneven", "gaps", "uneven gaps")


def rows(n_runs: int | None = None) -> list[Row]:
    """Return the whole plan, with another number of runs if given."""
    found = list(_rows())
    return [replace(row, n_runs=n_runs) for row in found] if n_runs else found


def _rows() -> Iterator[Row]:
    yield from _cells()
    yield from _drops()
    yield from _disjoint()
    yield from _levels()
    yield from _dependencies()
    yield from _curves()
    yield from _models()
    yield from _sequences()


def _cover(
    method: str, layouts: Sequence[str], truths: Sequence[str], n: int = _MANY
) -> Iterator[Row]:
    yield from _each(method, Question.COVERAGE, layouts, truths, n)


def _reject(
    method: str, layouts: Sequence[str], truths: Sequence[str], n: int = _MANY
) -> Iterator[Row]:
    yield from _each(method, Question.REJECTION, layouts, truths, n)


def _each(
    method: str, question: Question, layouts: Sequence[str], truths: Sequence[str], n: int
) -> Iterator[Row]:
    for truth in truths:
        for layout in layouts:
            yield Row(method=method, question=question, design=design(layout, truth), n_runs=n)


def _cells() -> Iterator[Row]:
    name = "accuracy of a cell"
    yield from _cover(name, (*_ALL, "repeats", "partial", "c25 repeats"), ("cell",))
    yield from _cover(name, (*_ALONE, *_GROUPED, "repeats", "partial"), ("cell floor",))
    yield from _cover(
        name,
        (*_ALONE, *_GROUPED, "repeats30", "repeats", "partial", "c25 repeats"),
        ("cell ceiling",),
    )
    yield from _cover("accuracy, Clopper-Pearson", _ALONE, ("cell", "cell ceiling"))
    yield from _cover(
        "macro mean of two benchmarks", ("100", "350", "c25", "c80", "gaps"), ("drop",)
    )
    yield from _cover("macro mean of two benchmarks", ("100",), ("cell ceiling",))


def _drops() -> Iterator[Row]:
    name, graded = "drop, as reported", ("repeats", "partial")
    yield from _cover(name, (*_ALL, *graded), ("drop",))
    yield from _cover(name, (*_ALONE, *_GROUPED, *graded), ("drop ceiling", "same ceiling"))
    yield from _cover(name, ("100", "c25", *graded), ("same", "drop floor"))
    name = "drop, test as reported"
    yield from _reject(name, (*_ALL, *graded, "c25 repeats"), ("same",))
    yield from _reject(name, (*_ALONE, *_GROUPED, *graded), ("same ceiling", "same floor"))
    for name in ("drop, McNemar exact", "drop, paired t"):
        yield from _reject(name, _ALONE, ("same",))
        yield from _reject(name, ("100",), ("same ceiling",))
    for name in ("drop, Tango interval", "drop, paired t interval"):
        yield from _cover(name, _ALONE, ("drop",))
        yield from _cover(name, ("100",), ("drop ceiling",))
    yield from _cover(
        "retention ratio, Bonett-Price", _ALONE, ("drop", "drop ceiling", "drop floor")
    )
    yield from _cover("drop rate, Fieller", ("100", "c8", "c25", "c80", "repeats"), ("drop",))
    yield from _cover("drop rate, Fieller", ("100", "c25"), ("drop ceiling",))
    yield from _reject("drop, Wilcoxon signed rank", ("100", *graded), ("same", "same ceiling"))
    yield from _reject("drop, sign-flip", ("100", *_GROUPED, "uneven", *graded), ("same",))
    yield from _reject("drop, sign-flip studentised", ("c8", "c25", "uneven"), ("same",), _FEW)
    yield from _reject("equivalence at the margin", ("100", "350", "c25", "c80"), ("margin",))


def _disjoint() -> Iterator[Row]:
    yield from _cover("disjoint sets, Newcombe interval", _ALONE, ("drop", "drop ceiling"))
    yield from _cover("disjoint sets, Welch interval", ("100", "repeats", "partial"), ("drop",))
    yield from _cover("disjoint sets, Welch interval", ("100", "partial"), ("drop ceiling",))
    yield from _reject("disjoint sets, Welch t", ("100", "repeats", "partial"), ("same",))
    yield from _reject(
        "disjoint sets, Mann-Whitney", ("repeats", "partial"), ("same", "same ceiling")
    )
    for name in ("disjoint sets, chi-squared", "disjoint sets, Fisher"):
        yield from _reject(name, _ALONE, ("same",))
        yield from _reject(name, ("100",), ("same ceiling",))


def _levels() -> Iterator[Row]:
    yield from _reject("levels, Cochran's Q", (*_ALONE, "gaps"), ("flat", "flat floor"))
    yield from _reject("levels, Cochran's Q", ("30", "100"), ("flat ceiling",))
    name = "levels, slope interval"
    yield from _cover(name, (*_ALL, "repeats", "partial"), ("curve",))
    yield from _cover(name, ("100", "c25"), ("curve floor", "flat ceiling"))
    yield from _reject("levels, slope t", (*_ALL, "repeats"), ("flat",))
    yield from _reject("levels, slope t", (*_ALONE, *_GROUPED), ("flat ceiling",))
    name = "levels, slope sign-flip"
    yield from _reject(name, ("30", "100", "c8", "c25", "uneven"), ("flat",), 2_000)
    yield from _reject(name, ("30", "c8"), ("flat ceiling",), 2_000)
    for name in ("levels with the baseline, Holm", "levels with the baseline, max-T"):
        yield from _reject(name, ("30", "100", "c8", "c25", "gaps"), ("flat",), 2_000)
        yield from _reject(name, ("30", "100"), ("flat ceiling",), 2_000)


def _dependencies() -> Iterator[Row]:
    name = "dependency, Fieller"
    yield from _cover(name, (*_ALL, "repeats", "partial"), ("curve",))
    yield from _cover(name, (*_ALONE, *_GROUPED), ("curve ceiling",))
    yield from _cover(name, ("30", "100", "c25"), ("flat",))
    yield from _cover(name, ("30", "100", "350", "c25"), ("flat ceiling",))
    yield from _cover(name, ("100", "350", "c8", "c25", "c80"), ("curve low",))
    yield from _cover(name, ("100", "350", "1000", "c25"), ("curve floor",))
    name = "dependency of two models"
    yield from _cover(name, (*_ALL, "repeats"), ("unlike models",))
    name = "dependency of two models, test"
    yield from _reject(name, (*_ALL, "repeats"), ("models",))
    yield from _reject(name, ("30", "100", "c8", "c25"), ("models ceiling",))
    yield from _reject(name, ("100", "350", "c25", "c80"), ("models low",))
    yield from _reject(name, ("100", "350", "1000"), ("models floor",))
    yield from _reject(
        "dependency of two models, swap test", ("30", "100", "c8"), ("models",), _FEW
    )
    yield from _reject("dependency of two models, swap test", ("100",), ("models low",), _FEW)
    yield from _cover(
        "performance gain, Fieller", ("100", "c25", "repeats"), ("curve", "curve ceiling")
    )
    yield from _cover("performance gain, Fieller", ("100", "350"), ("curve low",))
    layouts = ("100", "350", "c25", "c80")
    yield from _cover("drops of two benchmarks", layouts, ("curve",))
    yield from _reject("drops of two benchmarks, test", layouts, ("curve",))
    yield from _reject("drops of two benchmarks, test", ("100", "350"), ("flat ceiling",))


def _curves() -> Iterator[Row]:
    yield from _cover("dependency, BCa", ("30", "100", "c8", "c25", "c80"), ("curve",), _FEW)
    yield from _cover("dependency, BCa", ("100", "350"), ("curve low",), _FEW)
    name = "threshold, isotonic, percentile"
    yield from _cover(name, (*_ALONE, "c8", "c25", "c80", "gaps"), ("curve",), _FEW)
    yield from _cover(name, ("100", "c25"), ("curve ceiling",), _FEW)
    yield from _cover(name, ("100", "350"), ("curve low",), _FEW)
    name = "threshold, Weibull, percentile"
    yield from _cover(name, ("30", "100", "350", "c25"), ("curve",), _FEW)
    yield from _cover(name, ("100",), ("curve ceiling", "curve low"), _FEW)
    name = "band of a whole curve"
    yield from _cover(name, (*_ALONE, "c8", "c25", "c80", "gaps"), ("curve",), _FEW)
    yield from _cover(name, ("30", "100", "350", "c25"), ("flat ceiling",), _FEW)
    yield from _cover(name, ("uneven", "repeats"), ("curve",), _FEW)


def _models() -> Iterator[Row]:
    layouts = ("30", "100", "c8", "c25", "c80", "uneven gaps")
    for name in ("marginal logistic (GEE), log odds", "marginal logistic (GEE), difference"):
        yield from _cover(name, layouts, ("drop",), _FEW)
        yield from _cover(name, ("100", "c25"), ("drop ceiling",), _FEW)
    yield from _reject("marginal logistic (GEE), test", layouts, ("same",), _FEW)
    name = "random-intercept logistic, ratio test"
    yield from _reject(name, ("30", "100", "c25"), ("flat",), _FEWEST)
    yield from _reject(name, ("100",), ("flat ceiling",), _FEWEST)
    yield from _reject("conditional logistic, ratio test", _ALONE, ("flat",), 2_000)
    yield from _reject("conditional logistic, ratio test", ("30", "100"), ("flat ceiling",), 2_000)


def _sequences() -> Iterator[Row]:
    yield from _cover("looks every 20 items, interval", ("1000",), ("drop", "drop ceiling"), _FEW)
    yield from _reject("looks every 20 items, test", ("1000",), ("same", "same ceiling"), _FEW)
    yield from _cover("betting sequence, interval", ("1000",), ("drop", "drop ceiling"), _FEW)
