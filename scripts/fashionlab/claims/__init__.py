"""Claims as rows of what is compared (`claims.comparisons`), and their verdicts."""
