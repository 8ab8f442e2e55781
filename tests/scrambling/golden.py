"""The golden results: own texts of many scripts under every method.

``python tests/scrambling/golden.py`` compares this interpreter's results with the file and exits with
1 where they differ; with ``--write`` it writes the file, which is only right when the method's
definition was changed on purpose (a stored experiment can no longer be rebuilt then).
"""

import hashlib
import json
import sys
from pathlib import Path

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import METHODS, scramble

FILE = Path(__file__).parents[1] / "golden" / "scrambling" / "results.json"

TEXTS = {
    "english": "Tom's sister bought 12 eggs for $3.50 at the farmers' market. How much is one egg?",
    "lines": "Which is largest?\nOptions:\n(A) a whale\n(B) the moon\n(C) 3/4 of a whale",
    "labels": "A) five red apples\nB) six red apples\nC. none of these apples",
    "french": "L'été dernier, Zoë a mangé 3 crêpes à Besançon. Où était son frère aîné?",
    "german": "Die Straße führt über den großen Fluß. Wie heißt die größte Brücke dort?",
    "decomposed": "Cafe\u0301 cre\u0300me, nai\u0308ve re\u0301sume\u0301 et gene\u0301reux garc\u0327on.",
    "greek": "Ο γρήγορος σκύλος κοιμάται. Πόσες γάτες βλέπεις;",
    "russian": "Съешь ещё этих мягких французских булок. Сколько стоит чай?",
    "chinese": "小明有三个苹果。他又买了5个苹果,一共有多少个?這裡還有蘋果嗎?",
    "japanese": "東京は日本の首都です。ひらがなとカタカナを読めますか?",
    "korean": "철수는 사과 3개를 샀다. 모두 몇 개인가? 각닭 한국어",
    "arabic": "كم عدد الكتب في المكتبة؟ اشترى أحمد ٣ كتب.",
    "hebrew": "כמה ספרים יש בספרייה? דן קנה שלום.",
    "hindi": "राम के पास ५ किताबें हैं। क्षत्रिय बच्चे कितने हैं?",
    "thai": "กรุงเทพเป็นเมืองหลวงของประเทศไทย",
    "emoji": "The family 👨‍👩‍👧‍👦 flew 🇫🇷🇩🇪 with a 👍🏽 and a 🏳️‍🌈 flag, ok?",
    "latex": r"Solve $x^2 + \alpha = 3$ and \(y = mx\). Then \[ z \] and \frac{1}{2}, \text{for all} n.",
    "money": "A pen costs $3 and a book costs $4, so I pay US$ seven.",
    "code": "What does `print(foo)` do? And\n```py\nfor x in y: pass\n```\nafter that?",
    "addresses": "See https://example.org/a_b?c=d. Or write to jane.doe@example.com, or www.test.org/x!",
    "placeholders": "Dear {name}, fill <blank> and [MASK] or ____ in {{slot}} here.",
    "numbers": "Add 1,234.5 to 45° and 3/4 of 50%, then 1e-5 on the 3rd of 7/9/1972 at 12:30, 20°C.",
    "one_letter": "aa bbb I a . cc",
    "nothing": "900 + 5 x 12 = ?",
    "spaces": " \tTwo  words \r\n here\u00a0too \n",
    "broken": "lone \ud800 surrogate and \0 zero",
    "empty": "",
}

LEVELS_PCT = (1.0, 17.0, 33.0, 50.0, 67.0, 83.0, 100.0)
VARIANTS = [
    Condition("letter_shuffle", 50, 1, (("variant", "keep_first"),)),
    Condition("letter_shuffle", 50, 1, (("variant", "keep_first_last"),)),
    Condition("character_substitution", 50, 1, (("alphabet", "shared:3"),)),
    Condition("character_substitution", 50, 1, (("preserve_numbers", "false"),)),
    Condition("word_shuffle", 50, 1, (("preserve_numbers", "false"),)),
    Condition("vocabulary_substitution", 50, 1, (("preserve_names", "true"),)),
    Condition("mixed", 50, 1, (("chain", "letter_shuffle+keyboard_typos"),)),
]


def conditions(name: str) -> list[Condition]:
    """Return the conditions of a text: more levels and the variants for the first two."""
    if name not in ("english", "lines"):
        return [Condition(method, 50, 1) for method in METHODS]
    levels = [Condition(method, level, 1) for method in METHODS for level in (17, 50, 100)]
    return [*levels, *VARIANTS]


def result(name: str, condition: Condition) -> dict[str, str | int | None]:
    """Return what is compared of one result; of the record its digest."""
    done = scramble(TEXTS[name], condition, key=f"{name}/text")
    digest = done.record and hashlib.sha256(done.record.encode()).hexdigest()[:16]
    return {"text": done.text, "altered": f"{done.n_altered}/{done.n_units}", "record": digest}


def results() -> dict[str, dict[str, dict[str, str | int | None]]]:
    """Return all results by text and condition; texts that UTF-8 cannot carry are left out."""
    return {
        name: {
            " ".join([f"{c.method} {c.level_pct:g}", *map("=".join, c.parameters)]): result(name, c)
            for c in conditions(name)
        }
        for name in TEXTS
        if name != "broken"
    }


def main() -> int:
    """Compare with the file, or write it."""
    now = json.dumps(results(), indent=1, ensure_ascii=False) + "\n"
    if "--write" in sys.argv:
        FILE.write_text(now, encoding="utf-8")
        return 0
    return int(FILE.read_text(encoding="utf-8") != now)


if __name__ == "__main__":
    sys.exit(main())
