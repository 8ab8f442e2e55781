"""Statistics on plain numbers: it knows no models, no rows, and has no global state.

Begin with ``results``: what every method returns. One room per family of methods; those that need
SciPy or statsmodels are imported by whoever uses them, so that a command which does not stays fast.
"""

from scramblebench.statistics.proportions.intervals import mean_t, wilson
from scramblebench.statistics.results import Estimate, HypothesisTest, Interval, Status

__all__ = ["Estimate", "HypothesisTest", "Interval", "Status", "mean_t", "wilson"]
