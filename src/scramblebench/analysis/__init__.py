"""From the store to named results: the room that joins names to numbers.

``cube`` reads scores, ``panels`` cuts them into curves, one module per kind of row computes, ``report`` puts
them together, ``saving`` stores them; ``wording`` says them.
"""

from scramblebench.analysis.cube import ScoreCube, make_cube
from scramblebench.analysis.declared import declared_row
from scramblebench.analysis.options import AnalysisOptions, options_of
from scramblebench.analysis.preregistration import standing
from scramblebench.analysis.registration import marked_values
from scramblebench.analysis.report import Report, make_report
from scramblebench.analysis.rows import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DeclaredRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.analysis.saving import save_report
from scramblebench.analysis.soundness import read_sound_scores, with_sound_scores
from scramblebench.analysis.values import report_values

__all__ = [
    "AccuracyRow",
    "AnalysisOptions",
    "ComparisonRow",
    "ContrastRow",
    "DeclaredRow",
    "DependencyRow",
    "Report",
    "ScoreCube",
    "ThresholdRow",
    "TrendRow",
    "declared_row",
    "make_cube",
    "make_report",
    "marked_values",
    "options_of",
    "read_sound_scores",
    "report_values",
    "save_report",
    "standing",
    "with_sound_scores",
]
