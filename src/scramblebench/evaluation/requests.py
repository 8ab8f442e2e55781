"""From a trial to what is sent, and from what came back to what is stored."""

from datetime import datetime

from scramblebench.core.per_request import per_request
from scramblebench.core.trials import Attempt, Failure, Response, Score, Trial, trial_key
from scramblebench.plan import Plan, Prompt
from scramblebench.providers import Message, ModelRequest
from scramblebench.scoring import score
from scramblebench.settings import ProviderName
from scramblebench.storage import ScrambledRecord, Settlement


@per_request
class Task:
    """A trial ready to be sent."""

    trial: Trial
    prompt: Prompt
    request: ModelRequest


def make_task(plan: Plan, experiment_id: str, index: int) -> Task:
    """Return the trial at an index of the plan with its prompt and request."""
    trial = plan.trial(index)
    prompt = plan.prompt(trial)
    is_replayed = plan.spec.models[trial.model_index].provider is ProviderName.REPLAY
    request = ModelRequest(
        messages=_messages(prompt),
        idempotency_key=f"{experiment_id}-{index}",
        trial_key=trial_key(trial) if is_replayed else "",
        question=trial.question,
        dose=prompt.scrambled.realised_dose,
        repeat=trial.repeat,
    )
    return Task(trial, prompt, request)


def failure_settlement(
    task: Task, attempt: Attempt, failure: Failure, settled_at: datetime
) -> Settlement:
    """Return how an attempt failed, to be stored."""
    return Settlement(
        attempt=attempt,
        model_index=task.trial.model_index,
        condition_index=task.trial.condition_index,
        settled_at=settled_at,
        failure=failure,
    )


def answer_settlement(
    task: Task,
    attempt: Attempt,
    response: Response,
    judged: Score | None,
    settled_at: datetime,
    cache_key: bytes | None,
) -> Settlement:
    """Return an answer with its score, to be stored."""
    return Settlement(
        attempt=attempt,
        model_index=task.trial.model_index,
        condition_index=task.trial.condition_index,
        settled_at=settled_at,
        response=response,
        score=judged,
        scrambled=_scrambled_record(task.trial, task.prompt),
        cache_key=cache_key,
    )


def judge(plan: Plan, task: Task, response: Response) -> Score:
    """Return the score of a response; raises whatever a defect of a scorer raises."""
    question = task.trial.question
    return score(question, response.text, plan.scorer(question), is_truncated=response.is_truncated)


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    messages: list[Message] = []
    if prompt.system:
        messages.append(Message("system", prompt.system))
    for user, answer in prompt.examples:
        messages += (Message("user", user), Message("assistant", answer))
    messages.append(Message("user", prompt.user))
    return tuple(messages)


def _scrambled_record(trial: Trial, prompt: Prompt) -> ScrambledRecord | None:
    """Return what is kept of the scrambled text; the baseline has none."""
    if trial.condition.is_baseline:
        return None
    scrambled = prompt.scrambled
    return ScrambledRecord(
        question_id=trial.question.id,
        condition_id=trial.condition.id,
        text_sha256=scrambled.text_sha256,
        realised_dose=scrambled.realised_dose,
        edit_distance=scrambled.edit_distance,
        n_units=scrambled.n_units,
        n_altered=scrambled.n_altered,
    )
