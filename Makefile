# Linli: everything starts here. `make demo` shows it, `make test` proves it.
SHELL := /bin/bash
PYTHON ?=
export PYTHON
# Packages are installed without byte code and keep it from their first use: every later process starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo serve test check format clean venv

help:
	@echo "make demo    install everything, load the demo, live through a day, serve it at http://127.0.0.1:8000"
	@echo "make serve   serve what is in ./.linli (or LINLI_DATA_DIR)"
	@echo "make test    install everything, run every test"
	@echo "make check   lint, types, borders between rooms, translations, migrations"
	@echo "make format  put the code into its form"
	@echo "make clean   remove what can be made again; data in ./.linli stay"

venv:
	@scripts/venv

demo: venv
	@.venv/bin/linli demo

serve: venv
	@.venv/bin/linli serve

# Two processes, each with its own copy of a migrated database; a module's tests stay together.
test: venv
	@.venv/bin/python -m pytest -n $${LINLI_TEST_PROCESSES:-2} --dist loadscope --no-loadscope-reorder $(ARGS)

check: venv
	@scripts/check

format: venv
	@.venv/bin/ruff check --fix-only -q . ; .venv/bin/ruff format -q .

clean:
	@rm -rf .venv linli/web/islands/node_modules linli/web/static/web/built .linli/test .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find linli tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Data in ./.linli were kept; to begin anew, delete that folder yourself."
