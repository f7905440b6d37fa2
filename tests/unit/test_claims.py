"""The rules of judgement, on made-up studies with known verdicts, and the chapters' claims."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import judge_claims as judge_claims_program
import measure_seed_spread as measure_seed_spread_program
from fashionlab.chapters import REPORT, load
from fashionlab.claims import spread, wording
from fashionlab.claims.claims_json import claims_content
from fashionlab.claims.comparisons import (
    ABOVE,
    AS_LONG,
    BELOW,
    EQUAL,
    FAILS,
    HOLDS,
    NOT_BELOW,
    OVER_BOTH,
    OVER_SEEDS,
    UNDECIDED,
    Comparison,
    compare,
    one_to_choose,
    sides_of,
    ties_with_best,
)
from fashionlab.claims.judging import Choices, applies, judge, judge_all, read_claims
from fashionlab.claims.quantities import POINTS, Level
from fashionlab.claims.rows import ORIGINAL, Claim, Part, all_above, in_order, of, trend
from fashionlab.measures import spread_within_epochs, steps_to_reach
from fashionlab.prose import NBSP
from fashionlab.statistics import (
    Difference,
    Spread,
    holm,
    repeatability_limits,
    spread_difference,
    welch_difference,
)
from fashionlab.study import Study
from made_up import Made, made_up, write

first_paper = pytest.mark.skipif(
    not (REPORT / "original").is_dir(),
    reason="a paper of one's own: the first one's chapters are gone",
)
NETWORKS = ("mlp1", "mlp2", "cnn3", "cnn4", "cnn5")
MLP1, MLP2, CNN3, CNN4, CNN5 = FIVE = [of("generalisation", network=name) for name in NETWORKS]
ONLY = ("activations", "input_scaling", "learning_rates", "schedules")  # all but generalisation


def study_of(runs: int = 3, **networks: Made) -> Study:
    """Return a study of the five networks alone."""
    return made_up(runs=runs, without=ONLY, **networks)


def verdict(study: Study, *parts: Part) -> str:
    return judge(study, Claim("x", "A claim.", "generalisation", parts)).verdict


def part(measure: str, a: dict, b: dict, mode: str = ABOVE, **more) -> Part:
    return Part("a part", measure, [(a, b)], mode, **more)


@pytest.fixture
def known_spread(monkeypatch):
    """Make the published spread over seeds known for every setting; returns how to set it."""

    def know(deviation: float, runs: int = 10) -> None:
        found = Spread(deviation, runs)
        monkeypatch.setattr("fashionlab.claims.comparisons.published_spread", lambda *asked: found)

    return know


# The rules, on numbers


def compared(mode: str, a: np.ndarray, b: np.ndarray) -> Comparison:
    difference = welch_difference(a, b)
    spreads = [Spread(float(x.std(ddof=1)), len(x)) for x in (a, b)]
    margins = repeatability_limits(spreads) if mode in (NOT_BELOW, EQUAL) else (0.0, 0.0)
    return Comparison("a", "b", "accuracy", POINTS, mode, difference, (5, 5), "runs", *margins)


@pytest.mark.parametrize("runs", [3, 5, 10])
def test_two_equal_networks_that_differ_by_luck_are_told_apart_in_at_most_5_percent(runs):
    generator = np.random.default_rng(runs)
    draws = generator.normal(0, 0.31, size=(2000, 2, runs))
    verdicts = [compared(ABOVE, *draw).verdict for draw in draws]
    assert np.mean([v != UNDECIDED for v in verdicts]) <= 0.06


@pytest.mark.parametrize("mode", [NOT_BELOW, EQUAL])
@pytest.mark.parametrize("runs", [3, 5, 10])
def test_networks_that_are_the_margin_apart_are_called_alike_in_at_most_5_percent(mode, runs):
    generator = np.random.default_rng(runs)
    margin = 1.96 * math.sqrt(2)  # of networks whose runs spread by 1
    draws = generator.normal(size=(2000, 2, runs)) - [[[margin], [0]]]
    verdicts = [compared(mode, *draw).verdict for draw in draws]
    assert np.mean([v == HOLDS for v in verdicts]) <= 0.05
    assert np.mean([v == FAILS for v in verdicts]) <= 0.05


@pytest.mark.parametrize("mode", [NOT_BELOW, EQUAL])
def test_equal_networks_are_found_alike_with_five_runs(mode):
    draws = np.random.default_rng(0).normal(size=(1000, 2, 5))
    verdicts = [compared(mode, *draw).verdict for draw in draws]
    assert np.mean([v == HOLDS for v in verdicts]) >= 0.6
    assert FAILS not in verdicts


@pytest.mark.parametrize(("runs", "least"), [(5, 0.75), (6, 0.8), (10, 0.95)])
def test_a_difference_of_twice_the_spread_over_seeds_is_found_in_four_of_five(runs, least):
    draws = np.random.default_rng(0).normal([[2], [0]], size=(2000, 2, runs))
    verdicts = [compared(ABOVE, *draw).verdict for draw in draws]
    assert np.mean([v == HOLDS for v in verdicts]) >= least
    assert FAILS not in verdicts


def test_single_runs_by_the_published_spread_err_in_at_most_5_percent():
    generator = np.random.default_rng(0)
    wrong = 0
    for _ in range(4000):
        published = [Spread(float(generator.normal(size=10).std(ddof=1)), 10) for _ in "ab"]
        estimate = float(np.subtract(*generator.normal(size=2)))
        difference = spread_difference(estimate, published, (1, 1))
        c = Comparison(
            "a", "b", "accuracy", POINTS, ABOVE, difference, (1, 1), OVER_SEEDS, 0.0, 0.0
        )
        wrong += c.verdict != UNDECIDED
    assert wrong / 4000 <= 0.055


def test_any_one_of_many_equal_comparisons_refutes_in_at_most_5_percent():
    """Holm's correction: ten pairs of equal networks, each claimed to be in an order."""
    generator = np.random.default_rng(0)
    names = [of("e", network=str(i)) for i in range(5)]
    claim = Claim("x", "", "", [Part("", "test_accuracy", all_above(names[:2], names[2:]))])
    refuted = 0
    for _ in range(1000):
        values = generator.normal(size=(5, 5))
        comparisons = [
            compared(ABOVE, values[int(a["network"])], values[int(b["network"])])
            for a, b in claim.parts[0].pairs
        ]
        refuted += min(holm([c.p_against for c in comparisons])) < 0.05
    assert refuted / 1000 <= 0.04  # one-sided: half of 5 %, and some for the simulation


