"""Words that templates are filled with, and names that nobody bears."""

from scramblebench.core.randomness import RandomStream

FIRST_NAMES = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Frank",
    "Grace",
    "Henry",
    "Ida",
    "Jack",
    "Kate",
    "Leo",
    "Maria",
    "Noah",
    "Olga",
    "Peter",
    "Rosa",
    "Sam",
    "Tina",
    "Victor",
]
THINGS = [
    "apples",
    "pears",
    "plums",
    "lemons",
    "cookies",
    "marbles",
    "stamps",
    "shells",
    "stones",
    "coins",
    "cards",
    "books",
    "pencils",
    "balloons",
    "buttons",
    "stickers",
]

_ONSETS = [
    "B",
    "D",
    "F",
    "G",
    "K",
    "L",
    "M",
    "N",
    "P",
    "R",
    "S",
    "T",
    "V",
    "Z",
    "Br",
    "Dr",
    "Gr",
    "Kr",
    "Pl",
    "Tr",
]
_VOWELS = ["a", "e", "i", "o", "u"]
_MIDDLES = ["l", "r", "n", "m", "v", "d", "k", "z", "rt", "nd", "lm"]
_ENDS = ["n", "r", "l", "s", "x", "th", "m", "k"]


def invented_name(stream: RandomStream) -> str:
    """Return a name like Tralen or Kovith, of two syllables."""
    parts = (_ONSETS, _VOWELS, _MIDDLES, _VOWELS, _ENDS)
    return "".join(stream.choice(part) for part in parts)


def invented_names(stream: RandomStream, n: int) -> list[str]:
    """Return ``n`` different invented names."""
    names: dict[str, None] = {}
    while len(names) < n:
        names[invented_name(stream)] = None
    return list(names)
