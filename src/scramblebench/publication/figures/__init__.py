"""Figures of results: what a paper prints, with their numbers and their words."""

from scramblebench.publication.figures.standing import Standing, standing_of
from scramblebench.publication.figures.writing import draw_curves, draw_dependency, write_figures

__all__ = ["Standing", "draw_curves", "draw_dependency", "standing_of", "write_figures"]
