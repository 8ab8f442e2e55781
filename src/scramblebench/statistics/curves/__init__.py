"""Accuracy against level: dependency, dose-response, thresholds, recovery."""
