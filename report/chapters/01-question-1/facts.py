"""Question 1: parameters by formula and as PyTorch counts them; numbers to reckon with."""

import math
from collections.abc import Iterator

from fashionlab import prose
from fashionlab.markup import Markdown
from fashionlab.study import Study

DATASETS = ("Fashion-MNIST",)  # of the homework
DOT = " \\cdot "
RATE = 0.01  # with which the example of rounding reckons
UNIT_ROUNDOFF = 2.0**-24  # of 32-bit numbers


def facts(study: Study) -> dict:
    """Return counts of parameters, an example of each formula, and the error of rounding."""
    image, networks = study.plan["dataset"]["image_shape"], study.networks
    by_formula = {
        name: sum((math.prod(inputs) + 1) * units for inputs, units in weighted(image, layers))
        for name, layers in networks["layers"].items()
    }
    stored = {name: size for name in networks.index if (size := stored_size(study, name))}
    convolutional = networks[networks["family"] == "convolutional"]
    largest = networks["first_layer_weights"].max()
    inputs = math.prod(image)
    error = UNIT_ROUNDOFF / math.sqrt(inputs) / RATE
    return {
        "pixels": inputs,
        "norms": any(one["kind"] == "norm" for own in networks["layers"] for one in own),
        "classes": len(study.classes),
        "cost_of": lambda probability: -math.log(probability),
        "example": study.plan["trainings"][0],
        "convolution": convolutional.iloc[-1] if len(convolutional) else None,
        "last_maps": last_maps(convolutional["layers"].iloc[-1]) if len(convolutional) else [],
        "rate": RATE,
        "largest_weight": 1 / math.sqrt(inputs),
        "first_weights": int(largest),
        "weight_error": power_of_ten(error),
        "norm_error": power_of_ten(error * math.sqrt(largest)),
        "agree": by_formula == dict(networks["parameters"]) == by_formula | stored,
        "untrained": [name for name in networks.index if name not in stored],
        "rows": [
            {
                "Network": name,
                # A formula for each term: browsers break lines between formulas, not within one.
                "Formula with this network's numbers": Markdown(" + ".join(
                    f"$\\left({DOT.join(map(str, inputs))} + 1\\right){DOT}{units}$"
                    for inputs, units in weighted(image, networks["layers"][name])
                )),
                "Value": prose.number(by_formula[name]),
                "PyTorch": prose.number(stored.get(name)),
            }
            for name in networks.index
        ],
    }  # fmt: skip


def weighted(shape: list[int], layers: list[dict]) -> Iterator[tuple[list[int], int]]:
    """Yield the inputs of a unit, in their factors, and the number of units of each layer.

    A kernel's height and width follow from the shapes: without padding an image shrinks by
    kernel - 1.
    """
    for layer in layers:
        out = layer["output_shape"]
        if layer["kind"] == "conv":
            yield [shape[1] - out[1] + 1, shape[2] - out[2] + 1, shape[0]], out[0]
        elif layer["kind"] == "fc":
            yield [math.prod(shape)], out[0]
        elif layer["kind"] == "norm":  # a factor and a shift for each map
            yield [1], out[0]
        shape = out


def last_maps(layers: list[dict]) -> list[int]:
    """Return the shape of the maps that the layers behind the convolutions read flattened."""
    return [layer["output_shape"] for layer in layers if len(layer["output_shape"]) == 3][-1]


def stored_size(study: Study, network: str) -> int:
    """Return how many parameters the first training of a network stored; 0 if it is lost."""
    entry = next(t for t in study.plan["trainings"] if t["network"] == network)
    tensors = study.tensors(entry["experiment"], entry["variant"], entry["run"])
    # A norm's running mean and variance are stored, too, but not trained.
    return sum(t.size for name, t in tensors.items() if name.endswith((".weight", ".bias")))


def power_of_ten(value: float) -> Markdown:
    """Return a small number as TeX with one digit: "2 \\cdot 10^{-7}"."""
    digit, exponent = f"{value:.0e}".split("e")
    return Markdown(f"{digit} \\cdot 10^{{{int(exponent)}}}")
