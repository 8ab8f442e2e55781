"""The root of a function that changes its sign between two places."""

from collections.abc import Callable

from scipy.optimize import root_scalar


def bracketed_root(
    function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-12
) -> float:
    """Return where the function is 0, to the tolerance: Brent's method, R's ``uniroot``.

    Raises ValueError where the signs at low and high are the same.
    """
    found = root_scalar(function, bracket=(low, high), method="brentq", xtol=tolerance, rtol=1e-14)
    return float(found.root)