@pytest.mark.parametrize(
    ("mode", "estimate", "expected"),
    [
        (ABOVE, 1.0, HOLDS), (ABOVE, -1.0, FAILS), (ABOVE, 0.1, UNDECIDED),
        (BELOW, -1.0, HOLDS), (BELOW, 1.0, FAILS), (BELOW, 0.1, UNDECIDED),
        (NOT_BELOW, 0.0, HOLDS), (NOT_BELOW, -0.3, HOLDS), (NOT_BELOW, -0.9, UNDECIDED),
        (NOT_BELOW, -2.0, FAILS), (NOT_BELOW, 2.0, HOLDS),
        (EQUAL, 0.0, HOLDS), (EQUAL, 0.9, UNDECIDED), (EQUAL, 2.0, FAILS), (EQUAL, -2.0, FAILS),
    ],
)  # fmt: skip
def test_each_mode_looks_where_the_interval_lies_to_its_line(mode, estimate, expected):
    margin = 0.8 if mode in (NOT_BELOW, EQUAL) else 0.0
    difference = Difference(estimate, 0.2, 20)
    c = Comparison("a", "b", "accuracy", POINTS, mode, difference, (5, 5), "runs", margin, margin)
    assert c.verdict == expected


def test_equal_is_judged_by_the_interval_of_90_percent():
    difference = Difference(0.0, 0.45, 20)
    c = Comparison("a", "b", "accuracy", POINTS, EQUAL, difference, (5, 5), "runs", 0.8, 0.8)
    _, high = c.interval
    assert high == pytest.approx(0.776, abs=1e-3)
    assert c.holds
    assert not replace(c, mode=NOT_BELOW).holds  # by 95 %, which reaches 0.94


