"""The rows of the data tables, made from a plan and its responses one at a time."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from re import compile as compiled

import numpy as np
import numpy.typing as npt

from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.core.trials import Response, trial_key_of
from scramblebench.plan import Cell, Plan, Prompt
from scramblebench.publication.exports.columns import Row
from scramblebench.settings import ProviderName
from scramblebench.storage import ResponseRecord

Answered = npt.NDArray[np.bool_]
"""Whether a response is stored, by trial index; shape (n_trials,)."""

_SEED = compiled(rb'"seed"\s*:\s*\d')
"""A seed that a file of responses says itself."""
_N_KEYS = 65_536
"""Keys of trials remembered: models go through the same ones."""


def question_rows(questions: Iterable[Question]) -> Iterator[Row]:
    """Yield a row per question."""
    for question in questions:
        yield (
            *_question_key(question),
            *_asked(question),
            question.correct_choice,
            question.difficulty,
            question.guess_rate,
        )


def response_rows(
    plan: Plan, responses: Iterable[ResponseRecord], *, include_prompts: bool = False
) -> Iterator[Row]:
    """Yield a row per response; with prompts, what was asked is written out in each."""
    trials = _TrialCells(plan)
    for record in responses:
        cells = (*trials.of(record.trial_index, record.response), *_response(record, trials))
        if include_prompts:
            trial = plan.trial(record.trial_index)
            prompt = None if trials.is_imported(trial.index) else plan.prompt(trial)
            yield (*cells, *_prompt(trial.question, prompt))
        else:
            yield cells


def score_rows(responses: Iterable[ResponseRecord]) -> Iterator[Row]:
    """Yield a row per response that has been scored."""
    for record in responses:
        score = record.score
        if score is not None:
            yield (
                record.trial_index,
                score.value,
                score.status.value,
                score.answer,
                score.rule,
                score.scorer,
            )


def answered_trials(plan: Plan, responses: Iterable[ResponseRecord]) -> Answered:
    """Return which trials have a response."""
    is_answered = np.zeros(len(plan), dtype=np.bool_)
    for record in responses:
        is_answered[record.trial_index] = True
    return is_answered


def missing_rows(plan: Plan, is_answered: Answered) -> Iterator[Row]:
    """Yield a row per planned trial without a response."""
    trials = _TrialCells(plan)
    return map(trials.of, np.flatnonzero(~is_answered).tolist())


def asked_conditions(plan: Plan, is_answered: Answered) -> Answered:
    """Return which questions have a response under which conditions; shape (n_questions, n_conditions)."""
    grid = plan.grid
    shape = (grid.n_models * grid.n_repeats, grid.n_questions, grid.n_conditions)
    return np.any(is_answered.reshape(shape), axis=0)


def scrambled_rows(plan: Plan, is_answered: Answered) -> Iterator[Row]:
    """Yield a row per question and condition that was asked; empty where only files know what was sent."""
    asked_model = next(
        (n for n, m in enumerate(plan.spec.models) if m.provider is not ProviderName.IMPORTED), None
    )
    asked = asked_conditions(plan, is_answered)
    for question, condition in zip(*map(np.ndarray.tolist, np.nonzero(asked)), strict=True):
        trial = plan.trial(plan.grid.index(Cell(asked_model or 0, 0, question, condition)))
        is_known = asked_model is not None
        yield (
            *_question_key(trial.question),
            *_condition_key(trial.condition),
            trial.condition.seed if is_known else None,
            dict(trial.condition.parameters),
            *_scrambled(plan.prompt(trial) if is_known else None),
        )


class _TrialCells:
    """The cells that say which trial a row is of; what models and trials share is made once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._models = [
            (m.shown_name, m.provider is ProviderName.SIMULATED) for m in plan.spec.models
        ]
        self._imported = [m.provider is ProviderName.IMPORTED for m in plan.spec.models]
        self._conditions = [
            (_condition_key(c), c.seed, dict(c.parameters)) for c in plan.conditions
        ]
        self._lane_size = plan.grid.lane_size
        self._key = lru_cache(_N_KEYS)(trial_key_of)
        self._question: tuple[int, Row] = (-1, ())

    def is_imported(self, index: int) -> bool:
        """Whether the response of a trial came from a file."""
        return self._imported[index // self._lane_size]

    def of(self, index: int, response: Response | None = None) -> Row:
        """Return the cells of a trial; a seed that an imported response does not say is unknown."""
        model, repeat, question, condition = self._plan.grid.cell(index)
        if question != self._question[0]:
            self._question = (question, _question_key(self._plan.questions[question]))
        key, seed, parameters = self._conditions[condition]
        if self._imported[model]:
            seed = _said_seed(seed, response)
        return (
            index,
            self._key(self._question[1][1], key[0], repeat),
            *self._models[model],
            *self._question[1],
            *key,
            seed,
            parameters,
            repeat,
        )


def _question_key(question: Question) -> Row:
    return (question.benchmark, question.id, question.source_id)


def _asked(question: Question) -> Row:
    return (
        question.text,
        question.context,
        list(question.choices),
        list(question.answers),
        question.domain,
    )


def _condition_key(condition: Condition) -> Row:
    return (condition.id, condition.method, float(condition.level_pct))


def _said_seed(seed: int, response: Response | None) -> int | None:
    """Return a seed, None where the imported file did not say it: there 0 stands in its place."""
    is_said = seed or (response is not None and _SEED.search(response.raw or b""))
    return seed if is_said else None


def _response(record: ResponseRecord, trials: _TrialCells) -> Row:
    response, score = record.response, record.score
    judged = (
        (None, None, None, None)
        if score is None
        else (score.value, score.answer, score.status.value, score.scorer)
    )
    return (
        response.text,
        response.finish_reason,
        *judged,
        record.n_attempts,
        # an imported file that did not say it has 0 in its place
        response.latency_s or (None if trials.is_imported(record.trial_index) else 0.0),
        response.prompt_tokens,
        response.completion_tokens,
        response.cost_microusd,
        response.cost_source,
        response.served_model,
        response.served_provider,
        response.model_digest,
        response.provider_response_id,
        response.is_truncated,
        response.is_prompt_cut,
        response.is_cached,
        _moment(record.responded_at),
        hashlib.sha256(response.text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _prompt(question: Question, prompt: Prompt | None) -> Row:
    asked = _asked(question)
    return (*asked, prompt.scrambled.realised_dose, prompt.user) if prompt else (*asked, None, None)


def _scrambled(prompt: Prompt | None) -> Sequence[object]:
    if prompt is None:
        return (None,) * 8
    scrambled = prompt.scrambled
    return (
        scrambled.text,
        scrambled.context,
        list(scrambled.choices),
        scrambled.realised_dose,
        scrambled.edit_distance,
        scrambled.n_units,
        scrambled.n_altered,
        scrambled.text_sha256,
    )
