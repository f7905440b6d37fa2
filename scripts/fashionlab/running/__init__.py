"""A study being run: what is done, one run at a time, progress, schedulers.

``study`` is the way to configuration and plan, for the rules and the programs alike. ``integrity``
and ``records`` look at what Snakemake cannot know; ``one_run`` has the locks, and ends what a dead
run has left; ``estimate`` and ``follow`` say how long it takes; ``gpus`` shares GPUs out; ``slurm``
mends Snakemake's plugin.
"""
