"""A claim on annealing."""

from fashionlab.claims.comparisons import NOT_BELOW
from fashionlab.claims.rows import Claim, Part, of

COSINE, CONSTANT = (of("annealing", learning_rate=rate) for rate in ("cosine", "0.1"))

CLAIMS = [
    Claim("A1", "Annealing does no harm, and it calms the curve.", "experiment_noise", [
        Part("the cosine is not below", "test_accuracy", [(COSINE, CONSTANT)], NOT_BELOW),
        Part("the constant rate fluctuates more", "fluctuation", [(CONSTANT, COSINE)]),
    ]),
]  # fmt: skip
