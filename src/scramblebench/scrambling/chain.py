"""mixed: several methods one after another, each at the full level with its own stream.

Nested as far as its methods keep the units of those after them: letters may change before words move,
but mistyped words are other words.
"""

from collections.abc import Mapping
from dataclasses import replace

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling.method import ALWAYS_PRESERVED, Method, Record, options_of, suggestion
from scramblebench.scrambling.scrambled import Scrambled, edit_distance

_NAME = "mixed"
DEFAULT_CHAIN = "character_substitution+word_shuffle"


def chain_of(declared: str, known: Mapping[str, Method]) -> list[Method]:
    """Return the methods of a chain such as ``character+word``, by name or alias.

    Raises UsageError for an unknown method, for one named twice and for a chain in a chain.
    """
    methods: list[Method] = []
    for name in declared.split("+"):
        if name not in known:
            raise UsageError(f"unknown method {name!r} in the chain{suggestion(name, known)}")
        if known[name] in methods:
            raise UsageError(f"the chain {declared!r} names {known[name].name} twice")
        methods.append(known[name])
    return methods


def _condition_for(method: Method, condition: Condition) -> Condition:
    accepted = tuple((n, value) for n, value in condition.parameters if n in method.parameters)
    return replace(condition, method=method.name, parameters=accepted)


def mixed_method(known: Mapping[str, Method]) -> Method:
    """Return the method ``mixed`` over the known methods (by name and alias)."""

    def mix(text: str, condition: Condition, key: str) -> Scrambled:
        chain = chain_of(options_of(condition.parameters).get("chain", DEFAULT_CHAIN), known)
        stages: list[Scrambled] = []
        result = text
        for method in chain:
            stages.append(method.apply(result, _condition_for(method, condition), key))
            result = stages[-1].text
        records = [stage.record for stage in stages if stage.record is not None]
        record = (
            f'{{"method":"{_NAME}","stages":[{",".join(records)}]}}'  # canonical as its parts are
        )
        return Scrambled(
            text=result,
            n_units=sum(stage.n_units for stage in stages),
            n_altered=sum(stage.n_altered for stage in stages),
            edit_distance=edit_distance(text, result),
            record=record if len(records) == len(stages) else None,
            dictionary=tuple(entry for stage in stages for entry in stage.dictionary),
        )

    def unmix(scrambled: str, record: Record) -> str:
        for stage in reversed(record["stages"]):
            undo = known[stage["method"]].undo
            if undo is None:
                raise UsageError(f"{stage['method']} is not reversible")
            scrambled = undo(scrambled, stage)
        return scrambled

    parameters: dict[str, tuple[str, ...]] = {"chain": (DEFAULT_CHAIN, "<chain>")}
    for method in known.values():
        parameters |= method.parameters
    return Method(
        name=_NAME,
        aliases=(),
        unit="unit of each method in the chain",
        summary="A chain of methods; reversible where each of them is.",
        preserves=ALWAYS_PRESERVED,
        parameters=parameters,
        apply=mix,
        undo=unmix,
    )
