"""A study being run: what is done, one run at a time, progress, schedulers."""
