"""Letters of many scripts: what may stand for what, and seeded alphabets over them.

An alphabet is one or more rows of equal length; a letter is only ever replaced by another letter of
its own row, so script, case (row 0 small, row 1 capital) and kind (consonant, vowel sign carrier,
final form, syllable with or without final) are kept, and with them the grapheme clusters. Letters
of one column (a, A) are replaced alike. The rows are fixed here and do not depend on the Unicode
version of Python; letters of scripts not listed below are no units and stay as they are.
"""

import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter

from scramblebench.core.randomness import random_bytes

LATIN_SMALL = "abcdefghijklmnopqrstuvwxyz"
LATIN_CAPITAL = LATIN_SMALL.upper()
DIGITS = "0123456789"

_LARGE = 100  # alphabets longer than this (they have one row) are rotated


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """A named set of letters that may stand for each other, row by row."""

    name: str
    rows: tuple[str, ...]

    @property
    def size(self) -> int:
        """Letters in a row."""
        return len(self.rows[0])


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """A letter's place: ``alphabet.rows[row][column]``."""

    alphabet: Alphabet
    row: int
    column: int

    @property
    def siblings(self) -> str:
        """The letters that may replace it, itself among them."""
        return self.alphabet.rows[self.row]


def _span(first: int, last: int, step: int = 1) -> str:
    return "".join(map(chr, range(first, last + 1, step)))


def _without(letters: str, omitted: str) -> str:
    return "".join(letter for letter in letters if letter not in omitted)


def _cased_pairs(first: int, last: int) -> tuple[str, str]:
    """Return the small and the capital letters of a block where they alternate, capital first."""
    return _span(first + 1, last, 2), _span(first, last, 2)


def _joined(*pairs: tuple[str, str]) -> tuple[str, str]:
    return "".join(small for small, _ in pairs), "".join(capital for _, capital in pairs)


