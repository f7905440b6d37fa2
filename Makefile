# Every target sets up what it needs first. `make help` lists them.
PYTHON ?= python3
quoted = '$(subst ','\'',$(1))'
preset = --configfile=workflow/presets/$(1).yaml
MINE := $(if $(CONFIGFILE),--configfile=$(call quoted,$(CONFIGFILE)))
WITH := $(if $(PRESET),$(call preset,$(call quoted,$(PRESET)))) $(MINE)
BIN := .venv/bin
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help report demo tiny train test test-clusters test-all coverage faults audit plan verify prune crate docs dag lint format lock bench bench-gpu bench-clusters clean setup setup-dev

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-16s%s\n", $$1, $$2}'
	@echo "ARGS='...' are further options of a target's program: make report ARGS='--cores 2 --dry-run'"
	@echo "CONFIGFILE=mine.yaml is merged over config.yaml, and over a preset"
	@echo "PRESET=three_runs (paper, handout, quick, tiny) is one of workflow/presets: make plan PRESET=tiny"

report: setup  ## The whole study: data, trainings, figures, report
	@$(BIN)/python scripts/run_study.py $(WITH) $(ARGS)

demo: setup  ## The same on a tenth of the data, in minutes: results/quick/report/
	@$(BIN)/python scripts/run_study.py $(call preset,quick) $(MINE) $(ARGS)

tiny: setup  ## The same on 1,200 images, as the tests do: results/tiny/report/
	@$(BIN)/python scripts/run_study.py $(call preset,tiny) $(MINE) $(ARGS)

train: setup  ## One training, and a plot of its curves: make train RUN=generalisation/cnn4/run1
	@: $(if $(RUN),,$(error which training? make train RUN=generalisation/cnn4/run1 (make plan lists them)))
	@$(BIN)/python scripts/run_study.py --training $(call quoted,$(RUN)) $(WITH) $(ARGS)

test: setup-dev  ## Set up and run the test suite
	@$(BIN)/python tests/get_browser.py
	$(BIN)/python -m pytest -n auto

test-clusters: setup-dev  ## The profiles on a real Slurm and Grid Engine (tests/cluster)
	$(BIN)/python -m pytest --slow -rs -v tests/cluster

test-all: setup-dev  ## The suite with its slow part
	$(BIN)/python -m pytest -n auto --slow

coverage: setup-dev  ## The suite, and how much of the package it runs, jobs of the workflow included
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

faults: setup-dev  ## Everything that can go wrong, tried: docs/faults.md
	$(BIN)/python -m pytest -n auto --slow tests/faults --junitxml=results/faults.xml; status=$$?; \
	  $(BIN)/python tests/faults/write_table.py results/faults.xml docs/faults.md; exit $$status

audit: setup-dev  ## Look for known advisories on the locked packages (needs a network)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r envs/requirements.txt -r envs/requirements-dev.txt

plan: setup  ## What the study would train, how long that takes, and what is done
	@$(BIN)/python scripts/show_plan.py $(WITH) $(ARGS)

verify: setup  ## Compare a study's results with the published ones: make verify PRESET=tiny
	@$(BIN)/python scripts/verify_results.py $(WITH) $(ARGS)

prune: setup  ## List results that left the configuration, and delete them after a yes
	@$(BIN)/python scripts/prune_results.py $(WITH) $(ARGS)

crate: setup  ## One archive of the finished study, for Zenodo or WorkflowHub: results.crate.zip
	@$(BIN)/python scripts/make_crate.py $(WITH) $(ARGS)

docs: setup  ## Reference of config.yaml from its schema: docs/configuration.md
	@$(BIN)/python scripts/describe_configuration.py

dag: setup  ## The rules and what they depend on, as GitHub draws it: docs/rules.md
	@graph=$$($(BIN)/python -m snakemake report --rulegraph mermaid-js 2>/dev/null) \
	  && printf '%s\n' '# The rules' '' 'Made by `make dag`; a test fails when it is of other rules.' '' \
	    '```mermaid' "$$graph" '```' > docs/rules.md && echo docs/rules.md

lint: setup-dev  ## Check style, types, spelling and rules
	$(BIN)/ruff check scripts tests report
	$(BIN)/ruff format --check scripts tests report
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python -m snakemake --lint

format: setup-dev  ## Put Python and Snakemake files into their format
	$(BIN)/ruff check --fix-only --quiet scripts tests report
	$(BIN)/ruff format scripts tests report
	$(BIN)/snakefmt Snakefile workflow

lock:  ## Write the pinned and hashed lock files anew (needs uv)
	for name in requirements requirements-dev; do uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-strip-extras \
	  --custom-compile-command "make lock" -o envs/$$name.txt envs/$$name.in; done

bench: setup-dev  ## How fast: the plain way against the engine, interleaved; how the plan scales
	$(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python tests/benchmarks/scale.py

bench-gpu: setup-dev  ## How fast on a GPU, and how many trainings should share it (tests/gpu)
	$(BIN)/python tests/gpu/test_gpu.py --seconds 240; $(BIN)/python tests/gpu/bench_gpu.py --seconds 350

bench-clusters: setup-dev  ## What Slurm adds to a training (root; tests/cluster/install_schedulers.sh)
	$(BIN)/python tests/cluster/overhead.py

clean:  ## Delete results/ and .snakemake/ after a yes; keeps data and environment
	@read -rp "Delete results/ and .snakemake/, $$(du -shc results .snakemake 2>/dev/null | tail -1 | cut -f1)? [y/N] " answer; \
	  if [[ "$$answer" =~ ^[yY](es)?$$ ]]; then rm -rf results .snakemake; echo "Deleted."; \
	  else echo "Nothing was deleted."; fi

setup: $(BIN)/snakemake  ## Install what the study needs into .venv
setup-dev: .venv/requirements-dev.done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/requirements.done: envs/requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.txt
	@touch $@

# In the place of the one that pip installs, which does not know all that people type.
$(BIN)/snakemake: envs/snakemake .venv/requirements.done
	@install -m 755 envs/snakemake $@

.venv/requirements-dev.done: envs/requirements-dev.txt $(BIN)/snakemake
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements-dev.txt
	@touch $@
