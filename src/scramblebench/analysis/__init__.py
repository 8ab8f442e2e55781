"""From the store to named results: the room that joins names to numbers."""

from scramblebench.analysis.accuracy import AccuracyRow, accuracy_rows

__all__ = ["AccuracyRow", "accuracy_rows"]