# In Latin, "ß" goes with the capital "ẞ" and "ı" with "İ"; in Greek the final sigma with "Ϲ".
_CASED: dict[str, tuple[str, str]] = {
    "latin": (LATIN_SMALL, LATIN_CAPITAL),
    "latin_1": ("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþßÿ", "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞẞŸ"),
    "latin_extended": _joined(
        _cased_pairs(0x100, 0x12F),
        ("ı", "İ"),
        _cased_pairs(0x132, 0x137),
        _cased_pairs(0x139, 0x148),
        _cased_pairs(0x14A, 0x177),
        _cased_pairs(0x179, 0x17E),
        _cased_pairs(0x1CD, 0x1DC),
        _cased_pairs(0x1F8, 0x21F),
    ),
    "vietnamese": _joined(("ơư", "ƠƯ"), _cased_pairs(0x1EA0, 0x1EF9)),
    "latin_wide": (_span(0xFF41, 0xFF5A), _span(0xFF21, 0xFF3A)),
    "greek": ("αβγδεζηθικλμνξοπρστυφχψως", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩϹ"),
    "greek_accented": ("άέήίόύώϊϋ", "ΆΈΉΊΌΎΏΪΫ"),
    "cyrillic": (_span(0x430, 0x44F) + "ё", _span(0x410, 0x42F) + "Ё"),
    "cyrillic_extended": ("ѐђѓєѕіїјљњћќѝўџґ", "ЀЂЃЄЅІЇЈЉЊЋЌЍЎЏҐ"),
    "armenian": (_span(0x561, 0x586), _span(0x531, 0x556)),
}
_CASELESS: dict[str, str] = {
    "greek_double_accented": "ΐΰ",
    "georgian": _span(0x10D0, 0x10F0),
    "hebrew": _without(_span(0x5D0, 0x5EA), "ךםןףץ"),
    "hebrew_final": "ךםןףץ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "arabic_marked": "ءآأؤإئةى",
    "arabic_persian_urdu": "پچژگکیٹڈڑںھہےۓ",
    "devanagari": _span(0x915, 0x928) + _span(0x92A, 0x930) + "लळवशषसह",
    "devanagari_nukta": _span(0x958, 0x95F),
    "devanagari_vowel": "अआइईउऊऋएऐओऔ",
    "bengali": _span(0x995, 0x9A8) + _span(0x9AA, 0x9B0) + "লশষসহ",
    "bengali_vowel": "অআইঈউঊঋএঐওঔ",
    "gurmukhi": _span(0xA15, 0xA28) + _span(0xA2A, 0xA30) + "ਲਵਸਹ",
    "gujarati": _span(0xA95, 0xAA8) + _span(0xAAA, 0xAB0) + "લળવશષસહ",
    "gujarati_vowel": "અઆઇઈઉઊઋએઐઓઔ",
    "tamil": "கஙசஜஞடணதநனபமயரறலளழவஷஸஹ",
    "tamil_vowel": "அஆஇஈஉஊஎஏஐஒஓஔ",
    "telugu": _span(0xC15, 0xC28) + _span(0xC2A, 0xC30) + "లళవశషసహ",
    "kannada": _span(0xC95, 0xCA8) + _span(0xCAA, 0xCB0) + "ಲಳವಶಷಸಹ",
    "malayalam": _span(0xD15, 0xD28) + _span(0xD2A, 0xD39),
    "thai": _span(0xE01, 0xE23) + "ล" + _span(0xE27, 0xE2E),
    "hiragana": "あいうえおかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとど"
    "なにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもやゆよらりるれろわをん",
    "hiragana_small": "ぁぃぅぇぉっゃゅょ",
    "katakana": "アイウエオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトド"
    "ナニヌネノハバパヒビピフブプヘベペホボポマミムメモヤユヨラリルレロワヲン",
    "katakana_small": "ァィゥェォッャュョ",
    "hangul_initial": _span(0x1100, 0x1112),
    "hangul_medial": _span(0x1161, 0x1175),
    "hangul_final": _span(0x11A8, 0x11C2),
}

BASIC_LATIN = Alphabet("latin", _CASED["latin"])
_DIGIT_ALPHABET = Alphabet("digits", (DIGITS,))


def _index(alphabet: Alphabet) -> dict[str, Letter]:
    return {
        character: Letter(alphabet, number, column)
        for number, row in enumerate(alphabet.rows)
        for column, character in enumerate(row)
    }


@cache
def _small_letters() -> dict[str, Letter]:
    letters = _index(BASIC_LATIN) | _index(_DIGIT_ALPHABET)
    for name, rows in _CASED.items():
        if name != BASIC_LATIN.name:
            letters |= _index(Alphabet(name, rows))
    for name, row in _CASELESS.items():
        letters |= _index(Alphabet(name, (row,)))
    return letters


def _codec_block(codec: str, lead: range, trail: tuple[int, ...], n_letters: int) -> str:
    """Return the first letters of a legacy character set, in its own order."""
    pairs = (bytes((high, low)) for high in lead for low in trail)
    letters = "".join(pair.decode(codec, "ignore") for pair in pairs)
    return letters[:n_letters]


@cache
def _large_letters() -> dict[str, Letter]:
    """Hangul syllables and Han: the commonest Han first, as two old standards rank them.

    GB 2312 level 1 (3,755 common simplified), then Big5 level 1 (5,401 common traditional) without
    those, then the other Han of Unicode 1.1, then extension A.
    """
    simplified = _codec_block("gb2312", range(0xB0, 0xD8), tuple(range(0xA1, 0xFF)), 3755)
    big5_trail = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    traditional = _codec_block("big5", range(0xA4, 0xC7), big5_trail, 5401)
    traditional = _without(traditional, "".join(sorted(simplified)))
    common = frozenset(simplified + traditional)
    syllables = _span(0xAC00, 0xD7A3)
    blocks = {
        "han_simplified": simplified,
        "han_traditional": traditional,
        "han_other": "".join(c for c in _span(0x4E00, 0x9FA5) if c not in common),
        "han_extension_a": _span(0x3400, 0x4DB5),
        "hangul_open": syllables[::28],
        "hangul_closed": "".join(c for i, c in enumerate(syllables) if i % 28),
    }
    letters: dict[str, Letter] = {}
    for name, row in blocks.items():
        letters |= _index(Alphabet(name, (row,)))
    return letters


def letter_of(character: str) -> Letter | None:
    """Return the place of a letter or ASCII digit; None for every other character."""
    letter = _small_letters().get(character)
    if letter is None and "\u3400" <= character <= "\ud7a3":
        return _large_letters().get(character)
    return letter


@lru_cache(maxsize=64)  # the levels of one text are asked in a row
def random_cycle(alphabet: Alphabet, stream: str) -> tuple[str, str]:
    """Return the letters of all rows and, letter for letter, what replaces them.

    One random cycle through all columns, so a bijection of each row without fixed points.
    """
    size = alphabet.size
    words = struct.unpack(f"<{size}I", random_bytes(4 * size, f"{alphabet.name}:{stream}"))
    in_order = itemgetter(*sorted(range(size), key=words.__getitem__))
    cycles = ["".join(in_order(row)) for row in alphabet.rows]
    return "".join(cycles), "".join([cycle[1:] + cycle[0] for cycle in cycles])


def replacements(alphabet: Alphabet, letters: str, stream: str) -> str:
    """Return what replaces some letters of an alphabet: a bijection without fixed points.

    Up to 100 letters a row: a random cycle. More: a rotation of the row by a random distance.
    """
    if alphabet.size <= _LARGE:
        table = dict(zip(*random_cycle(alphabet, stream), strict=True))
        return "".join(map(table.__getitem__, letters))
    word = int.from_bytes(random_bytes(8, f"{alphabet.name}:{stream}"), "little")
    distance = 1 + word % (alphabet.size - 1)
    row = alphabet.rows[0]
    places = [found.column for letter in letters if (found := letter_of(letter))]
    return "".join([row[(column + distance) % alphabet.size] for column in places])
