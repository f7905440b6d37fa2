"""Snakemake started from a process that has imported it: two seconds less for each of many tests."""

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(  # it, and what it imports at every start
    ["snakemake.cli", "snakemake.report.html_reporter", "jsonschema", "smart_open"]
)


def run_snakemake(folder, arguments, environment, program=None):
    """Run `python -m snakemake`, or a program; return its exit status and its whole output."""
    with tempfile.NamedTemporaryFile() as output:
        words = (str(folder), list(arguments), dict(environment), output.name, program)
        process = SERVER.Process(target=_main, args=words)
        process.start()
        process.join()
        return process.exitcode, Path(output.name).read_text(encoding="utf-8", errors="replace")


def _main(folder, arguments, environment, output, program):
    from snakemake.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with open(output, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv[:] = ["snakemake", *arguments]
    if program:
        runpy.run_path(str(program), run_name="__main__")
    else:
        main(arguments)
