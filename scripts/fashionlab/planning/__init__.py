"""From a checked configuration to the trainings and figures of a study."""