# The rules, on made-up studies


@pytest.mark.parametrize("runs", [3, 10])
@pytest.mark.parametrize(("mlp2", "expected"), [(86.0, HOLDS), (90.0, FAILS), (88.0, UNDECIDED)])
def test_a_claim_of_one_comparison(runs, mlp2, expected):
    study = study_of(runs, mlp2=Made(test=mlp2))
    assert verdict(study, part("test_accuracy", MLP1, MLP2)) == expected


@pytest.mark.parametrize("runs", [1, 2])
def test_few_runs_decide_nothing_where_the_spread_over_seeds_is_not_known(runs):
    study = study_of(runs, mlp2=Made(test=60.0))
    found = compare(study, "test_accuracy", MLP1, MLP2)
    assert found.verdict == UNDECIDED
    assert found.value == pytest.approx(28.0)
    assert found.interval is None
    assert "is not known for these settings" in wording.why_undecided(found)


@pytest.mark.parametrize(("deviation", "expected"), [(0.3, HOLDS), (1.0, UNDECIDED)])
def test_one_run_is_judged_by_the_published_spread_over_seeds(known_spread, deviation, expected):
    known_spread(deviation)
    found = compare(study_of(1, mlp2=Made(test=86.0)), "test_accuracy", MLP1, MLP2)
    assert found.verdict == expected
    assert found.basis == OVER_SEEDS
    assert found.interval[1] - found.value == pytest.approx(
        2.1009 * deviation * math.sqrt(2), rel=1e-3
    )


def test_runs_of_one_network_are_paired_by_seed_and_those_of_two_are_not():
    """Activations differ by much less than the runs: only the pairs show it."""
    variants = {"mlp1_relu": Made(gradient=1.01), "mlp1_sigmoid": Made(gradient=1.0)}
    study = made_up(runs=3, without=tuple(n for n in ONLY if n != "activations"), **variants)
    relu, sigmoid = (of("activations", network="mlp1", activation=a) for a in ("relu", "sigmoid"))
    assert verdict(study, part("gradient", relu, sigmoid)) == HOLDS
    other = of("activations", network="cnn4", activation="sigmoid")
    assert verdict(study, part("gradient", relu, other)) == UNDECIDED


def test_from_five_runs_on_the_doubt_of_the_images_widens_the_interval():
    four, five = (
        compare(study_of(runs, mlp2=Made(test=87.0, wrong_from=400)), "test_accuracy", MLP1, MLP2)
        for runs in (4, 5)
    )
    assert five.basis == OVER_BOTH
    assert five.difference.error > 3 * four.difference.error


def test_all_parts_must_hold_and_one_that_fails_decides():
    study = study_of(3, mlp1=Made(test=92, validation=92))
    good, open_, bad = (
        part("test_accuracy", MLP1, MLP2),
        part("test_accuracy", CNN3, CNN4),
        part("test_accuracy", MLP2, MLP1),
    )
    assert verdict(study, good) == HOLDS
    assert verdict(study, good, open_) == UNDECIDED
    assert verdict(study, good, open_, bad) == FAILS


def test_trend_holds_in_perfect_order_and_one_pair_refutes_it():
    order = {name: Made(test=86 + i) for i, name in enumerate(NETWORKS)}
    falling = trend("t", "test_accuracy", FIVE, "parameters", rising=False)
    assert verdict(study_of(3, **order), falling) == HOLDS
    assert verdict(study_of(3, **order | {"mlp2": Made(test=80)}), falling) == FAILS
    assert verdict(study_of(3), falling) == UNDECIDED


