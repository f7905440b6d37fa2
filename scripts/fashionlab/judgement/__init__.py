"""The verdicts on the claims: measures, tests and rules."""
