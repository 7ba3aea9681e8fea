# `make book` and `make test` are all that a newcomer needs; `make help` lists the rest.
PROFILE ?= laptop
CORES ?= all
PYTHON ?= python3
SEED ?= 0
# the conda environment of environment.yml where it is active, by its name or, under another, by the
# project that it installs; else one of our own
INSTALLED := $(if $(CONDA_PREFIX),$(wildcard $(CONDA_PREFIX)/lib/python3*/site-packages/shalelib-*.dist-info))
VENV := $(if $(or $(filter shalelib,$(CONDA_DEFAULT_ENV)),$(INSTALLED)),$(CONDA_PREFIX),.venv)
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# kept together at the end: a record that is written changes the checkout that the next one names
MEASURED = results/bench
PIPELINE = $(BIN)/python workflow/pipeline.py $(PROFILE) --cores $(CORES) $(if $(RETRAIN),--retrain) $(if $(ALL),--all)

.DEFAULT_GOAL := help
.PHONY: help setup book test test-smoke test-pytest test-nbval test-slow test-wheel mutants test-kill test-slurm lint bench fit replicates references release publish picture lock clean distclean

help:  ## list the targets
	@echo "shalelib: usage: make TARGET [PROFILE=smoke|laptop|gpu|paper] [RETRAIN=1] [ALL=1]"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP)  ## create .venv from the locked requirements (book and test do it themselves)
	@$(BIN)/python workflow/link_checkout.py  # again, where the checkout was copied or renamed

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "requirements.lock covers Python 3.11 to 3.13; name one with make PYTHON=python3.12"; exit 1; }
	@echo "Set-up: about 2 minutes. pip downloads about 0.6 GB (3 GB where torch comes with CUDA)."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --progress-bar on --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --progress-bar on torch==2.13.0
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python workflow/link_checkout.py
	@touch $@

book: $(STAMP)  ## run the notebooks and build the HTML book
	@echo "The plan comes first. Stop it when you like; make book goes on from what was finished."
	@$(PIPELINE)
	@echo "The book: file://$(CURDIR)/results/$(PROFILE)/book/_build/html/index.html"

test: $(STAMP)  ## lint, the smoke pipeline, pytest and nbval, each whatever became of the others
	@echo "Tests: about 20 minutes on two cores; no downloads but 12 MB of images."
	@failed=; for part in lint test-smoke test-pytest test-nbval; do \
		$(MAKE) --no-print-directory $$part || failed="$$failed $$part"; done; \
	[ -z "$$failed" ] || { echo "failed:$$failed (each is a target of make)"; exit 1; }

test-smoke: $(STAMP)
	@$(MAKE) --no-print-directory book PROFILE=smoke RETRAIN=

test-pytest: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder -m "not slow"

test-nbval: $(STAMP)  # on the results of the smoke book
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 2 --dist loadfile \
		--override-ini addopts= --nbval-lax --nbval-current-env \
		--nbval-cell-timeout 300 $$($(BIN)/python workflow/make_references.py --list)

test-slow: $(STAMP)  ## the tests that take minutes each
	$(BIN)/python -m pytest -m slow

test-wheel: $(STAMP)  ## the wheel alone, in new environments: oldest Python and versions, newest ones
	$(BIN)/python workflow/wheel_job.py

mutants: export PYTHONPATH := $(CURDIR):$(CURDIR)/tests:$(CURDIR)/workflow
mutants: $(STAMP)  ## plant faults and see that the tests notice; an hour, stop and go on; SEED=1 for others
	OMP_NUM_THREADS=1 $(BIN)/python -m mutants --seed $(SEED)

test-kill: $(STAMP)  ## kill the smoke pipeline twenty times; about half an hour
	SHALELIB_TEST_KILL=1 $(BIN)/python -m pytest tests/test_kill.py

test-slurm: $(STAMP)  ## run the smoke pipeline on a Slurm of one node; as root, with slurm-wlm and munge
	SHALELIB_TEST_SLURM=1 $(BIN)/python -m pytest tests/cluster -s

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: export PYTHONPATH := $(CURDIR)
bench: $(STAMP)  ## measure speed on a quiet machine, half an hour; PEER=python with lbmpy, poromics and porespy, AUTHORS=checkout of TXM2SEM to compare
	@mkdir -p $(MEASURED)
	$(BIN)/python bench/phantom.py --write $(MEASURED)/phantom.json
	$(BIN)/python bench/segmentation.py --write $(MEASURED)/segmentation.json
	$(BIN)/python bench/regulariser.py --write $(MEASURED)/regulariser.json
	$(BIN)/python bench/training.py $(if $(AUTHORS),--peer $(AUTHORS)) --write $(MEASURED)/training.json
	$(BIN)/python bench/flow_kernels.py $(if $(PEER),--peer $(PEER)) --write $(MEASURED)/flow_kernels.json
	$(BIN)/python bench/flow_solve.py --phantom laptop --slip --write $(MEASURED)/flow_phantom.json
	$(BIN)/python bench/flow_solve.py --write $(MEASURED)/flow_medium.json
	$(BIN)/python bench/flow_solve.py --size 256 --porosity 0.2 --methods network --seconds 1800 --write $(MEASURED)/flow_large.json
	$(BIN)/python bench/flow_busy.py --write $(MEASURED)/flow_busy.json
	$(BIN)/python bench/flow_solve.py --sizes 64 128 256 --write $(MEASURED)/flow_scaling.json
	$(BIN)/python bench/thickness.py $(if $(PEER),--peer $(PEER)) --write $(MEASURED)/thickness.json
	$(if $(PEER),$(BIN)/python bench/flow_peers.py --peer $(PEER) --write $(MEASURED)/flow_peers.json)
	@cp $(MEASURED)/*.json data/reference/bench/
	@rm -r $(MEASURED)

fit: $(STAMP)  ## measure and fit the digital shale against the real patches; about an hour
	$(BIN)/python workflow/fit_phantom.py

replicates: $(STAMP)  ## train every row again, other seeds and folds; stop and go on at any time
	@echo "A day at profile laptop. Ctrl-C stops; the rows that most claims are about come first, and what is finished counts."
	@$(PIPELINE) --target replicates

references: $(STAMP)  ## make the committed reference notebooks of tests/notebooks anew
	$(BIN)/python workflow/make_references.py

release: $(STAMP)  ## after make book: put site, results, generators, metadata and hashes into one archive in dist/
	$(BIN)/python workflow/release.py $(PROFILE)

publish: $(STAMP)  ## after a change of the addresses in pyproject.toml: CITATION.cff and .github/
	$(BIN)/python workflow/publish.py

picture: $(STAMP)  ## take the picture of the README from the executed notebooks
	$(BIN)/python workflow/picture.py results/$(PROFILE)/vaca-muerta-patches/seed0/07_images.ipynb

lock: $(STAMP)  ## write requirements.lock anew
	$(BIN)/python workflow/lock.py

clean:  ## remove results and the built book
	rm -rf results .snakemake

distclean: clean  ## remove the environment too
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache shalelib.egg-info
