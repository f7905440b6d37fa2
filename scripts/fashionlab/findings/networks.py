"""Facts on the networks: parameters by formula and as stored, shapes, linear chains."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.findings.parameter_counts import (
    count_by_formula,
    count_stored,
    linear_chain,
    worked_formula,
)
from fashionlab.markup import Markdown, code

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

TIMES = "\u00d7"
ARROW = "\u2192"


class Networks:
    """Facts on every network of the config."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.image_shape = f.dataset["image_shape"]
        # By depth: files of JSON with sorted keys have lost the order of the config.
        networks = sorted(f.plan["networks"].items(), key=lambda item: (item[1]["depth"], item[0]))
        self.all = dict(networks)

    @property
    def pixels(self) -> int:
        """Number of values of an image."""
        return math.prod(self.image_shape)

    @property
    def trained(self) -> list[str]:
        """Names of the networks that the study trains."""
        used = {training["network"] for training in self._f.plan["trainings"]}
        return [name for name in self.all if name in used]

    def is_convolutional(self, name: str) -> bool:
        """Return whether a network has a convolution."""
        return any(layer["kind"] == "conv" for layer in self.all[name]["layers"])

    def family(self, convolutional: bool) -> list[str]:
        """Return the names of the convolutional networks, or of the perceptrons."""
        return [name for name in self.all if self.is_convolutional(name) == convolutional]

    def stored(self, name: str) -> int | None:
        """Return PyTorch's own count, from the weights of the network's first training."""
        for training in self._f.plan["trainings"]:
            if training["network"] == name:
                relative = Path(training["weights"]).relative_to(self._f.plan["results"])
                found = count_stored(self._f.folder / relative)
                if found is not None:
                    return found
        return None

    @property
    def count_rows(self) -> list[dict[str, str]]:
        """Table of counts: the formula with numbers, its value, and PyTorch's own count."""
        return [
            {
                "Network": name,
                "Formula with this network's numbers": self._formula(name),
                "Value": prose.number(count_by_formula(network["layers"], self.image_shape)),
                "PyTorch": prose.number(self.stored(name)),
            }
            for name, network in self.all.items()
        ]

    @property
    def counts_agree(self) -> bool:
        """Whether formula, plan and PyTorch give one number for every network that was trained."""
        return all(
            count_by_formula(network["layers"], self.image_shape) == network["parameters"]
            and self.stored(name) in (None, network["parameters"])
            for name, network in self.all.items()
        )

    @property
    def untrained(self) -> list[str]:
        """Networks without stored weights."""
        return [name for name in self.all if self.stored(name) is None]

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
    def linear_chains(self) -> dict[str, dict]:
        """The networks that have two linear layers in a row, with what they amount to."""
        found = {n: linear_chain(v["layers"], self.image_shape) for n, v in self.all.items()}
        return {name: chain for name, chain in found.items() if chain}

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

    def _formula(self, name: str) -> Markdown:
        # A formula for each term: browsers break lines between formulas, not within one.
        terms = worked_formula(self.all[name]["layers"], self.image_shape)
        return Markdown(" + ".join(f"${term}$" for term in terms))