def test_merged_depth_lets_mlp2_off_and_nominal_depth_does_not():
    order = {name: Made(test=86 + i) for i, name in enumerate(NETWORKS)}
    study = study_of(3, **order | {"mlp2": Made(test=85)})
    claim = Claim("x", "", "", [trend("t", "test_accuracy", FIVE, "depth")])
    assert judge(study, claim).verdict == FAILS
    assert judge(study, claim, Choices(depth="merged_depth")).verdict != FAILS


def test_wider_margin_calls_more_alike():
    study = study_of(5, cnn5=Made(test=87.85))
    claim = Claim("x", "", "", [part("test_accuracy", CNN5, CNN4, EQUAL)])
    assert judge(study, claim, Choices(margin=100)).verdict == HOLDS
    assert judge(study, claim, Choices(margin=0.01)).verdict != HOLDS


# Curves

RATES = [of("learning_rates", learning_rate=rate) for rate in (0.1, 0.01, 0.001)]
SPEEDS = {
    "lr01": Made(epochs_to_learn=1.0, unrest=0.6),
    "lr001": Made(epochs_to_learn=4.0, unrest=0.2),
    "lr0001": Made(epochs_to_learn=9.0, unrest=0.05),
}
LEVEL = Level("validation_accuracy", tuple(RATES), share=0.8)
Q4 = ("activations", "input_scaling", "generalisation")


def rates(runs: int = 3, **variants: Made) -> Study:
    return made_up(runs=runs, without=Q4, **SPEEDS | variants)


def test_speed_is_the_ratio_of_steps_to_one_level():
    found = compare(rates(), "steps", RATES[1], RATES[0], level=LEVEL)
    assert found.verdict == HOLDS
    assert 3 < found.value < 4.5
    assert re.fullmatch(rf"steps to 7\d.\d{NBSP}% on validation images", found.measure)


def test_run_that_never_arrives_counts_with_all_steps_and_cannot_turn_the_verdict():
    late = rates(lr0001=Made(epochs_to_learn=90.0))
    assert compare(late, "steps", RATES[2], RATES[1], level=LEVEL).verdict == HOLDS
    found = compare(late, "steps", RATES[1], RATES[2], level=LEVEL)
    assert found.verdict == FAILS
    both = rates(lr0001=Made(epochs_to_learn=90.0), lr001=Made(epochs_to_learn=80.0))
    assert compare(both, "steps", RATES[2], RATES[1], level=LEVEL).verdict == UNDECIDED


@pytest.mark.parametrize("lost", [Made(diverged={1: 60, 2: 60, 3: 60}), Made(gradient=0.0)])
def test_network_that_diverged_or_is_dead_never_decides(lost):
    study = rates(lr01=lost)
    found = compare(study, "steps", RATES[1], RATES[0], level=LEVEL)
    assert (found.verdict, found.difference) == (UNDECIDED, None)
    assert found.remark == "Left out, as diverged or dead: three runs of rate 0.1."
    assert compare(study, "gradient", RATES[0], RATES[1]).verdict == UNDECIDED or lost.gradient


def test_a_dead_network_among_several_leaves_the_verdict_to_the_others():
    pairs = all_above([RATES[1], RATES[2]], [RATES[0]])
    slower = Part("both are slower", "steps", pairs, level=LEVEL)
    assert verdict(rates(), slower) == HOLDS
    judged = judge(rates(lr0001=Made(gradient=0.0)), Claim("x", "", "", [slower]))
    assert judged.verdict == HOLDS
    assert judged.parts[0].decisive is judged.parts[0].comparisons[0]
    assert "Left out, as diverged or dead: three runs of rate 0.001." in wording.reason(judged)


