"""From the chapters to HTML and PDF, in this order.

``sections`` fills in the chapters' templates, with the pieces that ``blocks`` makes, to one text in
Markdown; ``build`` has pandoc make a tree of it, which ``document`` numbers and links, and
``html_output`` (with ``svg``) and ``typst_output`` make ready; ``build`` writes both.
"""
