"""From a checked configuration to the trainings of a study.

``notation`` reads the line of a network; ``plan`` makes the plan, with all that each training is
computed from; ``planned`` answers what is asked of a plan that is made, or read back.
"""
