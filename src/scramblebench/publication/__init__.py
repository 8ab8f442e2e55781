"""Results as figures and files for papers."""

from scramblebench.publication.figures import draw_curves

__all__ = ["draw_curves"]
