"""Grammar and numbers for sentences that are written by data.

Every function returns plain text: powers of ten are raised digits, no markup. A narrow no-break
space stands between a number and its unit. What does not exist (NaN, None) is written as a dash,
never as a number.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeGuard

NBSP = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"
RAISED = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve"
WORDS = NUMBERS.split()
PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth"
ORDINALS = PLACES.split()


def exists(value: float | None) -> TypeGuard[float]:
    """Return whether a value is a finite number."""
    return value is not None and math.isfinite(value)


def join(items: Iterable[object], last: str = "and") -> str:
    """Return "a", "a and b", or "a, b and c"."""
    parts = [str(item) for item in items]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def capitalise(text: str) -> str:
    """Return a text with a capital first letter, but for a name with a digit in it: mlp1."""
    if any(letter.isdigit() for letter in text.split(" ")[0]):
        return text
    return text[:1].upper() + text[1:]


def plural(number: float, singular: str, many: str | None = None) -> str:
    """Return the form of a noun or verb that goes with a number: "run" for 1, else "runs"."""
    return singular if number == 1 else (many or f"{singular}s")


def count(number: int, singular: str, many: str | None = None) -> str:
    """Return "one run", "three runs", "540 runs"."""
    return f"{word(number)} {plural(number, singular, many)}"


def word(number: int) -> str:
    """Return a small number as a word, a large one in digits."""
    return WORDS[number] if 0 <= number < len(WORDS) else f"{number:,}"


def shown(name: str) -> str:
    """Return the usual spelling of an activation's or optimiser's name in the config."""
    return {"relu": "ReLU", "sgd": "SGD", "adam": "Adam"}.get(name, name)


def ordinal(number: int) -> str:
    """Return "first", "second", ..., "11th", "22nd"."""
    if 1 <= number <= len(ORDINALS):
        return ORDINALS[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")  # codespell:ignore nd
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def agree(items: Sequence, singular: str, many: str) -> str:
    """Return the verb form for a list as a subject: "is" for one item, "are" for several."""
    return singular if len(items) == 1 else many


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with separated thousands and a true minus sign, or a dash."""
    if not exists(value):
        return DASH
    text = f"{rounded(value, digits):,.{digits}f}"
    zero = not any(digit in text for digit in "123456789")
    return text.lstrip("-") if zero else text.replace("-", MINUS)


def rounded(value: float, digits: int) -> Decimal:
    """Return a number rounded as one does by hand: half up, of the digits that it shows.

    89.85 is 89.9, although the binary number next to it lies below; and 12 digits are all that a
    mean of floats means.
    """
    if abs(value) >= 1e12:
        return Decimal(int(value))
    return Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def setting(value: float) -> str:
    """Return the number of a setting as one would type it: six digits, or all that it has."""
    short = f"{value:g}"
    return short if isinstance(value, float) and float(short) == value else repr(value)


def percent(value: float | None, digits: int = 2) -> str:
    """Return a percentage, given in percent."""
    return f"{number(value, digits)}{NBSP}%" if exists(value) else DASH


def signed(value: float | None, digits: int = 2) -> str:
    """Return a difference with its sign."""
    text = number(value, digits)
    return f"+{text}" if exists(value) and value > 0 and text.strip("0.,") else text


def points(value: float | None, digits: int = 2) -> str:
    """Return a distance between two percentages, in percentage points, without a sign."""
    if not exists(value):
        return DASH
    text = number(abs(value), digits)
    return f"{text}{NBSP}{'point' if float(text.replace(',', '')) == 1 else 'points'}"


def factor(value: float | None) -> str:
    """Return a ratio to two significant digits, in powers of ten where it is large."""
    return magnitude(value, 2)


def magnitude(value: float | None, digits: int = 3) -> str:
    """Return a number of any size to some significant digits: "0.471" or "4.16 x 10^-6"."""
    if not exists(value):
        return DASH
    if value == 0:
        return "0"
    value = float(f"{value:.{digits}g}")
    exponent = math.floor(math.log10(abs(value)))
    if -4 < exponent < 4:
        return number(value, max(digits - 1 - exponent, 0))
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.replace('-', MINUS)}{NBSP}\u00d7{NBSP}10{str(int(power)).translate(RAISED)}"


def ratio(a: float, b: float) -> float:
    """Return a / b; NaN where one of them is missing or b is 0."""
    return a / b if exists(a) and exists(b) and b else math.nan


def interval(bounds: Sequence[float] | None, digits: int = 2) -> str:
    """Return "87.51 to 88.74", or a dash."""
    if bounds is None or not all(map(exists, bounds)):
        return DASH
    return f"{number(bounds[0], digits)} to {number(bounds[1], digits)}"


def span(bounds: Sequence[float]) -> str:
    """Return two bounds as they were chosen: "[0, 255]", "[-0.5, 0.5]" with true minus signs."""
    texts = (f"{bound:.6g}".replace("-", MINUS) for bound in bounds)
    return f"[{f',{NBSP}'.join(texts)}]"


def duration(seconds: float | None) -> str:
    """Return a time in the two largest units that fit: "3 h 12 min", "4 min 5 s", "0.8 s"."""
    if not exists(seconds):
        return DASH
    if seconds < 9.95:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:  # whole minutes, to the nearest
        minutes, rest = round(seconds / 60), 0
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{number:,}{NBSP}{unit}" for number, unit in parts if number)
