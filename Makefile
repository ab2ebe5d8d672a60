# One place for what can be done here; `make` alone tells it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python that is new enough; `make PYTHON=...` overrules.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$each; break; }; done)
VENV_BIN := .local/venv/bin
STAGE ?= prod
# Engines are heavy and most tests are not: two workers. Which tests one of them runs together is
# said by tests/together.py.
PYTEST_OPTIONS ?= -n 2 --dist loadscope

# Another one in each run, to find what depends on the order of sets, but the same in both workers,
# which must collect the same tests. `make test PYTHONHASHSEED=n` repeats a run.
PYTHONHASHSEED ?= $(shell echo $$RANDOM)
PYTHONHASHSEED := $(PYTHONHASHSEED)

export ONCE ZIP RESELLER REGISTRY PYTHONHASHSEED
export PYTHONPATH := $(CURDIR)

.PHONY: help setup python run test check bench sweep package

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1|/' \
		| awk -F'|' '{ printf "make %-9s %s\n", $$1, $$2 }'

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none was found:" \
		"install one, or name it with make PYTHON=..." >&2; exit 1; }

setup: python ## everything into .local/: packages, DynamoDB Local, official schemas
	@$(PYTHON) infra/setup.py test

run: python ## the whole system on this machine (ONCE=1 ends when done; ZIP=file RESELLER=name REGISTRY=file)
	@$(PYTHON) infra/setup.py run
	@$(VENV_BIN)/python -m infra.local.run

test: setup ## all tests (PYTEST_OPTIONS='-k name' for some)
	@echo "PYTHONHASHSEED=$(PYTHONHASHSEED)"
	$(VENV_BIN)/python -m pytest $(PYTEST_OPTIONS)

check: setup ## style, types and the rules of who may import whom
	$(VENV_BIN)/ruff check .
	$(VENV_BIN)/ruff format --check .
	$(VENV_BIN)/mypy
	$(VENV_BIN)/lint-imports

sweep: setup ## every crash point, more stories (make test: all of the journey, a fifth of the others)
	@SWEEP_EVERY=1 CREDIT_EXAMPLES=1000 MONEY_EXAMPLES=50 ORDERS=4 $(VENV_BIN)/python -m pytest \
		$(PYTEST_OPTIONS) tests/sweep tests/credits/test_stories.py tests/entry/test_money.py \
		tests/whole/test_misbehaviour.py

bench: setup ## how fast it is, against the promised figures
	@$(VENV_BIN)/python -m infra.bench

package: setup ## the CloudFormation package of a stage (STAGE=prod)
	@$(VENV_BIN)/python infra/package.py --stage $(STAGE)
