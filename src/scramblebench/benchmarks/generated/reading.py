"""Reading: passages about people and places that do not exist; the answer stands in the passage."""

from dataclasses import dataclass

from scramblebench.benchmarks.generated.items import Family, Item, Kind
from scramblebench.benchmarks.generated.words import FIRST_NAMES, invented_name, invented_names
from scramblebench.core.randomness import RandomStream

_JOBS = [
    "baker",
    "doctor",
    "teacher",
    "farmer",
    "painter",
    "singer",
    "pilot",
    "nurse",
    "writer",
    "sailor",
]
_PETS = ["dog", "cat", "horse", "parrot", "rabbit", "goat", "snake", "turtle"]
_FOODS = ["soup", "bread", "cheese", "rice", "fish", "pizza", "salad", "cake"]
_COLORS = ["red", "blue", "green", "yellow", "white", "black", "brown", "purple"]
_PLACES = ["river", "lake", "forest", "mountain", "harbor", "castle", "bridge", "garden"]


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    town: str
    job: str
    pet: str
    food: str
    color: str


def _people(stream: RandomStream, n: int) -> list[_Person]:
    columns = [
        stream.sample(FIRST_NAMES, n),
        invented_names(stream, n),
        *(stream.sample(words, n) for words in (_JOBS, _PETS, _FOODS, _COLORS)),
    ]
    return [_Person(*values) for values in zip(*columns, strict=True)]


_QUESTIONS = (
    ("What is the job of {}?", "job"),
    ("In which town does {} live?", "town"),
    ("What pet does {} have?", "pet"),
    ("What food does {} like?", "food"),
    ("What color is the house of {}?", "color"),
)


def _sentences(person: _Person) -> list[str]:
    return [
        f"{person.name} is a {person.job}.",
        f"{person.name} lives in the town of {person.town}.",
        f"{person.name} has a {person.pet}.",
        f"{person.name} likes {person.food}.",
        f"The house of {person.name} is {person.color}.",
    ]


def _portrait(stream: RandomStream, index: int) -> Item:
    """One person, two facts, one of them asked for."""
    person = _people(stream, 1)[0]
    asked = index % len(_QUESTIONS)
    others = [place for place in range(len(_QUESTIONS)) if place != asked]
    told = stream.shuffled([asked, *stream.sample(others, 1)])
    sentences = _sentences(person)
    question, attribute = _QUESTIONS[asked]
    context = " ".join(sentences[place] for place in told)
    return Item(question.format(person.name), (str(getattr(person, attribute)),), context=context)


def _group(stream: RandomStream, index: int) -> Item:
    """Three people, three facts each; asked for one fact of one of them."""
    people = _people(stream, 3)
    asked = index % len(_QUESTIONS)
    others = [place for place in range(len(_QUESTIONS)) if place != asked]
    told = [asked, *stream.sample(others, 2)]
    sentences = [_sentences(person)[place] for person in people for place in told]
    person = stream.choice(people)
    question, attribute = _QUESTIONS[asked]
    answer = str(getattr(person, attribute))
    return Item(
        question.format(person.name), (answer,), context=" ".join(stream.shuffled(sentences))
    )


def _two_steps(stream: RandomStream, _index: int) -> Item:
    """Four people; one is described by a fact and asked for another."""
    people = _people(stream, 4)
    sentences = [sentence for person in people for sentence in _sentences(person)[:3]]
    person = stream.choice(people)
    text, answer = stream.choice(
        (
            (f"In which town does the {person.job} live?", person.town),
            (f"What pet does the {person.job} have?", person.pet),
            (f"What is the job of the person who has a {person.pet}?", person.job),
            (f"Which pet lives in the town of {person.town}?", person.pet),
        )
    )
    return Item(text, (answer,), context=" ".join(stream.shuffled(sentences)))


def _journey(stream: RandomStream, _index: int) -> Item:
    """A way past four places; asked for what came right before or after one of them."""
    name = invented_name(stream)
    places = stream.sample(_PLACES, 4)
    at = 1 + stream.below(2)
    context = (
        f"{name} went on a journey. First {name} came to a {places[0]}, then to a {places[1]}. "
        f"After that {name} saw a {places[2]}, and at the end a {places[3]}."
    )
    side, answer = stream.choice((("before", places[at - 1]), ("after", places[at + 1])))
    text = f"What did {name} come to directly {side} the {places[at]}?"
    return Item(text, (answer,), context=context)


READING: Family = {
    "easy": [Kind("portrait", _portrait)],
    "medium": [Kind("group", _group)],
    "hard": [Kind("steps", _two_steps), Kind("journey", _journey)],
}