def test_weights_that_are_not_finite_are_left_out_as_any_diverged_network(monkeypatch):
    study = study_of(3)
    whole = study._weights
    lost = dict.fromkeys(["0.weight"], np.full((64, 784), np.nan))
    study._weights = lambda entry: lost if entry["network"] == "mlp1" else whole(entry)
    found = compare(study, "order", MLP1, MLP2)
    assert (found.verdict, found.difference) == (UNDECIDED, None)
    assert found.remark == "Left out, as diverged or dead: three runs of mlp1."


def test_a_training_that_has_not_arrived_is_not_called_as_fast_by_a_margin(known_spread):
    known_spread(5.0)  # so that the steps of the training so far lie within the margin
    aim = Level("validation_accuracy", (RATES[0],))
    late = rates(1, lr001=Made(epochs_to_learn=90.0))
    found = compare(late, "steps", RATES[0], RATES[1], NOT_BELOW, level=aim)
    assert -found.margin < found.difference.estimate < 0
    assert found.one_sided
    assert not compare(late, "steps", RATES[1], RATES[0], NOT_BELOW, level=aim).one_sided


@pytest.mark.parametrize("mode", [NOT_BELOW, EQUAL])
def test_an_undecided_comparison_says_why(mode):
    c = Comparison("a", "b", "accuracy", POINTS, mode, Difference(-2.0, 0.1), (3, 3), "runs", 1.0, 4.0)  # fmt: skip
    assert wording.why_undecided(c).startswith("It lies between the limits of the margin")
    near = replace(c, difference=Difference(-1.1, 0.1))
    assert wording.why_undecided(near) == "The line of decision lies within the interval."
    by_itself = Comparison("a", "b", "accuracy", POINTS, ABOVE, Difference(-1.0, 0.45), (3, 3), "runs", 0.0, 0.0)  # fmt: skip
    assert by_itself.verdict_at(0.2) == UNDECIDED
    assert "not as one of several comparisons" in wording.why_undecided(by_itself)


def test_levels_where_different_trainings_end_have_spreads_of_their_own():
    study = rates()
    levels = [Level("validation_accuracy", (rate,)) for rate in RATES[:2]]
    sides = [sides_of(study, "steps", RATES[0], RATES[1], level)[0] for level in levels]
    assert sides[0].place == sides[1].place
    assert sides[0].key != sides[1].key
    again = sides_of(rates(5), "steps", RATES[0], RATES[1], levels[0])[0]
    assert again.key == sides[0].key, "whatever the number of runs"


def test_one_diverged_run_is_left_out_and_told():
    study = study_of(4, mlp2=Made(test=86.0, diverged={2: 500}))
    found = compare(study, "test_accuracy", MLP1, MLP2)
    assert (found.verdict, found.runs) == (HOLDS, (4, 3))
    assert found.remark == "Left out, as diverged or dead: one run of mlp2."


def test_fluctuation_is_compared_by_the_phases_of_a_schedule():
    phases = [of("schedules", learning_rate="three_rates", phase=phase) for phase in (1, 2, 3)]
    study = rates(three_rates=Made(unrest=0.2, epochs_to_learn=2.0))
    found = [compare(study, "fluctuation", a, b) for a, b in in_order(phases)]
    assert all(c.difference for c in found)
    missing = compare(study, "fluctuation", phases[0], phases[0] | {"phase": 4})
    assert missing.remark == "three rates has no phase 4."


def test_a_part_is_set_aside_while_what_it_compares_with_still_rises():
    schedule = of("schedules", learning_rate="three_rates")
    steady = part("fluctuation", RATES[2], schedule, NOT_BELOW, unless_rising=RATES[2])
    judged = judge(
        rates(), Claim("x", "", "", [steady, part("steps", RATES[1], RATES[0], level=LEVEL)])
    )
    assert judged.parts[0].aside.startswith("Set aside: rate 0.001 still rises")
    assert judged.verdict == UNDECIDED  # whatever the other part shows
    settled = rates(lr0001=Made(epochs_to_learn=1.0))
    assert not judge(settled, Claim("x", "", "", [steady])).parts[0].aside


