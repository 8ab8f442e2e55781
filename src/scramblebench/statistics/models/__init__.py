"""Logistic models for dependent rows, trends over levels, regressions over models."""
