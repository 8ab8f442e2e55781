"""From a question and a condition to the messages that are sent; made only when about to be sent."""

import hashlib
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.per_request import per_request
from scramblebench.core.questions import Question
from scramblebench.scoring import choose_scorer, parse_scorer
from scramblebench.scrambling import Scrambled, scramble
from scramblebench.settings import BenchmarkSpec
from scramblebench.settings.benchmarks import ExampleSpec

INSTRUCTIONS: Mapping[str, str] = {
    "multiple_choice": "Answer the question with the letter of the right option.",
    "number": "Solve the problem. End with the words: The answer is, and the number.",
}
"""What a model is told, by scorer, where the configuration does not say."""
OPEN_INSTRUCTION = "Answer the question with one word or a few words."

_TEMPLATE = "{context}{question}{choices}"
_PLACEHOLDERS = ("context", "question", "choices")


@per_request
class ScrambledQuestion:
    """A question as it is asked under a condition, and how far it is from the original.

    ``n_units`` and ``n_altered`` add up over the scrambled fields; ``realised_dose`` is their share
    and ``edit_distance`` the mean of the fields' normalised edit distances, weighted by their lengths;
    both 0 to 1.
    """

    text: str
    context: str
    choices: tuple[str, ...]
    n_units: int
    n_altered: int
    edit_distance: float

    @property
    def realised_dose(self) -> float:
        """Share of the units that were really altered; 0 where there is nothing to alter."""
        return self.n_altered / self.n_units if self.n_units else 0.0

    @property
    def text_sha256(self) -> str:
        """sha256 of all fields, 64 hex digits."""
        joined = "\x1f".join((self.context, self.text, *self.choices))
        return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


@per_request
class Prompt:
    """What is sent: the system prompt ("" for none), solved examples as (user, assistant), the question."""

    system: str
    examples: tuple[tuple[str, str], ...]
    user: str
    scrambled: ScrambledQuestion

    @property
    def n_characters(self) -> int:
        """Length of all texts together."""
        shown = sum(len(user) + len(answer) for user, answer in self.examples)
        return len(self.system) + shown + len(self.user)


class PromptWriter:
    """Writes the prompts of one benchmark; ``fields`` are the parts of a question to scramble."""

    def __init__(self, spec: BenchmarkSpec, fields: Sequence[str]) -> None:
        self._spec = spec
        self._fields = frozenset(fields)
        self._template = spec.prompt_template or _TEMPLATE
        shown: Sequence[ExampleSpec] = () if isinstance(spec.few_shot, int) else spec.few_shot
        self._examples = tuple(
            (self._fill_example(example), _answer_of(example)) for example in shown
        )

    def scorer(self, question: Question) -> str:
        """Return the name of the scorer that judges this question's responses."""
        return self._spec.scorer or choose_scorer(question)

    def write(self, question: Question, condition: Condition, system: str | None = None) -> Prompt:
        """Return the prompt; ``system`` overrides the benchmark's system prompt, "" sends none."""
        scrambled = scramble_question(question, condition, self._fields)
        user = self._fill(scrambled.text, scrambled.context, scrambled.choices)
        return Prompt(self._system(question, system), self._examples, user, scrambled)

    def _system(self, question: Question, override: str | None) -> str:
        for text in (override, self._spec.system_prompt):
            if text is not None:
                return text
        return INSTRUCTIONS.get(self.scorer(question), OPEN_INSTRUCTION)

    def _fill_example(self, example: ExampleSpec) -> str:
        return self._fill(example.question, example.context, example.choices)

    def _fill(self, text: str, context: str, choices: Sequence[str]) -> str:
        lettered = "\n".join(
            f"{letter}) {c}" for letter, c in zip(ascii_uppercase, choices, strict=False)
        )
        filled = {
            "context": f"{context}\n\n" if context else "",
            "question": text,
            "choices": f"\n{lettered}" if lettered else "",
        }
        return self._template.format_map(filled)


def scramble_question(
    question: Question, condition: Condition, fields: frozenset[str]
) -> ScrambledQuestion:
    """Return the question's fields as they are asked under the condition.

    ``fields`` are those to scramble, of "question", "context" and "choices". Each has a random stream
    of its own, named ``<question id>/<field>``.
    """
    done: list[Scrambled] = []

    def field(text: str, name: str, kind: str) -> str:
        if not text or kind not in fields:
            return text
        done.append(scramble(text, condition, key=f"{question.id}/{name}"))
        return done[-1].text

    text = field(question.text, "question", "question")
    context = field(question.context, "context", "context")
    choices = tuple(field(c, f"choice{n}", "choices") for n, c in enumerate(question.choices))
    n_units = n_altered = n_characters = 0
    distance = 0.0
    for part in done:
        n_units += part.n_units
        n_altered += part.n_altered
        n_characters += len(part.text)
        distance += part.edit_distance * len(part.text)
    return ScrambledQuestion(
        text=text,
        context=context,
        choices=choices,
        n_units=n_units,
        n_altered=n_altered,
        edit_distance=distance / n_characters if n_characters else 0.0,
    )


def _answer_of(example: ExampleSpec) -> str:
    if example.answer in example.choices:
        return ascii_uppercase[example.choices.index(example.answer)]
    return example.answer


def check_words(spec: BenchmarkSpec) -> None:
    """Raise UsageError where a benchmark's prompt template or scorer cannot be used."""
    if spec.scorer is not None:
        parse_scorer(spec.scorer)
    try:
        filled = (spec.prompt_template or _TEMPLATE).format_map(
            {key: f"<{key}>" for key in _PLACEHOLDERS}
        )
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(
            f"prompt_template: {error} is not one of {{context}}, {{question}}, {{choices}}; "
            "write {{ and }} for braces"
        ) from None
    if "<question>" not in filled:
        raise UsageError("prompt_template: {question} is missing")
