# PYTHON creates the virtual environments; STACK is onedl (the default) or openmmlab.
PYTHON ?= python3
STACK ?= onedl
VENV_onedl := .venv
VENV_openmmlab := .venv-openmmlab
IN_VENV := $(VENV_$(STACK))/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs .python

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile
	@echo 'demo, test, lint and docs first set up what they need. PYTHON=python3.11 names the interpreter;'
	@echo 'STACK=openmmlab uses the official mm packages instead of the onedl ones.'

setup: .python ## create or complete the virtual environment (5 to 20 minutes; a second once it is there)
	@$(PYTHON) tools/setup_env.py $(STACK)

.python:
	@command -v $(PYTHON) > /dev/null || { echo 'error: $(PYTHON): no such command; install Python 3.10 or newer, or name one with PYTHON=...' >&2; exit 1; }

demo: setup ## train Faster R-CNN with an IC-ResNet on drawn data and show its mAP and pictures
	$(IN_VENV) tools/demo.py

test: setup ## run all tests
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(IN_VENV) -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

lint: setup ## check style and formatting with ruff
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check

docs: .venv-docs/complete ## build the site of the documentation in site/; needs 0.2 GB and no set-up
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo 'python3 -m http.server --directory site shows it at http://localhost:8000'

.venv-docs/complete: requirements/docs.txt | .python
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip install --quiet --requirement requirements/docs.txt
	touch $@
