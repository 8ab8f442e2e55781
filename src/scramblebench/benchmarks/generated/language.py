"""Words: opposites, plurals, the odd one out, alphabetical order, counting letters."""

from collections.abc import Sequence

from scramblebench.benchmarks.generated.facts import table_kind
from scramblebench.benchmarks.generated.items import Family, Item, Kind, number_answers
from scramblebench.core.randomness import RandomStream

_OPPOSITES = {
    "hot": "cold",
    "up": "down",
    "big": "small/little",
    "day": "night",
    "black": "white",
    "fast": "slow",
    "happy": "sad/unhappy",
    "young": "old",
    "open": "closed/close/shut",
    "high": "low",
    "left": "right",
    "long": "short",
    "strong": "weak",
    "light": "dark/darkness/heavy",
    "good": "bad/evil",
    "true": "false",
    "full": "empty",
    "wet": "dry",
    "tall": "short",
    "inside": "outside",
    "north": "south",
    "east": "west",
    "summer": "winter",
    "friend": "enemy/foe",
    "positive": "negative",
    "thick": "thin",
    "near": "far",
    "success": "failure",
}
_PLURALS = {
    "cat": "cats",
    "house": "houses",
    "book": "books",
    "box": "boxes",
    "baby": "babies",
    "city": "cities",
    "dish": "dishes",
    "tree": "trees",
    "car": "cars",
    "bus": "buses/busses",
    "table": "tables",
    "flower": "flowers",
    "chair": "chairs",
    "apple": "apples",
    "bird": "birds",
    "lady": "ladies",
    "river": "rivers",
    "glass": "glasses",
}
_PASTS = {
    "walk": "walked",
    "play": "played",
    "jump": "jumped",
    "cook": "cooked",
    "open": "opened",
    "talk": "talked",
    "eat": "ate",
    "go": "went",
    "see": "saw",
    "look": "looked",
    "work": "worked",
    "help": "helped",
}
_NEXT_DAY = dict(
    zip(
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        ["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        strict=True,
    )
)
_NEXT_MONTH = dict(
    zip(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
        ],
        [
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        strict=True,
    )
)
_CATEGORIES = {
    "animals": ["horse", "rabbit", "tiger", "sheep", "wolf", "monkey", "camel", "donkey"],
    "fruits": ["apple", "banana", "cherry", "grape", "mango", "peach", "melon", "apricot"],
    "tools": ["hammer", "saw", "drill", "pliers", "chisel", "wrench", "screwdriver", "axe"],
    "colors": ["red", "blue", "green", "yellow", "purple", "brown", "pink", "grey"],
    "clothes": ["shirt", "trousers", "coat", "scarf", "jacket", "sweater", "glove", "skirt"],
    "vehicles": ["car", "bus", "train", "bicycle", "truck", "tram", "boat", "lorry"],
    "instruments": ["piano", "violin", "flute", "trumpet", "guitar", "drum", "cello", "harp"],
    "furniture": ["table", "chair", "sofa", "cupboard", "desk", "shelf", "bed", "wardrobe"],
}
_LONG_WORDS = [
    "banana",
    "elephant",
    "mississippi",
    "committee",
    "possession",
    "bookkeeper",
    "tennessee",
    "assessment",
    "hippopotamus",
    "parallel",
    "cappuccino",
    "millennium",
    "address",
    "balloon",
    "successful",
    "coffee",
]


def _odd_one(stream: RandomStream, _index: int) -> Item:
    main, other = stream.sample(list(_CATEGORIES), 2)
    members = tuple(stream.sample(_CATEGORIES[main], 3))
    odd = stream.choice(_CATEGORIES[other])
    template = stream.choice(
        (
            "Which word does not belong with the others: {}?",
            "Which of these is the odd one out: {}?",
        )
    )
    words = ", ".join(stream.shuffled((*members, odd)))
    return Item(template.format(words), (odd,), members)


def _member(stream: RandomStream, _index: int) -> Item:
    category, *others = stream.sample(list(_CATEGORIES), 4)
    right = stream.choice(_CATEGORIES[category])
    wrong = tuple(stream.choice(_CATEGORIES[other]) for other in others)
    words = ", ".join(stream.shuffled((right, *wrong)))
    return Item(f"Which of these words is one of the {category}: {words}?", (right,), wrong)


def _alphabetical(stream: RandomStream, index: int) -> Item:
    pool = [word for words in _CATEGORIES.values() for word in words]
    words = stream.sample(pool, 4)
    ordered = sorted(words)
    answer, which = (ordered[0], "first") if index % 2 else (ordered[-1], "last")
    text = f"Which of these words comes {which} in the alphabet: {', '.join(words)}?"
    return Item(text, (answer,), tuple(word for word in words if word != answer))


def _letters(stream: RandomStream, _index: int) -> Item:
    word = stream.choice(_LONG_WORDS)
    character = stream.choice(sorted(set(word)))
    text = f'How many times does the letter "{character}" stand in the word "{word}"?'
    return Item(text, number_answers(word.count(character)))


def _backwards(stream: RandomStream, _index: int) -> Item:
    pool: Sequence[str] = [word for words in _CATEGORIES.values() for word in words]
    word = stream.choice(pool)
    return Item(f'Which word do you get if you read "{word[::-1]}" backwards?', (word,))


LANGUAGE: Family = {
    "easy": [
        table_kind(
            (
                "opposite",
                ("What is the opposite of {}?", "Which word is the opposite of {}?"),
                _OPPOSITES,
            )
        ),
        table_kind(
            ("plural", ("What is the plural of {}?", "What is the plural form of {}?"), _PLURALS)
        ),
    ],
    "medium": [
        Kind("odd", _odd_one),
        Kind("member", _member),
        table_kind(
            ("past", ("What is the past tense of {}?", "What is the past form of {}?"), _PASTS)
        ),
        table_kind(("day", ("What day comes after {}?", "Which day follows {}?"), _NEXT_DAY)),
        table_kind(
            ("month", ("What month comes after {}?", "Which month follows {}?"), _NEXT_MONTH)
        ),
    ],
    "hard": [
        Kind("alphabet", _alphabetical),
        Kind("letters", _letters),
        Kind("backwards", _backwards),
    ],
}
