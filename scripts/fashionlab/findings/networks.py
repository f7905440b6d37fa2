"""Facts on the networks: parameters by formula and as stored, shapes, linear chains."""

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import Section
from fashionlab.markup import Markdown, code
from fashionlab.storage.weight_files import read_weights

TIMES = "\u00d7"
ARROW = "\u2192"
DOT = " \\cdot "


class Networks(Section):
    """Facts on every network of the config."""

    def __init__(self, f: Finished):
        super().__init__(f)
        self.image_shape = f.dataset["image_shape"]
        # By depth: files of JSON with sorted keys have lost the order of the config.
        networks = sorted(f.plan["networks"].items(), key=lambda item: (item[1]["depth"], item[0]))
        self.all = dict(networks)

    @property
    def pixels(self) -> int:
        """Number of values of an image."""
        return math.prod(self.image_shape)

    def family(self, convolutional: bool) -> list[str]:
        """Return the names of the networks with a convolution, or of the perceptrons."""
        kinds = {n: {layer["kind"] for layer in v["layers"]} for n, v in self.all.items()}
        return [name for name in self.all if ("conv" in kinds[name]) == convolutional]

    # Counts of parameters.

    @cached_property
    def stored(self) -> dict[str, int]:
        """PyTorch's own count for each network that was trained: the values of stored weights."""
        first = {t["network"]: t for t in reversed(self.f.plan["trainings"])}
        return {
            name: sum(w.size for w in read_weights(self.f.weights_file(first[name])).values())
            for name in self.all
            if name in first
        }

    @property
    def untrained(self) -> list[str]:
        """Networks without stored weights."""
        return [name for name in self.all if name not in self.stored]

    @property
    def count_rows(self) -> list[dict[str, str]]:
        """Table of counts: the formula with numbers, its value, and PyTorch's own count."""
        return [
            {
                "Network": name,
                # A formula for each term: browsers break lines between formulas, not within one.
                "Formula with this network's numbers": Markdown(
                    " + ".join(f"${term}$" for term in self.worked_formula(name))
                ),
                "Value": prose.number(self.count_by_formula(name)),
                "PyTorch": prose.number(self.stored.get(name)),
            }
            for name in self.all
        ]

    @property
    def counts_agree(self) -> bool:
        """Whether formula, plan and PyTorch give one number for every network that was trained."""
        counts = {name: network["parameters"] for name, network in self.all.items()}
        by_formula = {name: self.count_by_formula(name) for name in self.all}
        return by_formula == counts == counts | self.stored

    def worked_formula(self, name: str) -> list[str]:
        """Return the terms of the count of a network's parameters as TeX, one a layer."""
        return [
            f"\\left({DOT.join(map(str, inputs))} + 1\\right){DOT}{units}"
            for inputs, units in self._weighted_layers(name)
        ]

    def count_by_formula(self, name: str) -> int:
        """Return the number of parameters by the formulas of the report, from shapes alone."""
        return sum((math.prod(inputs) + 1) * units for inputs, units in self._weighted_layers(name))

    def _weighted_layers(self, name: str) -> Iterator[tuple[list[int], int]]:
        """Yield a unit's number of inputs, in its factors, and the number of units of each layer.

        A kernel's height and width follow from the shapes: without padding an image shrinks by
        kernel - 1.
        """
        shape = self.image_shape
        for layer in self.all[name]["layers"]:
            out = layer["output_shape"]
            if layer["kind"] == "conv":
                yield [shape[1] - out[1] + 1, shape[2] - out[2] + 1, shape[0]], out[0]
            elif layer["kind"] == "fc":
                yield [math.prod(shape)], out[0]
            shape = out

    # Shapes.

    @property
    def rows(self) -> list[dict[str, str]]:
        """Table of the networks: layers, shapes, sizes."""
        return [
            {
                "Network": name,
                "Layers": code(network["line"]),
                "Shapes": self.shapes(name),
                "Depth": prose.number(network["depth"]),
                "Parameters": prose.number(network["parameters"]),
                "First-layer weights": prose.number(network["first_layer_weights"]),
            }
            for name, network in self.all.items()
        ]

    def shapes(self, name: str) -> str:
        """Return the shapes from image to logits: "1 x 28 x 28, 16 x 26 x 26, ..., 10"."""
        shapes = [self.image_shape]
        for layer in self.all[name]["layers"]:
            if layer["output_shape"] != shapes[-1]:
                shapes.append(layer["output_shape"])
        return f" {ARROW} ".join(TIMES.join(map(str, shape)) for shape in shapes)

    @property
    def convolutional_example(self) -> str | None:
        """The convolutional network with the most layers, to work an example on."""
        names = self.family(convolutional=True)
        return max(names, key=lambda name: self.all[name]["depth"]) if names else None

    def flattened(self, name: str) -> list[int]:
        """Return the shape that the prediction layer of a network flattens."""
        return self.all[name]["layers"][-2]["output_shape"]

    def flattened_size(self, name: str) -> int:
        """Return the number of values that the prediction layer of a network reads."""
        return math.prod(self.flattened(name))

    @property
    def first_layer_range(self) -> tuple[int, int]:
        """The smallest and the largest number of weights of a first layer."""
        sizes = [network["first_layer_weights"] for network in self.all.values()]
        return min(sizes), max(sizes)

    @cached_property
    def linear_chains(self) -> dict[str, dict]:
        """The perceptrons with a linear layer straight after another, and what they amount to.

        Two linear maps in a row are one: `dropped` are the widths of the first ones, `widths` and
        `parameters` describe the perceptron without them.
        """
        found = {}
        for name in self.family(convolutional=False):
            followed = pairwise([*self.all[name]["layers"], {"kind": "end"}])
            linear = [(a["output_shape"][0], b["kind"]) for a, b in followed if a["kind"] == "fc"]
            dropped = [width for width, following in linear if following == "fc"]
            kept = [width for width, following in linear if following != "fc"]
            widths = [self.pixels, *kept]
            if dropped:
                found[name] = {
                    "dropped": dropped,
                    "widths": "-".join(map(str, widths)),
                    "parameters": sum((a + 1) * b for a, b in pairwise(widths)),
                }
        return found
