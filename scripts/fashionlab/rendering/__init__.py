"""From the chapters to HTML and PDF, in this order.

``markdown`` fills in the chapters' templates and makes one text of them; ``build`` has pandoc make
a tree of it, which ``document`` numbers and links, and ``html_output`` (with ``svg``) and
``typst_output`` make ready; ``build`` writes both.
"""
