"""Dates in the ways they are written, compared as year, month and day."""

import re

Date = tuple[int, int, int]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_FORMS = (
    (re.compile(r"(?<!\d)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)"), "ymd"),
    (re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)"), "mdy"),
    (re.compile(rf"(?<![a-z]){_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)"), "mdy"),
    (
        re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH},?\s+(\d{{4}})(?!\d)"),
        "dmy",
    ),
)


def read_dates(text: str) -> list[Date]:
    """Return the dates of a text in its order; 03/04/2021 is the 4th of March, 14/03/2021 the 14th."""
    folded = text.lower()
    found: list[tuple[int, Date]] = []
    for pattern, order in _FORMS:
        for match in pattern.finditer(folded):
            date = _date(dict(zip(order, match.groups(), strict=True)))
            if date is not None:
                found.append((match.start(), date))
    return [date for _, date in sorted(found)]


def read_date(text: str) -> Date | None:
    """Return the date that a short text is, None where it is something else or more than a date."""
    dates = read_dates(text)
    return dates[0] if len(dates) == 1 and len(text.strip()) <= 20 else None


def _date(part: dict[str, str]) -> Date | None:
    month = _MONTHS.index(part["m"]) + 1 if part["m"].isalpha() else int(part["m"])
    year, day = int(part["y"]), int(part["d"])
    if month > 12 >= day:
        month, day = day, month
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None
