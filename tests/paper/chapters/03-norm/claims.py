"""A claim on batch norm."""

from fashionlab.claims.rows import Claim, Part, of

SHALLOW, PLAIN, NORMED = (of("norm", network=n) for n in ("shallow", "plain", "normed"))

CLAIMS = [
    Claim("N1", "Batch norm raises the accuracy, and a convolution does, too.", "norm", [
        Part("normed is above plain", "test_accuracy", [(NORMED, PLAIN)]),
        Part("plain is above shallow", "test_accuracy", [(PLAIN, SHALLOW)]),
    ]),
]  # fmt: skip
