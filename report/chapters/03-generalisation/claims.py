"""The original's claims of question 2: generalisation, size and depth of its five networks."""

from fashionlab.claims.comparisons import NOT_BELOW
from fashionlab.claims.rows import Part, all_above, of, trend
from original.claims import claim

MLP1, MLP2, CNN3, CNN4, CNN5 = FIVE = [
    of("generalisation", network=name) for name in ("mlp1", "mlp2", "cnn3", "cnn4", "cnn5")
]
PERCEPTRONS, CONVOLUTIONAL = FIVE[:2], FIVE[2:]
TEST, VALIDATION, TRAINING = "test_accuracy", "validation_accuracy", "train_accuracy"


def others(network):
    """Return the other four networks."""
    return [other for other in FIVE if other is not network]


CLAIMS = [
    claim("2a", "cnn4 has the best test accuracy, cnn5 the best validation accuracy.",
          "generalisation", [
        Part("cnn4 has the best test accuracy", TEST, all_above([CNN4], others(CNN4))),
        Part("cnn5 has the best validation accuracy", VALIDATION, all_above([CNN5], others(CNN5))),
    ]),
    claim("2b", "mlp2 has the lowest test and validation accuracy.", "generalisation", [
        Part("mlp2 has the lowest test accuracy", TEST, all_above(others(MLP2), [MLP2])),
        Part("mlp2 has the lowest validation accuracy", VALIDATION,
             all_above(others(MLP2), [MLP2])),
    ]),
    claim("2c", "The fewer parameters, the better the generalisation.", "size_and_depth", [
        trend("more parameters, a larger gap", "gap", FIVE, "parameters"),
        trend("more parameters, a lower test accuracy", TEST, FIVE, "parameters", rising=False),
    ]),
    claim("2d", "Deeper is better.", "size_and_depth", [
        trend("the deeper, the higher the test accuracy", TEST, FIVE, "depth"),
        trend("the deeper, the higher the validation accuracy", VALIDATION, FIVE, "depth"),
    ]),
    claim("2e", "The convolutional networks beat the perceptrons.", "generalisation", [
        Part("all convolutional networks are above both perceptrons, test", TEST,
             all_above(CONVOLUTIONAL, PERCEPTRONS)),
        Part("all convolutional networks are above both perceptrons, validation", VALIDATION,
             all_above(CONVOLUTIONAL, PERCEPTRONS)),
    ]),
    claim("2f", "mlp1 beats mlp2.", "generalisation", [
        Part("mlp1 is above mlp2, test", TEST, [(MLP1, MLP2)]),
        Part("mlp1 is above mlp2, validation", VALIDATION, [(MLP1, MLP2)]),
    ]),
    claim("2g", "Perceptron weights are easier to interpret than convolution weights.",
          "first_weights", [
        Part("perceptron weights are smoother images", "order",
             all_above(PERCEPTRONS, CONVOLUTIONAL)),
    ]),
    claim("2h", "cnn4 fits the training data better than cnn5.", "generalisation", [
        Part("cnn4 has the higher training accuracy", TRAINING, [(CNN4, CNN5)]),
        Part("cnn4 has the lower loss", "loss", [(CNN5, CNN4)]),
    ]),
    # The smallest of the five: it is to be chosen if none of the others is better.
    claim("2i", "cnn5 is the one to choose.", "generalisation", [
        Part("cnn5, the smallest, is not below any other", VALIDATION,
             all_above([CNN5], others(CNN5)), NOT_BELOW),
    ]),
]  # fmt: skip
