"""Texts and checks shared by the tests of this room."""

from hypothesis import strategies as st

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import METHODS

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

methods = st.sampled_from(sorted(METHODS))
levels = st.sampled_from(LEVELS_PCT) | st.floats(0.01, 100)
fragments = st.sampled_from(sorted(TEXTS.values())) | st.text(max_size=12)
scripts = st.text(
    st.characters(codec="utf-8") | st.sampled_from("".join(sorted(set("".join(TEXTS.values()))))),
    max_size=60,
)
texts = st.one_of(st.text(max_size=60), scripts, st.lists(fragments, max_size=4).map(" ".join))
