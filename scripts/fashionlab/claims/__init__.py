"""Verdicts on what chapters claim; none of it names a chapter or a claim.

In the order in which a claim goes through them: ``rows`` (what a chapter declares), ``quantities``
(what is measured of a variant), ``spread`` (how far seeds spread it, where there are few runs),
``comparisons`` (two variants, and the rules by which they are judged), ``judging`` (from the
comparisons to the verdicts on parts and claims), ``wording`` (the sentences), ``claims_json`` (the
file). ``plateaus`` is beside them: what the rule behind ``until: auto`` would have chosen.
"""