def test_training_as_long_as_the_other_is_found_by_its_epochs():
    long = {"network": "cnn4", "optimizer": "sgd", "learning_rate": 0.1, "epochs": AS_LONG}
    study = rates()
    found = compare(study, "fluctuation", RATES[1], long)
    assert found.difference
    schedule = of("schedules", learning_rate="three_rates")
    lack = compare(study, "fluctuation", schedule, long)
    assert "30 epochs" in lack.remark


# What prose and verdict share


def test_the_one_to_choose_is_the_smallest_that_is_not_below_any_other():
    alike = study_of(5)
    assert one_to_choose(alike, "generalisation", "test_accuracy") == "cnn5"
    best = study_of(5, mlp1=Made(test=92.0))
    assert one_to_choose(best, "generalisation", "test_accuracy") == "mlp1"
    assert one_to_choose(study_of(1), "generalisation", "test_accuracy") is None


def test_claim_of_the_one_to_choose_and_prose_follow_one_rule():
    for cnn5 in (88.0, 87.9, 87.0, 86.0):
        study = study_of(5, cnn5=Made(test=cnn5))
        pairs = all_above([CNN5], [MLP1, MLP2, CNN3, CNN4])
        chosen = one_to_choose(study, "generalisation", "test_accuracy") == "cnn5"
        assert chosen == (verdict(study, Part("p", "test_accuracy", pairs, NOT_BELOW)) == HOLDS)


def test_ties_are_those_that_the_best_is_not_shown_to_be_above():
    study = study_of(3, cnn4=Made(test=90.0), cnn5=Made(test=89.95))
    assert ties_with_best(study, "generalisation") == ["cnn4", "cnn5"]
    assert len(ties_with_best(study_of(1, cnn4=Made(test=99.0)), "generalisation")) == 5


# The spread over seeds as data


@first_paper
def test_spread_of_a_study_of_many_runs_is_what_one_run_is_judged_by(tmp_path, monkeypatch):
    many = made_up(runs=6, without=ONLY, spread=0.3)
    monkeypatch.chdir(tmp_path)
    write(many, tmp_path / "results")
    output = tmp_path / "seed_spread.json"
    monkeypatch.setattr("sys.argv", [
        "measure_seed_spread.py", "--plan", "results/plan.json", "--results", "results",
        "--output", str(output),
    ])  # fmt: skip
    measure_seed_spread_program.main()
    content = json.loads(output.read_text())
    assert content.keys() == {"about", "commit", "plan", "devices", "settings"}
    assert content["devices"] == {"a processor": len(many.plan["trainings"])}
    monkeypatch.setattr(spread, "published", lambda: content["settings"])
    one = study_of(1, mlp2=Made(test=86.0))
    found = compare(one, "test_accuracy", MLP1, MLP2)
    assert (found.verdict, found.basis) == (HOLDS, OVER_SEEDS)
    longer = made_up(runs=1, without=ONLY, config={"defaults": one_epoch()})
    assert compare(longer, "test_accuracy", MLP1, MLP2).basis == ""


def one_epoch() -> dict:
    import yaml

    from conftest import ROOT

    return yaml.safe_load((ROOT / "config.yaml").read_text())["defaults"] | {"epochs": 2}


def test_spread_of_too_few_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no variant has 3 runs that ended"):
        measure_seed_spread_program.seed_spread(study_of(2))


# The original's data


def original():
    return load(REPORT / "original" / "original.py").Original(made_up().plan)


@first_paper
def test_original_is_asked_like_a_study():
    theirs = original()
    last = theirs.values("generalisation", "cnn5", "last_epoch")
    assert last.tolist() == [90.0203]
    relu = theirs.epoch("activations", "cnn4-relu", "gradient_norm", 0)
    assert relu.tolist() == [0.1116]
    steps = theirs.steps_to("learning_rates", "lr0.1", "validation_accuracy", 84.694)
    assert steps.tolist() == [pytest.approx(1.5 * 1080)]
    phases = theirs.phases("schedules", "three_rates")
    assert phases["first"].tolist() == [0, 7, 14]
    spread_ = theirs.fluctuation("schedules", "three_rates", first=0, last=6)
    assert spread_.tolist() == [pytest.approx(0.654, abs=0.01)]


