"""What may be shown of what a server said: short, printable, without keys."""

from dataclasses import dataclass, field
from typing import Final

MAX_MESSAGE_CHARS: Final = 300
_SHORTEST_SECRET: Final = 4


@dataclass(frozen=True, slots=True)
class Redaction:
    """Cleans messages of the secrets it knows; its repr does not show them."""

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def clean(self, text: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
        """Return one printable line of at most ``max_chars`` characters without any secret.

        Line breaks become spaces, other characters that cannot be printed U+FFFD.
        """
        for secret in self.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[key]")
        line = " ".join(text[: 4 * max_chars].split())
        shown = "".join(ch if ch.isprintable() else "\ufffd" for ch in line)
        return shown if len(shown) <= max_chars else shown[: max_chars - 1] + "…"
