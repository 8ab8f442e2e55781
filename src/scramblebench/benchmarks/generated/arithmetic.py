"""Word problems: one step, two steps, three steps. Answers are whole numbers, never negative."""

from scramblebench.benchmarks.generated.items import Family, Item, Kind, number_answers
from scramblebench.benchmarks.generated.words import FIRST_NAMES, THINGS
from scramblebench.core.randomness import RandomStream


def _between(stream: RandomStream, low: int, high: int) -> int:
    return low + stream.below(high - low + 1)


def _item(text: str, answer: int) -> Item:
    return Item(text, number_answers(answer))


def _sum(stream: RandomStream, _index: int) -> Item:
    a, b = _between(stream, 1, 9), _between(stream, 1, 9)
    template = stream.choice(
        ("What is {} plus {}?", "How much is {} and {} together?", "Add {} and {}.")
    )
    return _item(template.format(a, b), a + b)


def _difference(stream: RandomStream, _index: int) -> Item:
    b = _between(stream, 1, 9)
    a = b + _between(stream, 1, 9)
    template = stream.choice(("What is {a} minus {b}?", "Take {b} away from {a}. What is left?"))
    return _item(template.format(a=a, b=b), a - b)


def _gain(stream: RandomStream, _index: int) -> Item:
    name, thing = stream.choice(FIRST_NAMES), stream.choice(THINGS)
    a, b = _between(stream, 2, 9), _between(stream, 2, 9)
    text = f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have now?"
    return _item(text, a + b)


def _loss(stream: RandomStream, _index: int) -> Item:
    name, thing = stream.choice(FIRST_NAMES), stream.choice(THINGS)
    b = _between(stream, 2, 9)
    a = b + _between(stream, 2, 9)
    text = f"{name} has {a} {thing} and gives away {b}. How many {thing} does {name} have left?"
    return _item(text, a - b)


def _boxes(stream: RandomStream, _index: int) -> Item:
    name, thing = stream.choice(FIRST_NAMES), stream.choice(THINGS)
    boxes, each, lost = _between(stream, 2, 9), _between(stream, 3, 12), _between(stream, 1, 5)
    text = (
        f"{name} has {boxes} boxes with {each} {thing} in each. "
        f"{lost} of the {thing} are lost. How many {thing} remain?"
    )
    return _item(text, boxes * each - lost)


def _shop(stream: RandomStream, _index: int) -> Item:
    name = stream.choice(FIRST_NAMES)
    n, price = _between(stream, 2, 9), _between(stream, 2, 12)
    change = _between(stream, 1, 20)
    text = (
        f"{name} buys {n} tickets for {price} dollars each and pays with {n * price + change} "
        f"dollars. How many dollars does {name} get back?"
    )
    return _item(text, change)


def _share(stream: RandomStream, _index: int) -> Item:
    a, b = stream.sample(FIRST_NAMES, 2)
    thing = stream.choice(THINGS)
    friends, each = _between(stream, 2, 8), _between(stream, 2, 9)
    first = _between(stream, 1, friends * each - 1)
    text = (
        f"{a} has {first} {thing} and {b} has {friends * each - first}. They put them together and "
        f"share them equally among {friends} children. How many {thing} does each child get?"
    )
    return _item(text, each)


def _percent(stream: RandomStream, _index: int) -> Item:
    name = stream.choice(FIRST_NAMES)
    tens, percent = _between(stream, 4, 30), 10 * _between(stream, 1, 6)
    price, coupon = tens * 10, _between(stream, 2, 9)
    text = (
        f"A coat costs {price} dollars. Its price is reduced by {percent} percent, and {name} has a "
        f"coupon that takes off another {coupon} dollars. How many dollars does {name} pay?"
    )
    return _item(text, price - tens * percent // 10 - coupon)


def _trains(stream: RandomStream, _index: int) -> Item:
    hours_a, hours_b = _between(stream, 2, 6), _between(stream, 2, 6)
    speed_a, speed_b = 10 * _between(stream, 4, 12), 10 * _between(stream, 4, 12)
    rest = _between(stream, 5, 95)
    total = hours_a * speed_a + hours_b * speed_b + rest
    text = (
        f"A train travels {hours_a} hours at {speed_a} kilometers per hour, then {hours_b} hours at "
        f"{speed_b} kilometers per hour. The whole way is {total} kilometers long. "
        "How many kilometers are left?"
    )
    return _item(text, rest)


def _garden(stream: RandomStream, _index: int) -> Item:
    rows, plants, price = _between(stream, 3, 9), _between(stream, 4, 12), _between(stream, 2, 6)
    spoiled = _between(stream, 1, rows * plants // 2)
    text = (
        f"A gardener plants {rows} rows of {plants} cabbages. Hares eat {spoiled} of them. The rest "
        f"is sold at {price} dollars a cabbage. How many dollars does the gardener take in?"
    )
    return _item(text, (rows * plants - spoiled) * price)


ARITHMETIC: Family = {
    "easy": [
        Kind("sum", _sum),
        Kind("gain", _gain),
        Kind("difference", _difference),
        Kind("loss", _loss),
    ],
    "medium": [Kind("boxes", _boxes), Kind("shop", _shop), Kind("share", _share)],
    "hard": [Kind("percent", _percent), Kind("trains", _trains), Kind("garden", _garden)],
}
