"""The original report's numbers beside this study's, where the two mean the same."""

from dataclasses import dataclass
from functools import cached_property

from fashionlab import prose
from fashionlab.findings.original import Original
from fashionlab.outcomes import Outcome

# The original's networks, by their sizes: a network of the same name and another size is not it.
PARAMETERS = {"mlp1": 50_890, "mlp2": 14_298, "cnn3": 11_106, "cnn4": 8_618, "cnn5": 7_426}
# The rates of the original's schedules by the names that its results have.
SCHEDULES = {"0.1 -> 0.01": [0.1, 0.01], "0.1 -> 0.01 -> 0.001": [0.1, 0.01, 0.001]}


@dataclass(frozen=True)
class Pair:
    """A training of the original and its counterpart here."""

    name: str
    variant: str
    theirs: dict  # the original's curves
    accuracy: Outcome  # ours on the validation images, and
    loss: Outcome  # ours, means over the last epoch's records

    @property
    def difference(self) -> float:
        """Our validation accuracy minus the original's, in points."""
        return self.accuracy.mean - self.theirs["validation_accuracy"][-1]

    @property
    def accuracies(self) -> dict[str, str]:
        """Both validation accuracies and their difference, for a table."""
        return {
            "Validation, original": prose.number(self.theirs["validation_accuracy"][-1], 2),
            "Validation, ours": self.accuracy.text,
            "Difference": prose.signed(self.difference),
        }

    @property
    def losses(self) -> dict[str, str]:
        """Both losses, for a table."""
        return {
            "Loss, original": prose.number(self.theirs["loss"][-1], 3),
            "Loss, ours": prose.number(self.loss.mean, 3),
        }


class Comparison(Original):
    """Pairs of trainings, and tables of them. Empty where the study lacks the counterpart."""

    @cached_property
    def networks(self) -> list[Pair]:
        """The pairs of question 2."""
        same = {"activation": "relu", "optimizer": "adam"}
        found = [
            self._pair(name, theirs, "generalisation", network=name, **same)
            for name, theirs in self.data["generalisation"].items()
        ]
        return list(filter(None, found))

    @cached_property
    def activations(self) -> list[Pair]:
        """The pairs of question 3."""
        found = [
            self._pair(name, theirs, "activations", network=name, activation=a, optimizer="sgd")
            for name, activations in self.data["activations"].items()
            for a, theirs in activations.items()
        ]
        return list(filter(None, found))

    @cached_property
    def rates(self) -> list[Pair]:
        """The pairs of question 4: constant rates, then schedules."""
        schedules = self.f.schedules
        found = [
            self._pair(rate, theirs, "learning_rates", network="cnn4", learning_rate=rate)
            for rate, theirs in self.data["learning_rates"].items()
        ] + [
            self._pair(name.replace("->", "\u2192"), theirs, "schedules", network="cnn4", variant=v)
            for name, theirs in self.data["schedules"].items()
            for v in schedules.variants
            if [phase["rate"] for phase in schedules.stages(v)] == SCHEDULES[name]
        ]
        return list(filter(None, found))

    def _pair(self, name: str, theirs: dict, experiment: str, **settings: str) -> Pair | None:
        """Return the pair with our variant of these settings on a network of the original."""
        variant, network = self.f.find(experiment, **settings), settings["network"]
        if not variant or self.f.plan["networks"][network]["parameters"] != PARAMETERS.get(network):
            return None
        accuracy = self.f.in_epoch(experiment, variant)
        return Pair(name, variant, theirs, accuracy, self.f.in_epoch(experiment, variant, "loss"))

    @property
    def network_rows(self) -> list[dict[str, str]]:
        """Table of question 2: test accuracy, and validation accuracy of the last epoch."""
        return [
            {
                "Network": pair.name,
                "Test, published": prose.number(pair.theirs["test_accuracy"], 2),
                "Test, ours": self.f.generalisation.outcome(pair.variant, "test").text,
            }
            | pair.accuracies
            for pair in self.networks
        ]

    @property
    def gradient_rows(self) -> list[dict[str, str]]:
        """Table of question 3: median gradient and mean loss of the last epoch."""
        return [
            {
                "Network": pair.name,
                "Activation": self._activation(pair),
                "Gradient, original": prose.magnitude(self._their_gradient(pair)),
                "Gradient, ours": prose.magnitude(self.f.gradients.median(pair.variant)),
            }
            | pair.losses
            for pair in self.activations
        ]

    @property
    def rate_rows(self) -> list[dict[str, str]]:
        """Table of question 4: constant rates and schedules at the end of training."""
        return [{"Learning rate": p.name} | p.accuracies | p.losses for p in self.rates]

    def difference_sentence(self, pairs: list[Pair], what: str) -> str:
        """One sentence on the smallest and largest difference in last-epoch accuracy."""
        known = [pair for pair in pairs if prose.exists(pair.difference)]
        if not known:
            return ""
        known.sort(key=lambda pair: abs(pair.difference))
        least, most = known[0], known[-1]
        side = "above" if most.difference > 0 else "below"
        relation = f"{prose.points(most.difference)} {side} the original's"
        if len(known) == 1:
            return f"For {most.name}, our validation accuracy is {relation}."
        return (
            f"Over the {prose.word(len(known))} {what}, our validation accuracies and the "
            f"original's differ by {prose.number(abs(least.difference), 2)} to "
            f"{prose.points(most.difference)}; most for {most.name}, where ours is {relation}."
        )

    @property
    def escape(self) -> str:
        """What the sigmoid cnn4, which never learns in the original, does here; as a clause."""
        gradients = self.f.gradients
        own = [p for p in self.activations if (p.name, self._activation(p)) == ("cnn4", "sigmoid")]
        if not own or own[0].variant not in gradients.ended:
            return ""
        loss = prose.number(own[0].loss.mean, 3)
        if own[0].variant in gradients.stuck:
            return f"; here it stays as well, at {loss}"
        return f"; here it escapes, too, and ends at {loss}"

    @property
    def gradient_sentence(self) -> str:
        """One sentence on how many gradients agree with the original's within a factor of two."""
        ratios = [
            (pair, self.f.gradients.median(pair.variant) / self._their_gradient(pair))
            for pair in self.activations
        ]
        ratios = [(pair, ratio) for pair, ratio in ratios if prose.exists(ratio)]
        far = [pair for pair, ratio in ratios if not 0.5 <= ratio <= 2]
        total, near = prose.count(len(ratios), "gradient"), len(ratios) - len(far)
        if not ratios:
            return ""
        if not far:
            return f"All of {total} agree within a factor of two."
        agree = f"{prose.word(near)} {prose.plural(near, 'agrees', 'agree')}"
        named = prose.join(f"{p.name} with {prose.shown(self._activation(p))}" for p in far)
        return f"Of {total}, {agree} within a factor of two; the others are those of {named}."

    def _activation(self, pair: Pair) -> str:
        return self.f.gradients.settings[pair.variant]["activation"]

    def _their_gradient(self, pair: Pair) -> float:
        return pair.theirs["gradient_magnitude_median"][-1]
