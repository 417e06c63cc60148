# Everything a developer needs, from a machine with Python 3.11 or newer and make.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo demo-reset test hunt fire lint bench fmt shell messages

BIN := .venv/bin
PYTHON := $(BIN)/python
SYNCED := .venv/.synced
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)
READY := $(SYNCED) $(COMPILED)

help: ## Show this help
	@echo 'Usage: make TARGET'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Without DATABASE_URL and REDIS_URL an embedded PostgreSQL and Valkey run under var/;'
	@echo 'set them to use your own servers: make demo DATABASE_URL=postgresql://... REDIS_URL=redis://...'

demo: $(READY) ## Start the whole product with a demo company; prints the address and the logins
	@exec $(PYTHON) -m config.demo

demo-reset: $(READY) ## Delete all demo data and create them anew (CONFIRM=1 on servers of your own)
	@exec $(PYTHON) -m config.demo --reset

test: $(READY) ## Run the tests in parallel; ARGS="tests/core -k name" runs some
	@CHROMIUM=$$($(PYTHON) -m tools.chromium) && export CHROMIUM && exec $(BIN)/pytest -n auto $(ARGS)

hunt: $(READY) ## Look for a sale that goes wrong, for MINUTES=10; prints the steps done
	@ONEPOOL_HUNT=1 exec $(BIN)/pytest -n auto -rP tests/channels/reservations/test_property_reservations.py $(ARGS)

fire: $(READY) ## Sell with 32 clients while parts are killed, a minute for each part; SECONDS=10 is shorter
	@exec env ONEPOOL_FIRE_SECONDS=$(or $(SECONDS),60) $(BIN)/pytest -s tests/channels/reservations/test_fire.py $(ARGS)

lint: $(READY) ## Check style, types, imports between layers, migrations and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m tools.lint_migrations
	$(PYTHON) -m tools.check_messages

bench: $(READY) ## Measure speed against references; ROWS="publish movements" measures some, SMOKE=1 runs tiny sizes
	@exec $(PYTHON) -m benchmarks $(if $(SMOKE),--smoke) $(ROWS)

fmt: $(READY) ## Format the code and fix what can be fixed by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

shell: $(READY) ## Open a Python shell with the product loaded
	@exec $(PYTHON) manage.py shell

messages: $(READY) ## Collect the sentences to translate into locale/ (needs gettext)
	$(PYTHON) -m tools.make_messages

$(SYNCED): uv.lock pyproject.toml tools/bootstrap.sh
	@sh tools/bootstrap.sh
	@touch $@

%.mo: %.po tools/compile_messages.py | $(SYNCED)
	@$(PYTHON) -m tools.compile_messages $<
