"""The bundled benchmark: questions made from templates, another set for every variant.

Nobody can have trained on a variant that did not exist; only the tables of common knowledge are
finite. How easy the parts are for a small model: docs/design/bundled-benchmark.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scramblebench.benchmarks.generated.arithmetic import ARITHMETIC
from scramblebench.benchmarks.generated.facts import FACTS
from scramblebench.benchmarks.generated.items import Family, Item, Kind
from scramblebench.benchmarks.generated.language import LANGUAGE
from scramblebench.benchmarks.generated.logic import LOGIC
from scramblebench.benchmarks.generated.reading import READING
from scramblebench.benchmarks.source import DIFFICULTIES, GeneratedSpec
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question, identified
from scramblebench.core.randomness import RandomStream

FAMILIES: dict[str, Family] = {
    "arithmetic": ARITHMETIC,
    "facts": FACTS,
    "language": LANGUAGE,
    "logic": LOGIC,
    "reading": READING,
}
DEMO_DOMAINS = ("facts", "language", "reading")  # at difficulty easy: within a 135M model's reach

_TOPIC_TRIES = 40  # draws before a topic may come again in other words
_TEXT_TRIES = 400  # draws before the templates count as used up


def generate_questions(spec: GeneratedSpec, name: str) -> tuple[Question, ...]:
    """Return the questions of a variant, by domain and difficulty; no text comes twice.

    Raises UsageError on an unknown domain or difficulty, or where the templates cannot make as many
    different questions as asked for.
    """
    _check(spec)
    return tuple(
        question
        for domain in spec.domains
        for place, difficulty in enumerate(spec.difficulties)
        for question in _Cell(spec.variant, domain, difficulty).questions(
            name, _share(spec.per_domain, len(spec.difficulties), place)
        )
    )


def _check(spec: GeneratedSpec) -> None:
    for word, known in [
        *((domain, tuple(FAMILIES)) for domain in spec.domains),
        *((difficulty, DIFFICULTIES) for difficulty in spec.difficulties),
    ]:
        if word not in known:
            raise UsageError(f"{word!r} is not in the bundled benchmark; choose {', '.join(known)}")
    if spec.per_domain < 1:
        raise UsageError(f"per_domain {spec.per_domain} is below 1")


def _share(total: int, n_parts: int, place: int) -> int:
    return total // n_parts + (place < total % n_parts)


@dataclass
class _Cell:
    """The questions of one domain and difficulty in one variant."""

    variant: int
    domain: str
    difficulty: str
    _texts: set[tuple[str, str]] = field(default_factory=set)
    _topics: set[str] = field(default_factory=set)

    def questions(self, name: str, n: int) -> Iterator[Question]:
        """Yield ``n`` questions, the kinds of the cell taking turns."""
        kinds = FAMILIES[self.domain][self.difficulty]
        places = _GoldPlaces(self._stream("gold"))
        streams = [self._stream(kind.name) for kind in kinds]
        for index in range(n):
            turn, at = divmod(index, len(kinds))
            item = self._fresh(kinds[at], streams[at], turn)
            source_id = (
                f"v{self.variant}/{self.domain}/{self.difficulty}/{kinds[at].name}/{turn + 1:03}"
            )
            question = Question(
                id="",
                benchmark=name,
                text=item.text,
                answers=item.answers,
                context=item.context,
                domain=self.domain,
                difficulty=self.difficulty,
                source_id=source_id,
            )
            yield identified(places.with_choices(question, item.distractors))

    def _stream(self, part: str) -> RandomStream:
        return RandomStream("generated", self.variant, self.domain, self.difficulty, part)

    def _fresh(self, kind: Kind, stream: RandomStream, turn: int) -> Item:
        for tried in range(_TEXT_TRIES):
            item = kind.make(stream, turn)
            topic = item.topic or item.text
            is_new_topic = topic not in self._topics or tried >= _TOPIC_TRIES
            if (item.text, item.context) not in self._texts and is_new_topic:
                self._texts.add((item.text, item.context))
                self._topics.add(topic)
                return item
        raise UsageError(
            f"the bundled benchmark has no more {self.difficulty} {self.domain} questions "
            f"({len(self._texts)} made); lower per_domain or take more variants"
        )


class _GoldPlaces:
    """Where the right choice goes: every place equally often, in shuffled rounds per number of choices."""

    def __init__(self, stream: RandomStream) -> None:
        self._stream = stream
        self._rounds: dict[int, list[int]] = {}

    def with_choices(self, question: Question, distractors: tuple[str, ...]) -> Question:
        """Return the question with its choices; as it is where it has none."""
        if not distractors:
            return question
        n = len(distractors) + 1
        if not self._rounds.get(n):
            self._rounds[n] = self._stream.shuffled(range(n))
        place = self._rounds[n].pop()
        choices = self._stream.shuffled(distractors)
        choices.insert(place, question.answers[0])
        return replace(question, choices=tuple(choices), correct_choice=place)
