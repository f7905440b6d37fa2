"""Grammar and numbers of the sentences that data write."""

import math

import pytest

from fashionlab import prose

THIN = prose.NBSP


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_join_puts_and_before_the_last(items, text):
    assert prose.join(items) == text


def test_join_takes_another_last_word_and_numbers():
    assert prose.join([15, 20, 30], "or") == "15, 20 or 30"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "one run"), (3, "three runs"), (13, "13 runs"), (1000, "1,000 runs")]
)
def test_count_agrees_with_its_noun(number, text):
    assert prose.count(number, "run") == text


def test_count_takes_an_irregular_plural():
    assert prose.count(2, "class", "classes") == "two classes"
    assert prose.count(1, "class", "classes") == "one class"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "first"), (10, "tenth"), (11, "11th"), (21, "21st"), (113, "113th")]
)
def test_ordinal(number, text):
    assert prose.ordinal(number) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (50890, 0, "50,890"),
        (-0.3, 1, "\u22120.3"),
        (-0.001, 2, "0.00"),
        (math.nan, 2, "\u2013"),
        (None, 0, "\u2013"),
        (math.inf, 0, "\u2013"),
    ],
)
def test_number(value, digits, text):
    assert prose.number(value, digits) == text


def test_percent_of_nothing_has_no_sign():
    assert prose.percent(math.nan) == "\u2013"
    assert prose.percent(88.125, 1) == f"88.1{THIN}%"


@pytest.mark.parametrize(
    ("value", "text"), [(1.5, "+1.50"), (-1.5, "\u22121.50"), (0.001, "0.00"), (0, "0.00")]
)
def test_signed_has_no_sign_at_zero(value, text):
    assert prose.signed(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "1.00"), (-0.5, "0.50"), (1234.5, "1,234.50")])
def test_points_are_a_distance(value, text):
    unit = "point" if text == "1.00" else "points"
    assert prose.points(value) == f"{text}{THIN}{unit}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4654, "0.465"),
        (1.778, "1.78"),
        (0.0009259, f"9.26{THIN}\u00d7{THIN}10\u207b\u2074"),
        (0.0009996, "0.00100"),
        (9999.6, f"1.00{THIN}\u00d7{THIN}10\u2074"),
        (1234.0, "1,230"),
        (0, "0"),
        (math.nan, "\u2013"),
    ],
)
def test_magnitude_keeps_three_digits_at_any_size(value, text):
    assert prose.magnitude(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.84, f"0.8{THIN}s"),
        (59.7, f"1{THIN}min"),
        (245, f"4{THIN}min 5{THIN}s"),
        (11520, f"3{THIN}h 12{THIN}min"),
        (None, "\u2013"),
    ],
)
def test_duration_has_two_units_at_most(seconds, text):
    assert prose.duration(seconds) == text


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ([-1, 1], "[\u22121,\u202f1]"),
        ([0, 255], "[0,\u202f255]"),
        ([-0.5, 0.125], "[\u22120.5,\u202f0.125]"),
        ([0.0, 65535.0], "[0,\u202f65535]"),
        ([-1e30, 1e30], "[\u22121e+30,\u202f1e+30]"),
    ],
)
def test_a_range_is_written_as_it_was_chosen(bounds, text):
    assert prose.span(bounds) == text


def test_interval_of_nothing_is_a_dash():
    assert prose.interval(None) == "\u2013"
    assert prose.interval((87.514, 88.741)) == "87.51 to 88.74"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(89.85, 1, "89.9"), (89.85, 2, "89.85"), (0.125, 2, "0.13"), (-0.125, 2, "−0.13"),
     (100 * 8985 / 1e4 - 1e-13, 1, "89.9"), (2.5, 0, "3"), (1e15, 0, "1,000,000,000,000,000")],
)  # fmt: skip
def test_numbers_are_rounded_half_up_as_one_does_by_hand(value, digits, text):
    assert prose.number(value, digits) == text


def test_a_time_is_rounded_to_its_smaller_unit():
    assert prose.duration(89 * 60 + 35) == "1\u202fh 30\u202fmin"
    assert prose.duration(59 * 60 + 59.7) == "1\u202fh"


def test_a_name_with_a_digit_is_not_capitalised():
    assert prose.capitalise("rate 0.1, 3 epochs") == "Rate 0.1, 3 epochs"
    assert prose.capitalise("mlp1 with rate 0.1") == "mlp1 with rate 0.1"
