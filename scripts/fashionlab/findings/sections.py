"""Which class answers for which section of the report."""

from fashionlab.findings.adam import AdamFacts
from fashionlab.findings.confusion import Confusions
from fashionlab.findings.costs import Costs
from fashionlab.findings.generalisation import Generalisation
from fashionlab.findings.gradients import Gradients
from fashionlab.findings.input_scaling import InputScaling
from fashionlab.findings.learning_rates import LearningRates
from fashionlab.findings.limits import Limits
from fashionlab.findings.method import Method
from fashionlab.findings.networks import Networks
from fashionlab.findings.plateaus import Plateaus
from fashionlab.findings.schedules import Schedules
from fashionlab.findings.structures import Structures
from fashionlab.findings.verdicts import Verdicts
from fashionlab.findings.weights import Weights

# What each attribute of the facts is about; the report has a section for most of them.
SECTIONS = {
    "method": Method, "networks": Networks, "generalisation": Generalisation, "weights": Weights,
    "structures": Structures,
    "plateaus": Plateaus,
    "confusion": Confusions, "gradients": Gradients, "scaling": InputScaling,
    "rates": LearningRates, "schedules": Schedules, "adam": AdamFacts, "verdicts": Verdicts,
    "costs": Costs, "limits": Limits,
}  # fmt: skip
