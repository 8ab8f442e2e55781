"""The declared question that may end an experiment early, answered by what holds at every look."""

from math import nan

from scramblebench.analysis.rows import DeclaredRow
from scramblebench.evaluation.early_stopping import Stopper
from scramblebench.plan import Plan, declared_question
from scramblebench.statistics.sequential.paired_sequence import PairedSequence
from scramblebench.storage import ScoreColumns


def declared_row(plan: Plan, columns: ScoreColumns) -> DeclaredRow | None:
    """Return what is known of the declared question, None where none was declared.

    One look at the beginning of the plan's order that is complete on both sides.
    """
    question = declared_question(plan)
    if question is None:
        return None
    confidence = plan.spec.statistical_analysis.confidence_level
    stopper = Stopper(question, plan.grid, 1 - confidence)
    stopper.read(columns.trial_index, columns.value)
    state = stopper.state
    if state is None:
        return DeclaredRow(question=question.words, answer="undecided", confidence_level=confidence)
    sequence = state.sequence
    return DeclaredRow(
        question=question.words,
        answer=str(state.answer),
        estimate=state.interval.estimate,
        low=state.interval.low,
        high=state.interval.high,
        p_value=sequence.p_value if isinstance(sequence, PairedSequence) else nan,
        n_questions=state.n,
        n_saved=len(plan) - len(columns.trial_index),
        confidence_level=confidence,
        warnings=state.warnings,
    )
