"""What the report's prose may say: this study's plan and results as plain data for the templates.

Facts are computed, never typed: a template asks ``f.generalisation.chosen`` and the sentence
changes with the data. Each section of the report has its own module of facts. Nothing here imports
PyTorch, and nothing depends on time or machine.
"""

from pathlib import Path
from typing import ClassVar

from fashionlab import prose
from fashionlab.findings.adam import Adam
from fashionlab.findings.confusion import Confusion
from fashionlab.findings.costs import Costs
from fashionlab.findings.finished import Finished
from fashionlab.findings.generalisation import Generalisation
from fashionlab.findings.gradients import Gradients
from fashionlab.findings.input_scaling import InputScaling
from fashionlab.findings.learning_rates import LearningRates
from fashionlab.findings.networks import Networks
from fashionlab.findings.schedules import Schedules
from fashionlab.findings.structures import Structures
from fashionlab.findings.weights import Weights
from fashionlab.planning.planned import read_plan
from fashionlab.storage.reading import read_sealed
from fashionlab.storage.table_files import read_table

TABLES = ("trainings", "records", "predictions", "costs")


class Facts(Finished):
    """The facts of one study; ``f`` in the templates."""

    say = prose
    # What each attribute is about; the report has a section for most of them.
    sections: ClassVar = {
        "networks": Networks, "generalisation": Generalisation,
        "weights": Weights, "structures": Structures, "confusion": Confusion,
        "gradients": Gradients, "scaling": InputScaling, "rates": LearningRates,
        "schedules": Schedules, "adam": Adam,
        "costs": Costs,
    }  # fmt: skip

    @classmethod
    def load(cls, plan_path: str | Path, results_dir: str | Path) -> "Facts":
        """Read a finished study. Raises FileNotFoundError, naming the file, where one is lost."""
        folder = Path(results_dir)
        tables = {name: read_table(folder / "tables" / f"{name}.parquet") for name in TABLES}
        predictions = tables["predictions"]
        tables["predictions"] = predictions[predictions["part"] == "test"]
        documents = {
            "claims": read_sealed(folder / "claims.json", ["claims", "plateaus"]),
            "split": read_sealed(folder / "split.json", ["class_counts"]),
        }
        return cls(read_plan(plan_path), tables, documents, folder)
