"""The original report's numbers beside this study's, where the two mean the same."""

from functools import cached_property
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.findings.original import Original

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

# The original's networks, by their sizes: a network of the same name and another size is not it.
PARAMETERS = {"mlp1": 50_890, "mlp2": 14_298, "cnn3": 11_106, "cnn4": 8_618, "cnn5": 7_426}
# The rates of the original's schedules by the names that its results have.
SCHEDULES = {"0.1 -> 0.01": (0.1, 0.01), "0.1 -> 0.01 -> 0.001": (0.1, 0.01, 0.001)}


class Comparison(Original):
    """Tables of the original's numbers and ours. Empty where the study lacks the counterpart."""

    def __init__(self, f: "Facts", original: dict | None):
        """Read this section's facts out of those of the study."""
        super().__init__(original)
        self._f = f

    def _same_network(self, name: str) -> bool:
        network = self._f.networks.all.get(name)
        return network is not None and network["parameters"] == PARAMETERS.get(name)

    def _variant(self, experiment: str, **settings: str) -> str | None:
        """Return the variant with these settings on a network of the original, or None."""
        for v in self._f.variants(experiment):
            s = self._f.setting(experiment, v)
            if self._same_network(s["network"]) and all(s[k] == x for k, x in settings.items()):
                return v
        return None

    @cached_property
    def generalisation(self) -> list[dict[str, str]]:
        """Table of question 2: test accuracy, and validation accuracy of the last epoch."""
        rows = []
        for name, theirs in self.data.get("generalisation", {}).items():
            v = self._variant("generalisation", network=name, activation="relu", optimizer="adam")
            if v is None:
                continue
            ours = self._f.in_epoch("generalisation", v, "validation_accuracy")
            rows.append(
                {
                    "Network": name,
                    "Test, published": prose.number(theirs["test_accuracy"], 2),
                    "Test, ours": self._f.outcome("generalisation", v, "test").text,
                    "Validation, original": prose.number(theirs["validation_accuracy"][-1], 2),
                    "Validation, ours": ours.text,
                    "Difference": prose.signed(ours.mean - theirs["validation_accuracy"][-1]),
                }
            )
        return rows

    @cached_property
    def gradients(self) -> list[dict[str, str]]:
        """Table of question 3: median gradient and mean loss of the last epoch."""
        rows = []
        for name, activations in self.data.get("activations", {}).items():
            for activation, theirs in activations.items():
                v = self._variant(
                    "activations", network=name, activation=activation, optimizer="sgd"
                )
                if v is None:
                    continue
                rows.append(
                    {
                        "Network": name,
                        "Activation": activation,
                        "Gradient, original": prose.magnitude(
                            theirs["gradient_magnitude_median"][-1]
                        ),
                        "Gradient, ours": prose.magnitude(self._f.gradients.median(v)),
                        "Loss, original": prose.number(theirs["loss"][-1], 3),
                        "Loss, ours": self._loss("activations", v),
                    }
                )
        return rows

    @cached_property
    def rates(self) -> list[dict[str, str]]:
        """Table of question 4: constant rates and schedules at the end of training."""
        rows = []
        for rate, theirs in self.data.get("learning_rates", {}).items():
            if v := self._variant("learning_rates", network="cnn4", learning_rate=rate):
                rows.append(self._rate_row("learning_rates", v, rate, theirs))
        for name, theirs in self.data.get("schedules", {}).items():
            for v in self._f.schedules.variants:
                phases = tuple(phase["rate"] for phase in self._f.schedules.stages(v))
                network = self._f.schedules.settings[v]["network"]
                if phases == SCHEDULES[name] and network == "cnn4" and self._same_network(network):
                    label = name.replace("->", "\u2192")
                    rows.append(self._rate_row("schedules", v, label, theirs))
        return rows

    def _rate_row(self, experiment: str, variant: str, label: str, theirs: dict) -> dict[str, str]:
        ours = self._f.in_epoch(experiment, variant, "validation_accuracy")
        return {
            "Learning rate": label,
            "Validation, original": prose.number(theirs["validation_accuracy"][-1], 2),
            "Validation, ours": ours.text,
            "Difference": prose.signed(ours.mean - theirs["validation_accuracy"][-1]),
            "Loss, original": prose.number(theirs["loss"][-1], 3),
            "Loss, ours": self._loss(experiment, variant),
        }

    def _loss(self, experiment: str, variant: str) -> str:
        return prose.number(self._f.in_epoch(experiment, variant, "loss").mean, 3)

    def difference_sentence(self, rows: list[dict[str, str]], what: str) -> str:
        """One sentence on the smallest and largest difference in a table's last-epoch accuracy."""
        name = next(iter(rows[0]))
        values = [(row[name], _value(row["Difference"])) for row in rows]
        values = sorted((v for v in values if prose.exists(v[1])), key=lambda pair: abs(pair[1]))
        if not values:
            return ""
        (_, least), (most_name, most) = values[0], values[-1]
        if len(values) == 1:
            return f"For {most_name}, our validation accuracy is {_relative(most)} the original's."
        return (
            f"Over the {prose.word(len(values))} {what}, our validation accuracies and the "
            f"original's differ by {prose.number(abs(least), 2)} to {prose.points(most)}; most for "
            f"{most_name}, where ours is {_relative(most)} the original's."
        )

    @property
    def escape(self) -> str:
        """What the sigmoid cnn4, which never learns in the original, does here; as a clause."""
        v = self._variant("activations", network="cnn4", activation="sigmoid", optimizer="sgd")
        if v is None or v not in self._f.gradients.ended:
            return ""
        loss = prose.number(self._f.gradients.loss(v), 3)
        if v in self._f.gradients.stuck:
            return f"; here it stays as well, at {loss}"
        return f"; here it escapes, too, and ends at {loss}"

    @property
    def gradient_sentence(self) -> str:
        """One sentence on how many gradients agree with the original's within a factor of two."""
        ratios = [
            (row["Network"], row["Activation"], self._gradient_ratio(row)) for row in self.gradients
        ]
        ratios = [r for r in ratios if prose.exists(r[2])]
        near = sum(0.5 <= ratio <= 2 for *_, ratio in ratios)
        far = prose.join(
            f"{n} with {prose.shown(a)}" for n, a, ratio in ratios if not 0.5 <= ratio <= 2
        )
        total = prose.count(len(ratios), "gradient")
        if not ratios:
            return ""
        if not far:
            return f"All of {total} agree within a factor of two."
        agree = f"{prose.word(near)} {prose.plural(near, 'agrees', 'agree')}"
        return f"Of {total}, {agree} within a factor of two; the others are those of {far}."

    def _gradient_ratio(self, row: dict[str, str]) -> float:
        network, activation = row["Network"], row["Activation"]
        keys = ("activations", network, activation, "gradient_magnitude_median")
        v = self._variant("activations", network=network, activation=activation, optimizer="sgd")
        return self._f.gradients.median(v) / self.published(*keys) if v else float("nan")


def _value(text: str) -> float:
    """Return the number that a signed difference shows, NaN for a dash."""
    try:
        return float(text.replace(prose.MINUS, "-"))
    except ValueError:
        return float("nan")


def _relative(difference: float) -> str:
    return f"{prose.points(difference)} {'above' if difference > 0 else 'below'}"
