"""Deductions: who is taller, what is where in a row, who tells the truth."""

from itertools import pairwise

from scramblebench.benchmarks.generated.items import Family, Item, Kind
from scramblebench.benchmarks.generated.words import FIRST_NAMES
from scramblebench.core.randomness import RandomStream

_RELATIONS = (
    ("taller", "shorter"),
    ("older", "younger"),
    ("faster", "slower"),
    ("richer", "poorer"),
)
_ANIMALS = ["cat", "dog", "horse", "owl", "fox", "hen", "goat", "swan", "mouse", "bear"]
_COLORS = ["red", "blue", "green", "yellow", "black", "white", "brown", "grey"]
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def _pair(stream: RandomStream, index: int) -> Item:
    more, less = stream.sample(FIRST_NAMES, 2)
    up, down = stream.choice(_RELATIONS)
    asked, answer, other = (up, more, less) if index % 2 else (down, less, more)
    return Item(f"{more} is {up} than {less}. Who is {asked}?", (answer,), (other,))


def _owner(stream: RandomStream, _index: int) -> Item:
    names = stream.sample(FIRST_NAMES, 3)
    animals = stream.sample(_ANIMALS, 3)
    facts = " ".join(f"{name} has a {animal}." for name, animal in zip(names, animals, strict=True))
    at = stream.below(3)
    distractors = tuple(name for name in names if name != names[at])
    return Item(f"{facts} Who has a {animals[at]}?", (names[at],), distractors)


def _all_are(stream: RandomStream, index: int) -> Item:
    """Two premises; asked either what follows or what contradicts, by turns."""
    animals = stream.sample(_ANIMALS, 2)
    true_color, false_color = stream.sample(_COLORS, 2)
    name = stream.choice(FIRST_NAMES)
    color, answer = (true_color, "yes") if index % 2 else (false_color, "no")
    text = (
        f"On an island every {animals[0]} is {true_color} all over and every {animals[1]} is "
        f"{false_color} all over. {name} has a {animals[0]} from the island. "
        f"Is it {color}?"
    )
    return Item(text, (answer,), ("no" if answer == "yes" else "yes",))


def _chain(stream: RandomStream, names: list[str], up: str) -> str:
    """Say an order, the greatest first, in sentences about neighbours in random order."""
    sentences = [f"{a} is {up} than {b}." for a, b in pairwise(names)]
    return " ".join(stream.shuffled(sentences))


def _order(stream: RandomStream, index: int) -> Item:
    names = stream.sample(FIRST_NAMES, 3 + index % 2)
    up, down = stream.choice(_RELATIONS)
    is_top = stream.below(2) == 0
    answer, superlative = (names[0], up) if is_top else (names[-1], down)
    distractors = tuple(name for name in sorted(names) if name != answer)
    text = f"{_chain(stream, names, up)} Who is the {_superlative(superlative)} of all?"
    return Item(text, (answer,), distractors)


def _superlative(comparative: str) -> str:
    return comparative.removesuffix("er") + "est"


def _middle(stream: RandomStream, _index: int) -> Item:
    """The place in a row of five, told by neighbours in random order."""
    names = stream.sample(FIRST_NAMES, 5)
    at = 1 + stream.below(3)
    text = (
        "Five people stand in a row, facing us. "
        + " ".join(
            stream.shuffled([f"{a} stands directly left of {b}." for a, b in pairwise(names)])
        )
        + f" Who is {_ORDINALS[at]} from the left?"
    )
    return Item(text, (names[at],), tuple(sorted(set(names) - {names[at]})))


def _liars(stream: RandomStream, index: int) -> Item:
    """A chain of five about who lies; whether the last one tells the truth is yes and no by turns."""
    names = stream.sample(FIRST_NAMES, 5)
    wanted = index % 2 == 0
    claims = [stream.below(2) == 0 for _ in names[:-1]]
    start = wanted
    for claim in claims:
        start = start == claim
    sentences = [f"{names[0]} {_verdict(start)}."]
    for speaker, subject, claim in zip(names[1:], names, claims, strict=False):
        sentences.append(f"{speaker} says that {subject} {_verdict(claim)}.")
    text = f"Everybody always lies or always tells the truth. {' '.join(sentences)} Does {names[-1]} tell the truth?"
    return Item(text, ("yes",) if wanted else ("no",), ("no",) if wanted else ("yes",))


def _verdict(is_true: bool) -> str:
    return "tells the truth" if is_true else "lies"


LOGIC: Family = {
    "easy": [Kind("pair", _pair), Kind("owner", _owner)],
    "medium": [Kind("order", _order), Kind("island", _all_are)],
    "hard": [Kind("row", _middle), Kind("liars", _liars)],
}
