"""The ``scrambling:`` section as conditions, in plan order."""

from collections.abc import Iterator

from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling import DEFAULT_CHAIN, resolve_method, validate_parameters
from scramblebench.settings import MethodSpec, ScramblingSpec


def make_conditions(spec: ScramblingSpec) -> tuple[Condition, ...]:
    """Return the conditions: the baseline once where level 0 is asked, then method by method, levels rising.

    Raises UsageError for a method or parameter that scrambling does not know.
    """
    levels = sorted(level for level in spec.levels if level > 0)
    found: dict[str, Condition] = {BASELINE.id: BASELINE} if 0 in spec.levels else {}
    for method in spec.method_specs:
        for level in levels:
            for condition in _of_method(method, level, spec):
                found.setdefault(condition.id, condition)
    if not found:
        raise UsageError("no methods and no level 0: nothing would be asked")
    return tuple(found.values())


def _of_method(method: MethodSpec, level: float, spec: ScramblingSpec) -> Iterator[Condition]:
    name = resolve_method(method.name).name
    fixed = _parameters(method, spec)
    for alphabet in _alphabets(method):
        parameters = {**fixed, **alphabet}
        validate_parameters(name, parameters)
        yield Condition(name, float(level), spec.random_seed, tuple(sorted(parameters.items())))


def _parameters(method: MethodSpec, spec: ScramblingSpec) -> dict[str, str]:
    """Return what differs from the defaults, as the text it is stored as."""
    parameters: dict[str, str] = {}
    if not spec.preserve_numbers:
        parameters["preserve_numbers"] = "false"
    if method.preserve_names:
        parameters["preserve_names"] = "true"
    if method.variant:
        parameters["variant"] = method.variant
    if method.chain:
        parameters["chain"] = "+".join(resolve_method(part).name for part in method.chain)
    elif resolve_method(method.name).name == "mixed":
        parameters["chain"] = DEFAULT_CHAIN
    return parameters


def _alphabets(method: MethodSpec) -> list[dict[str, str]]:
    if method.alphabet == "per_question":
        return [{}]
    return [{"alphabet": f"shared:{number}"} for number in range(1, method.n_alphabets + 1)]
