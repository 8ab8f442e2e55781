"""Whether a response declines to answer, in the words models use for it."""

import re

_TAIL_CHARS = 3000  # a refusal that much text follows is not how the response ends
_UNABLE = (
    r"answer|help|assist|provide|determine|understand|comply|fulfil+|do\s+that|do\s+this|give|tell|decipher"
    r"|make\s+(?:any\s+)?sense|solve|identify|say|see|find|read|interpret|engage|discuss|share|parse|process"
    r"|continue|respond|offer|know|choose|select|pick|translate|recogni[sz]e|calculate|confirm|be\s+(?:sure|certain)"
)
_UNREADABLE = (
    r"unclear|not\s+(?:clear|understandable|readable|recogni[sz]able|legible|comprehensible)"
    r"|(?:difficult|hard|impossible)\s+to\s+(?:understand|read|answer|determine|solve|decipher|interpret)"
    r"|(?:un|il)legible|unreadable|unintelligible|garbled|nonsensical|incomprehensible|gibberish|jumbled"
    r"|not\s+make\s+(?:any\s+)?sense|doesn't\s+make\s+(?:any\s+)?sense"
    r"|(?:cannot|can't|can\s+not)\s+be\s+(?:answered|determined|understood|solved)"
)
_WORDS = (
    r"sorry,?\s+(?:but|i|this|that)\b|i(?:'m|\s+am)\s+(?:sorry|afraid)\b"
    rf"|(?:i|we)(?:\s+(?:cannot|can\s+not|can't|could\s+not|couldn't|won't|will\s+not|do\s+not|don't)"
    rf"|(?:'m|\s+am|'re|\s+are)\s+(?:unable|not\s+able|not\s+allowed)\s+to)\s+(?:\w+\s+)?(?:{_UNABLE})\b"
    r"|i\s+(?:must\s+decline|decline\s+to|refuse\s+to|have\s+no\s+idea)\b|i(?:'m|\s+am)\s+not\s+sure\b"
    r"|as\s+an?\s+(?:ai|artificial|large\s+language|language\s+model)\b"
    rf"|(?:question|text|problem|prompt|message|input|sentence|passage|it)\b[^.!?\n]{{0,80}}?\b(?:{_UNREADABLE})"
    r"|(?:please|could\s+you(?:\s+please)?|can\s+you(?:\s+please)?)\s+(?:provide|clarify|rephrase|restate|repeat)\b"
    r"|tut\s+mir\s+leid\b|ich\s+kann\b[^.!?\n]{0,60}?\bnicht\b|als\s+ki\b|ich\s+weiß\s+(?:es\s+)?nicht\b"
    r"|désolée?\b|je\s+ne\s+(?:peux|sais|suis\s+pas\s+en\s+mesure)\b|en\s+tant\s+qu"
    r"|lo\s+siento\b|no\s+puedo\b|no\s+lo\s+sé\b|no\s+sé\b|como\s+(?:una?\s+)?(?:ia|modelo|inteligencia)\b"
)
"""What begins at a word; one boundary in front of all is a tenth of the work of one in front of each."""
_REFUSAL = re.compile(
    rf"\b(?:{_WORDS})|抱歉|对不起|對不起|无法|無法|我不能|不知道|作为(?:一个|一名)?(?:ai|人工智能|语言模型)"
    r"|申し訳|お答えできません"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n")


def refusal_end(text: str) -> int:
    """Return where the last sentence that declines to answer ends; 0 where the response has none.

    Reads the last 3,000 characters only.
    """
    offset = max(0, len(text) - _TAIL_CHARS)
    tail = text[offset:]
    end = 0
    for match in _REFUSAL.finditer(tail.lower()):
        end = match.end()
    if not end:
        return 0
    stop = _SENTENCE_END.search(tail, min(end, len(tail)))
    return offset + (stop.end() if stop else len(tail))
