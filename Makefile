# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Thin on purpose: each target is one command of tests/ or of the field's own tools.
PYTHON ?= python3
BIN := build/venv/bin
COLLECTIONS := build/collections
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(COLLECTIONS)"
LAB := PYTHONPATH=tests $(BIN)/python -m lab
# So many processes run the tests; of the end-to-end ones each has a lab of its own, which takes 2 GB of memory.
WORKERS ?= 2
PYTEST := $(RUN) $(BIN)/python -m pytest --durations=10 -n $(WORKERS)

.PHONY: help demo demo-update test lint unit integration sweep kills bench lab clean venv
help:
	@echo 'make demo   move region sydney of a lab from envproxy to a satellite, on real Kubernetes'
	@echo 'make demo-update   the whole way of a site instead: main deployment 1.20 to 1.22.3, built-in provider, region and satellite'
	@echo 'make test   every check: lint, unit tests, end-to-end tests on Kubernetes 1.21 and on a current release (WORKERS=1: one'
	@echo '            after the other on one lab of 2 GB, in place of two beside each other)'
	@echo 'make lint   ruff, ansible-lint, antsibull-docs, antsibull-changelog, REUSE, ansible-test sanity'
	@echo 'make unit   the unit tests'
	@echo 'make sweep  hours: everything that could lead around a consent (SWEEP="--every 50" for a part of it, --help for more)'
	@echo 'make kills  an hour, a part of make sweep: what changes the main deployment killed after each of its writes'
	@echo 'make bench  hours: what the work costs, beside the same by hand and by plain tasks (BENCH="--runs 1", --help for more)'
	@echo 'make lab    leave a lab running and say how to use it by hand'
	@echo 'make clean  end every lab of this folder and remove what was built in it'

demo: venv
	@PYTHONPATH=tests $(BIN)/python tests/demo.py

demo-update: venv
	@PYTHONPATH=tests $(BIN)/python tests/demo.py update

test: lint unit integration

lint: venv
	@echo '[lint] ruff'; $(BIN)/ruff check --quiet && $(BIN)/ruff format --diff --quiet
	@echo '[lint] ansible-lint'; $(RUN) $(BIN)/ansible-lint --offline -q
	@echo '[lint] antsibull-docs'; $(RUN) $(BIN)/antsibull-docs lint-collection-docs --plugin-docs \
	  --validate-collection-refs=dependent .
	@echo '[lint] antsibull-changelog'; $(BIN)/antsibull-changelog lint
	@echo '[lint] REUSE'; $(BIN)/reuse lint --quiet || $(BIN)/reuse lint
	@echo '[lint] ansible-test sanity'; $(BIN)/python tests/ansible_test_sanity.py build/sanity

unit: venv
	@$(PYTEST) tests/unit -q

# On Kubernetes 1.21 and, in part, on a current one: tests/integration/conftest.py says what runs where.
integration: venv
	@$(PYTEST) tests/integration -v

sweep: venv
	@$(RUN) PYTHONPATH=tests:tests/integration:$(COLLECTIONS) $(BIN)/python -m sweep $(SWEEP)
	@[ -n "$(SWEEP)" ] || $(MAKE) --no-print-directory kills

kills: venv
	@$(RUN) $(BIN)/python -m pytest tests/integration/test_update_kill.py tests/integration/test_database_kill.py tests/integration/test_restore.py --every-write -v -s

bench: build/bench/.packages
	@$(RUN) PYTHONPATH=tests:tests/integration:$(COLLECTIONS) $(BIN)/python -m bench $(BENCH)

# What only the bench needs: `make test` gets no slower for it.
build/bench/.packages: tests/bench/requirements.txt build/venv/.complete
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@mkdir -p $(@D) && touch $@

lab: venv
	@$(LAB) up

venv: build/venv/.complete
build/venv/.complete: tests/requirements.txt requirements.txt tests/setup_environment.py
	@$(PYTHON) tests/setup_environment.py build/venv $(COLLECTIONS)
	@touch $@

clean:
	@if [ -x $(BIN)/python ]; then for state in build/lab* build/bench*/lab; do [ ! -d "$$state" ] || $(LAB) down --state "$$state"; done; fi
	@rm -rf build
