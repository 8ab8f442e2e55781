"""Results as figures and files for papers."""

from scramblebench.publication.figures import (
    draw_curves,
    draw_dependency,
    standing_of,
    write_figures,
)

__all__ = ["draw_curves", "draw_dependency", "standing_of", "write_figures"]
