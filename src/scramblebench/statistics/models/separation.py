"""Separation: a binary response that the columns predict without error on some rows.

Then the likelihood rises for ever along a direction, and a fit that stops has stopped anywhere (a
coefficient of 22 with a standard error of 15000 and "converged"). Use ``firth``, or an exact method.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

_TOLERANCE = 1e-7


def is_separated(response: npt.NDArray[np.float64], design: npt.NDArray[np.float64]) -> bool:
    """Return whether the maximum-likelihood logistic fit does not exist.

    ``response`` (n_rows,) is 0 or 1, ``design`` (n_rows, n_columns) has its intercept as a column; no
    NaN. True for complete and for quasi-complete separation, so for every constant response with an
    intercept, and for a cell of a factor that holds only 0 or only 1. Exact, by a linear programme: is
    there a direction b with (2y - 1) x'b >= 0 on all rows and > 0 on some? Konis 2007 (Oxford thesis);
    Albert & Anderson 1984, doi:10.1093/biomet/71.1.1. R: ``detectseparation::detect_separation``.
    """
    return has_receding_direction((2.0 * response - 1.0)[:, None] * design)


def has_receding_direction(rows: npt.NDArray[np.float64]) -> bool:
    """Return whether a direction b exists with rows @ b >= 0 everywhere and > 0 somewhere.

    ``rows`` (n_rows, n_columns), finite; no rows give False. Columns are brought to one scale, so the
    answer does not depend on their units.
    """
    if rows.size == 0:
        return False
    scale = np.abs(rows).max(axis=0)
    scaled = np.unique(rows / np.where(scale > 0, scale, 1.0), axis=0)
    total = scaled.sum(axis=0)
    solution = linprog(-total, A_ub=-scaled, b_ub=np.zeros(len(scaled)), bounds=(-1, 1))
    return bool(solution.status == 0 and -solution.fun > _TOLERANCE)
