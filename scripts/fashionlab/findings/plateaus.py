"""Facts for question 4: where the plateau rule would have switched the learning rate."""

from typing import TYPE_CHECKING

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts


class Plateaus:
    """The switch epochs that the rule found beside the configured ones, by schedule."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self.all: dict[str, list[dict]] = f.claims.get("plateaus", {})

    def sentence(self, name: str) -> str:
        """One sentence: the rule's choice beside the configured switch epochs of a schedule."""
        parts = []
        for k, switch in enumerate(self.all[name], start=1):
            choice = f"epoch {switch['found']}" if switch["found"] is not None else "no epoch"
            configured = switch["configured"]
            given = (
                "none is configured"
                if configured in (None, "auto")
                else (
                    "as configured"
                    if configured == switch["found"]
                    else f"{configured} is configured"
                )
            )
            parts.append(f"{choice} for the {prose.ordinal(k)} switch ({given})")
        return f"For {name} it gives {prose.join(parts)}."
