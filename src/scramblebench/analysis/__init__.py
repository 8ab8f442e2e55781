"""From the store to named results: the room that joins names to numbers."""

from scramblebench.analysis.accuracy import AccuracyRow, accuracy_rows
from scramblebench.analysis.soundness import read_sound_scores

__all__ = ["AccuracyRow", "accuracy_rows", "read_sound_scores"]
