# Python Backend Architecture: the commands to remember.

PYTHON_IN_VENV := .venv/bin/python
READY := .venv/.ready
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help serve shop decide test soak fuzz mutants bench check build lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

serve: $(READY) ## Serve the site on http://127.0.0.1:8000/ with live reload (PORT=8001 for another port)
	@$(PYTHON_IN_VENV) -m guide.site serve --port $(PORT)

shop: PORT = 8080
shop: $(READY) ## Run the reference service on http://127.0.0.1:8080/ with PostgreSQL, NATS and a payment provider
	@$(PYTHON_IN_VENV) -m servers.shop --port $(PORT)

test: $(READY) ## Run every test on real servers and write build/evidence.json (TOPIC=event_driven: that topic's alone, no report)
ifdef TOPIC
	@$(PYTHON_IN_VENV) -m pytest -q --numprocesses=logical --dist=worksteal \
		-k "$(TOPIC) or $(subst _,-,$(TOPIC))" tests/snippets/$(TOPIC) tests/pages
else
	@mkdir -p build
	@$(PYTHON_IN_VENV) -m pytest -q --numprocesses=logical --dist=worksteal \
		--cov --cov-context=test --cov-report= \
		-p guide.evidence.plugin --evidence=build/evidence.json
endif

soak: RUNS ?= 10
soak: $(READY) ## Repeat the suite in random order, idle and beside busy processes (PYTHONS="3.11 3.13" SEED=1 LOWEST=1 TESTS=tests/shop)
	@$(PYTHON_IN_VENV) -m tests.soak --runs $(RUNS) --pythons "$(PYTHONS)" \
		$(if $(SEED),--seed $(SEED)) $(if $(LOWEST),--lowest) -- $(TESTS)

fuzz: EXAMPLES ?= 330
fuzz: $(READY) ## Let Schemathesis send some ten thousand requests to the assembled API (EXAMPLES=330 for each operation)
	@EXAMPLES=$(EXAMPLES) $(PYTHON_IN_VENV) -m pytest -q -s \
		-k schemathesis tests/snippets/api_design/test_assembled_api.py

mutants: JOBS = 2
mutants: $(READY) ## Change what pages show and see that a test fails (TOPIC=event_driven, MODULE=event_driven.inbox, JOBS=2)
	@nice -n 10 $(PYTHON_IN_VENV) -m tests.mutation --topic "$(TOPIC)" --module "$(MODULE)" --jobs $(JOBS)

bench: ROUNDS = 20
bench: $(READY) ## Measure alternatives in turn and record them for the pages, on an idle machine (BENCH="keyset n-plus-one" ROUNDS=5)
	@$(PYTHON_IN_VENV) -m tests.bench --rounds $(ROUNDS) $(BENCH)

check: $(READY) ## Lint, types, import contracts, spelling, orphans, workflows, strict build
	@$(PYTHON_IN_VENV) -m ruff check
	@$(PYTHON_IN_VENV) -m ruff format --check
	@$(PYTHON_IN_VENV) -m mypy
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/typos
	@.venv/bin/shellcheck .ci/run guide/setup.sh snippets/project_structure/workspace/setup.sh
	@.venv/bin/zizmor --offline --quiet .github
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(PYTHON_IN_VENV) -m guide.checks
	@$(PYTHON_IN_VENV) -m guide.site build --to build/check
	@$(PYTHON_IN_VENV) -m guide.site zensical build/check

build: $(READY) ## Build site/; runs the tests first when their evidence is missing or stale
	@$(PYTHON_IN_VENV) -m guide.evidence || $(MAKE) test
	@$(PYTHON_IN_VENV) -m guide.site build
	@echo "The site is in site/."

decide: $(READY) ## Answer five questions about a feature; prints what to build
	@$(PYTHON_IN_VENV) -m guide.decide

lock: $(READY) ## Resolve requirements.lock anew from pyproject.toml
	@$$(command -v uv || echo .uv/bin/uv) pip compile --quiet --universal --upgrade \
		--generate-hashes --no-header --python-version 3.11 --group test --group site --group check \
		--output-file requirements.lock pyproject.toml

clean: ## Remove everything that make created
	@rm -rf .venv .uv build site

$(READY): requirements.lock guide/setup.sh
	@sh guide/setup.sh
