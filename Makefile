# One command each. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
T      ?= tests
# Each process of the tests has a server and a founded office of its own; a file stays in one of them.
JOBS   ?= 3
# Bad text, SQL, two at once, one code many times (A03, A09, A13, D04): asked for on two releases of the database.
OLDER  := tests/api/test_bad_input.py tests/api/test_sql.py tests/people/test_forms.py tests/work/test_idempotency.py \
	tests/intake/test_portal_process.py tests/intake/test_submissions.py tests/portal tests/accounts/test_signing_in.py \
	tests/api/test_sign_in.py tests/api/test_security_keys.py

# What was compiled once is kept: else each of our processes compiles all of the program anew at its start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help env run test check format lint types contracts migration vectors lock words bench bench-starts bench-names bench-log bench-pages drills older browser \
	steal forge pictures assets image kills rotate

help: ## what each command does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/ready: requirements-dev.txt deploy/setup.sh
	@PYTHON="$(PYTHON)" sh deploy/setup.sh $(VENV)

env: $(VENV)/ready ## the virtual environment, from the hash-locked list

run: env ## database, keys, demonstration, server on http://localhost:8000
	@$(PY) -m app.cli run

steal: env ## hunt through the stolen database and files of the demonstration (WORDS="what you typed there")
	@$(PY) -m tests.trials.steal

forge: env ## on a copy of the demonstration, change in the log who looked; both verifiers must find it
	@$(PY) -m tests.trials.forge

test: env ## every test, on a real PostgreSQL (T=tests/crypto for a part, JOBS=3 at a time)
	@$(PY) -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(T)

check: env format lint types contracts test ## all that must hold before a commit

format:
	@$(PY) -m ruff format --check app tests migrations

lint:
	@$(PY) -m ruff check app tests migrations

types:
	@$(PY) -m mypy

contracts:
	@$(VENV)/bin/lint-imports

migration: env ## a new revision from the models (NAME="what changes")
	@$(PY) -m app.cli db revision "$(NAME)"

bench-starts: env ## how long make run takes, the first time and again
	@$(PY) -m tests.bench.starts

bench-names: env ## finding somebody again among up to a million people (PEOPLE=10000,100000)
	@$(PY) -m tests.bench.names

bench-log: env ## reading the log among up to a million entries (ENTRIES=10000,100000)
	@$(PY) -m tests.bench.reading

bench-pages: env ## how long the server takes for each kind of page of each role
	@$(PY) -m tests.bench.pages

drills: env ## the trials that are drawn, in the numbers of the threat model (ten minutes)
	@AMANA_DRILLS=1 $(PY) -m pytest -m drill --timeout 3600 $(T)

rotate: env ## every key of 10,000 cases drawn anew under readers, with 50 kills (CASES=2000 CUTS=50); an hour
	@CASES=$${CASES:-10000} CUTS=$${CUTS:-50} $(PY) -m pytest -s tests/keyholders/test_rotation.py

older: env ## what races and what is written, on PostgreSQL 16 (T=tests/work for a part)
	@AMANA_TEST_PG=16 $(PY) -m pytest $(if $(filter tests,$(T)),$(OLDER),$(T))

vectors: env ## regenerate the golden vectors; fails if one moved
	@$(PY) -m tests.vectors.make
	@$(PY) -m tests.audit.vectors

bench: env ## figures beside a bare server (tests/bench/README.md)
	@$(PY) -m tests.bench

browser: env ## every page in a real browser: open to everybody, light, quiet
	@sh deploy/browser.sh $(VENV)
	@AMANA_BROWSER=all $(PY) -m pytest tests/journeys/browser tests/journeys/hostile

pictures: env ## the same, and a dated set of pictures in build/pictures
	@sh deploy/browser.sh $(VENV)
	@AMANA_BROWSER=all AMANA_PICTURES="$(CURDIR)/build/pictures/$$(date -u +%Y-%m-%d)" $(PY) -m pytest \
		tests/journeys/browser/test_pages.py tests/journeys/browser/test_tour.py -k "open_to_everybody or newcomer"

assets: ## maintainers: build the stylesheets and scripts again (needs Node)
	@cd frontend && npm ci --ignore-scripts --silent && ./build.sh

image: env ## the container image, built by the engine at hand and asked what compose.yaml relies on (BASE, MORE)
	@sh deploy/image.sh

kills: env ## kill -9 of the programs and of PostgreSQL under work (ROUNDS=200, SEED to repeat)
	@$(PY) -m tests.faults

words: env ## maintainers: collect every sentence of the pages into the catalogues
	@$(PY) -m frontend.words

lock: ## maintainers: pin the dependencies again (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements-browser.in -o requirements-browser.txt
