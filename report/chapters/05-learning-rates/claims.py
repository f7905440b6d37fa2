"""The original's claims of question 4: learning rates, schedules, the schedule against Adam."""

from fashionlab.claims.comparisons import AS_LONG, BELOW, EQUAL, NOT_BELOW
from fashionlab.claims.quantities import Level
from fashionlab.claims.rows import Part, in_order, of
from original.claims import claim

NET = {"network": "cnn4", "activation": "relu"}
FAST, MIDDLE, SLOW = RATES = [
    of("learning_rates", **NET, learning_rate=rate, name=f"rate {rate}")
    for rate in (0.1, 0.01, 0.001)
]
SCHEDULE = of("schedules", **NET, learning_rate="three_rates", name="the schedule")
PHASES = [
    SCHEDULE | {"phase": phase, "name": f"the schedule at {rate}"}
    for phase, rate in ((1, 0.1), (2, 0.01), (3, 0.001))
]
ADAM = NET | {"optimizer": "adam", "learning_rate": 0.001, "epochs": AS_LONG, "name": "Adam"}
VALIDATION = "validation_accuracy"
MOST_OF_THE_WAY = Level(VALIDATION, tuple(RATES), share=0.8)

CLAIMS = [
    claim("4a", "A larger learning rate converges faster.", "learning_rates", [
        Part("the smaller rate takes more steps", "steps", [(SLOW, MIDDLE), (MIDDLE, FAST)],
             level=MOST_OF_THE_WAY),
    ]),
    # Said of the original's figure 11, the three-rate schedule, where each rate has converged.
    claim("4b", "A larger learning rate oscillates more where it has converged.",
          "schedules", [
        Part("each rate of the schedule fluctuates more than the next", "fluctuation",
             in_order(PHASES)),
    ]),
    claim("4c", "The schedule keeps the speed of 0.1 and gains the steadiness of 0.001.",
          "schedules", [
        Part("not slower than the constant 0.1 to where that ends", "steps", [(FAST, SCHEDULE)],
             NOT_BELOW, level=Level(VALIDATION, (FAST,))),
        Part("steadier at its end than the constant 0.1", "fluctuation", [(FAST, SCHEDULE)]),
        Part("as steady as the constant 0.001", "fluctuation", [(SLOW, SCHEDULE)], NOT_BELOW,
             unless_rising=SLOW),
    ]),
    claim("4d", "The scheduled run's accuracy is nearly the same as Adam's.",
          "schedules", [
        Part("nearly the same test accuracy", "test_accuracy", [(SCHEDULE, ADAM)], EQUAL),
        Part("nearly the same validation accuracy", VALIDATION, [(SCHEDULE, ADAM)], EQUAL),
    ]),
    claim("4e", "The schedule converges better than Adam.", "schedules", [
        Part("sooner where Adam ends", "steps", [(SCHEDULE, ADAM)], BELOW, level=Level(VALIDATION)),
        Part("steadier at the end than Adam", "fluctuation", [(ADAM, SCHEDULE)]),
    ]),
]  # fmt: skip
