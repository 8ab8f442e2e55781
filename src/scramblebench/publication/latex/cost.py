"""The table of cost: what was asked of each model, in tokens, dollars and seconds."""

from collections.abc import Iterator

from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, dash, words
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import NAME_WIDTH, without_dashes
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import decimal, number_id, usd
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.settings import ProviderName


def cost_tables(publication: Publication) -> Iterator[Table]:
    """Yield the one table of tokens, cost and latency by model."""
    marks = Marks()
    columns, lines, left_out = without_dashes(
        (
            Column("Answered"),
            Column("Missing"),
            Column("prompt", "Tokens", name="prompt tokens"),
            Column("completion", "Tokens", name="completion tokens"),
            Column("Cost (USD)", name="cost"),
            Column("median", "Latency (s)", name="latency"),
            Column(r"5 to 95\,\%", "Latency (s)", is_text=True, name="range of latency"),
        ),
        [_line(facts, marks) for facts in publication.models],
    )
    has_marks = any(
        cell.why_none or "superscript" in cell.text for line in lines for cell in line.cells
    )
    yield Table(
        label="tab:cost",
        caption=rf"Responses, tokens, cost and latency by model.{notes.simulated_caption(publication)}",
        heads=("Model", "Provider"),
        head_widths=(NAME_WIDTH, 0),
        columns=columns,
        lines=lines,
        notes=(
            *(marks.notes() if has_marks else ()),
            *map(escape_tex, (*left_out, *_notes(publication))),
        ),
    )


def _line(facts: ModelFacts, marks: Marks) -> Line:
    return Line(
        (facts.name, str(facts.spec.provider)),
        (
            Cell(str(facts.n_answered), ids=(number_id(facts),)),
            Cell(str(facts.n_missing), ids=(number_id(facts, "n_missing"),)),
            _tokens(facts, "prompt_tokens", facts.prompt_tokens, marks),
            _tokens(facts, "completion_tokens", facts.completion_tokens, marks),
            _cost(facts, marks),
            *_latency(facts, marks),
        ),
    )


def _unknown(facts: ModelFacts) -> str:
    if facts.n_answered == 0:
        return "nothing was answered"
    is_imported = facts.spec.provider is ProviderName.IMPORTED
    return "imported, and the files do not say" if is_imported else "the provider does not say"


def _tokens(facts: ModelFacts, field: str, n: int, marks: Marks) -> Cell:
    name = number_id(facts, field)
    return Cell(str(n), ids=(name,)) if n else dash(_unknown(facts), marks, name)


def _cost(facts: ModelFacts, marks: Marks) -> Cell:
    name = number_id(facts, "cost_microusd")
    n_unknown = facts.n_cost_unknown
    if n_unknown >= facts.n_answered:
        return dash(_unknown(facts), marks, name)
    shown = usd(facts.cost_microusd).replace(",", "")
    if not n_unknown:
        return Cell(shown, ids=(name,))
    mark = marks.mark(f"of {n_unknown:,} responses the cost is not known; the sum is of the others")
    return Cell(f"{{{shown}{mark}}}", ids=(name, number_id(facts, "n_cost_unknown")))


def _latency(facts: ModelFacts, marks: Marks) -> tuple[Cell, Cell]:
    name = number_id(facts, "latencies_s")
    if facts.latencies_s is None:
        why = _unknown(facts)
        return dash(why, marks, name), dash(why, marks, name)
    low, middle, high = (decimal(value, 2) for value in facts.latencies_s)
    return Cell(middle, ids=(name,)), words(f"{low} to {high}")


def _notes(publication: Publication) -> Iterator[str]:
    facts, ledger = publication.models, publication.ledger
    yield "Missing: planned trials without a response."
    if any(f.latencies_s for f in facts):
        yield "Latency: of responses that were not cached."
    known = [f for f in facts if f.n_cost_unknown < f.n_answered]
    if len(known) > 1:
        yield f"Known cost of all models: {usd(sum(f.cost_microusd for f in known))} USD."
    n_cached = sum(f.n_cached for f in facts if f.spec.provider is not ProviderName.IMPORTED)
    if n_cached:
        yield f"{n_cached:,} responses came from the cache and cost nothing."
    if any(f.spec.provider is ProviderName.LOCAL for f in facts):
        yield "Local models cost no money; their time and energy are not in the sum."
    if ledger.n_unknown:
        yield (
            f"{ledger.n_unknown:,} attempts ended without a whole answer or a price, and may have cost up to "
            f"{usd(ledger.unknown_microusd)} USD more."
        )
    yield from notes.source(publication)
