"""Small experiments to store, and what came of their trials."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import ErrorKind
from scramblebench.core.questions import Question, identified
from scramblebench.core.trials import AnswerStatus, Attempt, Failure, Response, Score
from scramblebench.storage import (
    BenchmarkRecord,
    ModelRecord,
    NewExperiment,
    Reservation,
    ScrambledRecord,
    Settlement,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
N_QUESTIONS = 5
CONDITIONS = (BASELINE, Condition("character_substitution", 50.0, 7, (("alphabet", "shared"),)))
MODELS = (
    ModelRecord(
        "a" * 64, "llama3:8b", "llama3:8b", "ollama", '{"name":"llama3:8b","provider":"ollama"}'
    ),
    ModelRecord(
        "b" * 64, "gpt-4o", "GPT", "openrouter", '{"name":"gpt-4o","provider":"openrouter"}'
    ),
)
SCORER = "exact@1"


def make_questions(size: int = N_QUESTIONS, benchmark: str = "facts") -> tuple[Question, ...]:
    """Return different questions of one benchmark; the first has choices."""
    questions = [
        Question("", benchmark, f"What is {n} + {n}?", (str(2 * n),), source_id=f"facts.json:{n}")
        for n in range(size)
    ]
    questions[0] = replace(questions[0], choices=("1", "0"), correct_choice=1, domain="sums")
    return tuple(identified(question) for question in questions)


def make_experiment(
    experiment_id: str, name: str = "study", questions: Sequence[Question] | None = None
) -> NewExperiment:
    """Return an experiment of two models, two conditions and, if not told, five questions."""
    asked = make_questions() if questions is None else tuple(questions)
    names = dict.fromkeys(question.benchmark for question in asked)
    return NewExperiment(
        id=experiment_id,
        name=name,
        spec_json='{"models":[]}',
        source_text="models: []\n",
        models=MODELS,
        conditions=CONDITIONS,
        questions=asked,
        benchmarks=tuple(
            BenchmarkRecord(name, len(asked), (("facts.json", "c" * 64),), ("a note",))
            for name in names
        ),
        n_trials=len(asked) * len(MODELS) * len(CONDITIONS),
    )


def make_attempt(experiment_id: str, trial_index: int, number: int = 1, fence: int = 1) -> Attempt:
    """Return an attempt that may cost 900 micro-dollars."""
    started_at = START + timedelta(microseconds=1000 * trial_index + number)
    return Attempt(experiment_id, trial_index, number, fence, started_at, 900)


def make_reservation(experiment_id: str, trial_index: int, number: int = 1) -> Reservation:
    """Return the reservation of an attempt."""
    return Reservation(make_attempt(experiment_id, trial_index, number))


def make_answer(
    experiment_id: str,
    trial_index: int,
    *,
    number: int = 1,
    response: Response | None = None,
    score: Score | None = None,
    scrambled: ScrambledRecord | None = None,
) -> Settlement:
    """Return a settlement with a response; even trials are scored right, odd ones wrong."""
    value = float(trial_index % 2 == 0)
    return Settlement(
        attempt=make_attempt(experiment_id, trial_index, number),
        model_index=trial_index // 2 % len(MODELS),
        condition_index=trial_index % len(CONDITIONS),
        settled_at=START + timedelta(seconds=trial_index),
        response=response or make_response(f"answer {trial_index}"),
        score=score or Score(value, AnswerStatus.ANSWERED, str(trial_index), "last number", SCORER),
        scrambled=scrambled,
    )


def make_failure(
    experiment_id: str, trial_index: int, *, number: int = 1, message: str = "too slow"
) -> Settlement:
    """Return a settlement with a timeout."""
    answer = make_answer(experiment_id, trial_index, number=number)
    failure = Failure(ErrorKind.TIMEOUT, message, 504, 1.5)
    return replace(answer, response=None, score=None, failure=failure)


def make_response(text: str) -> Response:
    """Return a response with every field set."""
    return Response(
        text=text,
        finish_reason="stop",
        latency_s=0.25,
        prompt_tokens=30,
        completion_tokens=4,
        cost_microusd=17,
        cost_source="usage",
        served_model="llama3:8b",
        served_provider="here",
        model_digest="d" * 64,
        provider_response_id=f"id of {text}",
        is_truncated=True,
        is_prompt_cut=True,
        raw=b"\x00\xff" + text.encode("utf-8", "surrogatepass"),
    )
