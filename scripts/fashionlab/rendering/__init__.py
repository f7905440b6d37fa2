"""From the sections of the report to HTML and PDF."""
