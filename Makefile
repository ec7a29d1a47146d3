# Copyright: (c) 2026, coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Thin on purpose: each target is one command of tests/ or of the field's own tools.
PYTHON ?= python3
VENV := build/venv
COLLECTIONS := build/collections
LAB := PYTHONPATH=tests $(VENV)/bin/python -m lab

.PHONY: help venv lab clean
help:
	@echo 'make demo   move region sydney of a lab from envproxy to a satellite, on real Kubernetes'
	@echo 'make test   every check: lint, unit tests, end-to-end tests on the lab'
	@echo 'make lint   ansible-test sanity, ansible-lint, antsibull-docs, antsibull-changelog, REUSE, ruff'
	@echo 'make lab    leave a lab running and say how to use it by hand'
	@echo 'make clean  end the lab and remove all that was built in this folder'

venv: $(VENV)/.complete
$(VENV)/.complete: tests/requirements.txt requirements.txt tests/setup_environment.py
	@$(PYTHON) tests/setup_environment.py $(VENV) $(COLLECTIONS)
	@touch $@

lab: venv
	@$(LAB) up

clean:
	@if [ -x $(VENV)/bin/python ]; then $(LAB) down; fi
	@rm -rf build