@first_paper
@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda o: o.values("generalisation", "cnn4", "test_accuracy"), "no comparable test accuracy"),
        (lambda o: o.steps_to("generalisation", "cnn4", "loss", 1.0), "did not start afresh"),
        (lambda o: o.fluctuation("learning_rates", "lr0.1"), "have no validation accuracy sd"),
        (lambda o: o.series("input_scaling", "cnn4-raw", "loss"), "have no loss"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_with_the_original_is_refused_with_the_reason(ask, why):
    with pytest.raises(ValueError, match=why):
        ask(original())


@first_paper
def test_what_is_drawn_beside_ours_began_afresh_and_lasted_as_long():
    theirs = original()
    assert len(theirs.curve("schedules", "three_rates", "validation_accuracy")) == 30
    assert theirs.curve("generalisation", "cnn5", "loss") is None  # not afresh
    assert theirs.curve("adam_baseline", "adam", "loss") is None
    beside = [name for name in theirs.experiments if theirs.is_beside(name)]
    assert beside == ["activations", "learning_rates", "schedules"]
    theirs.plan["demonstration"] = "Few images."
    assert not any(map(theirs.is_beside, theirs.experiments))


@first_paper
def test_each_of_the_originals_curves_is_set_beside_the_training_of_its_length():
    facts = load(REPORT / "chapters/07-original/facts.py").facts(made_up())
    assert [row["Network"] for row in facts["network_rows"]] == [
        "mlp1",
        "mlp2",
        "cnn3",
        "cnn4",
        "cnn5",
    ]
    assert len(facts["gradient_rows"]) == 10
    assert [row["Learning rate"] for row in facts["rate_rows"]] == [
        "rate 0.1", "rate 0.01", "rate 0.001", "two rates", "three rates",
    ]  # fmt: skip


@first_paper
def test_claim_is_judged_in_the_originals_data_by_the_spread_over_seeds(known_spread):
    known_spread(0.4)
    study = study_of(3, mlp2=Made(test=90.0, validation=90.0))
    claim = replace(Claim("x", "mlp1 beats mlp2.", "generalisation", [
        part("test_accuracy", MLP1, MLP2), part("validation_accuracy", MLP1, MLP2),
    ]), source=ORIGINAL)  # fmt: skip
    judged = judge(study, claim)
    assert judged.verdict == FAILS
    assert judged.original[0] is None  # its test accuracies are not comparable
    assert judged.original[1].verdict == HOLDS
    assert judged.original_verdict == UNDECIDED  # it says nothing of one part


# The chapters' claims


def all_claims() -> list[Claim]:
    return read_claims(made_up().plan)


@pytest.mark.parametrize("runs", [1, 3])
def test_every_claim_of_the_chapters_has_an_entry_that_json_can_hold(runs):
    study = made_up(runs=runs)
    content = json.loads(json.dumps(claims_content(study, all_claims()), allow_nan=False))
    assert [entry["id"] for entry in content["claims"]] == [claim.id for claim in all_claims()]
    for entry in content["claims"]:
        assert entry["verdict"] in (HOLDS, FAILS, UNDECIDED)
        assert entry["parts"]
        for text in (entry["reason"], *(p["reason"] for p in entry["parts"])):
            assert re.fullmatch(r"(?!.*(nan|None)).*\.", text)
        assert all(p["would_change"].endswith(".") for p in entry["parts"])


@pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim.id)
def test_every_side_of_a_claim_is_a_training_of_the_study(claim):
    """But the training with Adam that is as long as the schedule, unless config.yaml has it."""
    study = made_up(runs=3)
    for p in judge(study, claim).parts:
        for c in p.comparisons:
            assert c.difference or "Adam" in c.remark, c.remark


