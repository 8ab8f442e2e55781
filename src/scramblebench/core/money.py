"""Money: integer micro-dollars everywhere; decimals only where a price or an amount comes in."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

MICRO = 1_000_000


def microusd(amount_usd: Decimal | int | float | str) -> int:
    """Return an amount of dollars in micro-dollars, rounded half to even.

    A float is read by its shortest decimal form, so 0.1 is ten cents. Raises ValueError where the
    amount is negative, not finite or not a number.
    """
    try:
        amount = Decimal(str(amount_usd))
    except ArithmeticError as error:
        raise ValueError(f"{amount_usd!r} is not an amount of money") from error
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{amount_usd!r} is not an amount of money")
    return int((amount * MICRO).to_integral_value(ROUND_HALF_EVEN))


def usd(amount_microusd: int) -> float:
    """Return micro-dollars as dollars, for showing and for APIs that promise a float."""
    return amount_microusd / MICRO


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one model in USD per token (exact decimals), and where it was found."""

    prompt_usd: Decimal
    completion_usd: Decimal
    source: str

    def cost_microusd(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return the cost of one call, rounded up to the next micro-dollar."""
        exact = self.prompt_usd * prompt_tokens + self.completion_usd * completion_tokens
        return int((exact * MICRO).to_integral_value(ROUND_UP))

    @property
    def is_free(self) -> bool:
        """Whether calls cost nothing."""
        return self.prompt_usd == 0 and self.completion_usd == 0


FREE = Price(Decimal(0), Decimal(0), "runs on this machine")
