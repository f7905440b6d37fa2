"""Which class answers for which section of the report."""

from fashionlab.adam_facts import AdamFacts
from fashionlab.confusion_facts import Confusions
from fashionlab.cost_facts import Costs
from fashionlab.generalisation_facts import Generalisation
from fashionlab.gradient_facts import Gradients
from fashionlab.learning_rate_facts import LearningRates
from fashionlab.limits_facts import Limits
from fashionlab.method_facts import Method
from fashionlab.network_facts import Networks
from fashionlab.plateau_facts import Plateaus
from fashionlab.scaling_facts import InputScaling
from fashionlab.schedule_facts import Schedules
from fashionlab.structure_facts import Structures
from fashionlab.verdict_facts import Verdicts
from fashionlab.weight_facts import Weights

# What each attribute of the facts is about; the report has a section for most of them.
SECTIONS = {
    "method": Method, "networks": Networks, "generalisation": Generalisation, "weights": Weights,
    "structures": Structures,
    "plateaus": Plateaus,
    "confusion": Confusions, "gradients": Gradients, "scaling": InputScaling,
    "rates": LearningRates, "schedules": Schedules, "adam": AdamFacts, "verdicts": Verdicts,
    "costs": Costs, "limits": Limits,
}  # fmt: skip
