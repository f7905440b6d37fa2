"""The original's claims of question 3: gradients of the first layer, and unscaled inputs."""

from fashionlab.claims.quantities import Level
from fashionlab.claims.rows import Part, all_above, in_order, of
from original.claims import claim

FIVE = ("mlp1", "mlp2", "cnn3", "cnn4", "cnn5")  # in the original's order, by nominal depth
RELU, SIGMOID = (
    [of("activations", network=n, activation=a) for n in FIVE] for a in ("relu", "sigmoid")
)
EARLY, LATE = "gradient_early", "gradient_late"
GOOD_RESULT = Level("loss", share=0.9)  # most of the way to where the scaled inputs end


def scaled(network):
    """Return a network on inputs as all other experiments have them."""
    return of("activations", network=network, activation="relu", name=f"{network} on [−1, 1]")


def unscaled(inputs, shown):
    """Return pairs of mlp1 and cnn4 on other inputs, with their like on the usual ones."""
    return [
        (of("input_scaling", network=n, input_range=inputs, name=f"{n} on {shown}"), scaled(n))
        for n in ("mlp1", "cnn4")
    ]


UNIT, RAW = unscaled("unit", "[0, 1]"), unscaled("raw", "[0, 255]")

CLAIMS = [
    claim("3a", "ReLU networks have larger gradients than sigmoid ones.", "gradients", [
        Part("every network is larger with ReLU", "gradient",
             list(zip(RELU, SIGMOID, strict=True))),
    ]),
    claim("3b", "With the same activation, perceptrons have larger gradients than convolutional "
          "networks.", "gradients", [
        Part("perceptrons are larger, with ReLU", "gradient", all_above(RELU[:2], RELU[2:])),
        Part("perceptrons are larger, with sigmoid", "gradient",
             all_above(SIGMOID[:2], SIGMOID[2:])),
    ]),
    claim("3c", "The deeper, the smaller the gradient; cnn5 has the smallest.", "gradients", [
        Part("the deeper, the smaller: ReLU, first epoch", EARLY, in_order(RELU)),
        Part("the deeper, the smaller: ReLU, last epoch", LATE, in_order(RELU)),
        Part("the deeper, the smaller: sigmoid, first epoch", EARLY, in_order(SIGMOID)),
        Part("the deeper, the smaller: sigmoid, last epoch", LATE, in_order(SIGMOID)),
        Part("cnn5 is the smallest, with ReLU", "gradient", all_above(RELU[:4], RELU[4:])),
        Part("cnn5 is the smallest, with sigmoid", "gradient", all_above(SIGMOID[:4], SIGMOID[4:])),
    ]),
    claim("3d", "Unscaled inputs make it slower to a good result, and gradients larger.",
          "input_scaling", [
        Part("slower on [0, 1]", "steps", UNIT, level=GOOD_RESULT),
        Part("larger gradients on [0, 1]", "gradient", UNIT),
        Part("slower on [0, 255]", "steps", RAW, level=GOOD_RESULT),
        Part("larger gradients on [0, 255]", "gradient", RAW),
    ]),
]  # fmt: skip