def test_ids_are_unique_and_no_figure_or_word_is_missing():
    claims = all_claims()
    assert len({claim.id for claim in claims}) == len(claims)
    assert all(claim.words.endswith(".") and claim.figure and claim.parts for claim in claims)


@first_paper
def test_claims_of_the_original_are_not_judged_on_other_images_or_networks():
    other = made_up(config={"dataset": {"name": "digits"}})
    assert not judge_all(other, all_claims())
    changed = made_up(config={"networks": {"cnn4": "conv3x16 act pool"}})
    left = {claim.id for claim in all_claims() if applies(changed, claim)}
    assert "2f" in left
    assert "4a" not in left


@first_paper
def test_claims_without_their_experiment_are_not_shown():
    left = {claim.id for claim in all_claims() if applies(rates(), claim)}
    assert "4a" in left
    assert "2f" not in left


def test_claim_of_ones_own_applies_to_its_data_set_and_is_not_called_the_originals():
    claim = Claim(
        "x", "W.", "generalisation", [part("test_accuracy", MLP1, MLP2)], applies={"name": "digits"}
    )
    assert not applies(study_of(), claim)
    judged = judge(study_of(), replace(claim, applies={}))
    assert judged.original == ()


@first_paper
@pytest.mark.parametrize("runs", [1, 3])
def test_study_in_which_everything_diverged_is_judged_without_an_error(runs):
    gone = Made(diverged=dict.fromkeys(range(1, runs + 1), 0))
    content = claims_content(made_up(runs=runs, default=gone), all_claims())
    assert {entry["verdict"] for entry in content["claims"]} == {UNDECIDED}


def test_sensitivity_names_the_parts_that_another_choice_turns():
    study = study_of(3, cnn5=Made(test=88.0))
    content = claims_content(study, [c for c in all_claims() if c.id in ("2d", "2i")])
    choices = {row["choice"]: row["changes"] for row in content["sensitivity"]}
    assert "two linear layers in a row as one" in choices
    assert all(
        {"id", "part", "from", "to"} == change.keys() for row in choices.values() for change in row
    )


@first_paper
def test_program_writes_the_verdicts_of_tables_and_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(study_of(3, mlp2=Made(test=86.0)), tmp_path / "results")
    options = ["--plan", "results/plan.json", "--results", "results", "--output", "claims.json"]
    monkeypatch.setattr("sys.argv", ["judge_claims.py", *options])
    judge_claims_program.main()
    entries = {c["id"]: c for c in json.loads((tmp_path / "claims.json").read_text())["claims"]}
    assert entries["2f"]["parts"][0]["verdict"] == HOLDS
    assert entries["2g"]["verdict"] == HOLDS
    assert "4a" not in entries


# Curves


def curve(values: list[float], records: int = 10) -> pd.DataFrame:
    steps = np.arange(len(values))
    return pd.DataFrame({"step": 10 * steps, "epoch": steps // records, "value": values})


def test_steps_to_reach_smooths_over_a_tenth_of_the_curve():
    rising = curve([0.0] * 10 + [1.0] * 10)
    assert steps_to_reach(rising, 1.0, True, 50) == 111  # two records, the second at step 110
    assert steps_to_reach(rising, 2.0, True, 50) == math.inf
    assert steps_to_reach(rising, 0.0, False, 50) == 11


def test_spread_within_epochs_takes_out_a_straight_line():
    assert spread_within_epochs(curve(list(np.arange(100.0)))) == pytest.approx(0, abs=1e-9)
    noise = np.random.default_rng(0).normal(0, 0.5, 5000)
    assert spread_within_epochs(curve(list(noise), records=100)) == pytest.approx(0.5, rel=0.1)
    assert math.isnan(spread_within_epochs(curve([1.0, 2.0], records=1)))
