# The project's commands: `make` alone says what each does.
# Everything runs in .venv. Paths are relative, so that a folder with spaces in its name will do.

PYTHON ?= python3
PY := .venv/bin/python
# CPU=1 takes PyTorch without CUDA (on Linux a fifth of the download) from PyTorch's own index
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check --quiet \
	$(if $(CPU),--extra-index-url https://download.pytorch.org/whl/cpu)
WARMED := $(wildcard wgan_helpers/transport/*.py wgan_helpers/images/faces/*.py)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup lab test lint lowest html figures replication bench sync lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

setup: .venv/.warm ## what the others share: .venv, locked packages, kernel, compiled code, drawn faces

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
	  "Python 3.11 or newer is needed, and $(PYTHON) is not; try: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo \
	  "$(PYTHON) has no venv module; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.installed: .venv/.created requirements.lock pyproject.toml Makefile binder/overrides.json
	@echo "installing the locked packages into .venv: some minutes the first time"
	$(PIP_INSTALL) -c requirements.lock -e ".[lab,test,scale]"
	@# passive: PyTorch's threads that spin while they wait make a small operation 10 times slower on busy cores
	@# one arena: with one for each thread, memory that was freed in one is not used by another
	@$(PY) -m ipykernel install --sys-prefix --name python3 --display-name "Python 3 (ipykernel)" \
	  --env OMP_WAIT_POLICY PASSIVE --env MALLOC_ARENA_MAX 1 >/dev/null
	@# all cells stay in the page: where JupyterLab skips those out of sight, a busy page now and then stayed blank
	@mkdir -p .venv/share/jupyter/lab/settings && cp binder/overrides.json .venv/share/jupyter/lab/settings/
	@touch $@

.venv/.warm: .venv/.installed tools/warm.py $(WARMED)
	$(PY) tools/warm.py
	@touch $@

lab: setup ## open the course in JupyterLab; flags for it: make lab ARGS="--no-browser --port 9999"
	@$(PY) tools/sync.py
	$(PY) -m jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ARGS)

# $(call section,title,command): a heading, the command, how long it took
section = @printf '\n=== %s ===\n' '$(1)'; start=$$(date +%s); $(2) || { echo '=== $(1): FAILED ===' >&2; exit 1; }; \
	echo "=== $(1): $$(($$(date +%s) - start)) s ==="

# what fails in the browser gets a second try: on a crowded machine a page may answer later than any test waits
test: lint ## every check and every test
	$(call section,tests of the package and the project,OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 -m "not notebooks and not browser")
	$(call section,notebooks executed,$(PY) -m pytest -m notebooks)
	$(call section,notebooks in a browser,$(PY) -m pytest -m browser || $(PY) -m pytest -m browser --last-failed)

lint: setup ## style, types, layers, pairs
	$(call section,style,$(PY) -m ruff check . && $(PY) -m ruff format --check .)
	$(call section,types,$(PY) -m mypy)
	$(call section,layers,.venv/bin/lint-imports --no-logo)
	$(call section,pairs,$(PY) tools/sync.py --check)

lowest: setup ## test the package with the lowest versions that pyproject.toml allows
	$(call section,lowest versions,$(PY) tools/lowest.py)

html: setup ## the course as web pages in build/html, to be read without a kernel
	$(PY) tools/pages.py $(ARGS)

figures: setup ## run all notebooks and store their pictures; one of them: make figures NB=05
	$(PY) tools/figures.py $(NB) $(ARGS)

replication: setup ## measure every claim of the paper anew, and write REPLICATION.md; one: make replication ARGS="--only NAME"
	OMP_NUM_THREADS=1 $(PY) tools/replication.py $(ARGS)

.venv/.bench: .venv/.installed
	$(PIP_INSTALL) -c requirements.lock -e ".[bench]"
	@touch $@

bench: setup .venv/.bench ## side by side with what you would use instead
	@for script in benchmarks/[a-z]*.py; do $(PY) "$$script" $(ARGS) || exit 1; done

sync: setup ## bring notebooks and their text twins together; never loses an edit
	@$(PY) tools/sync.py $(ARGS)

lock: setup ## requirements.lock from pyproject.toml; newer versions: make lock ARGS=--upgrade
	$(PY) tools/lock.py $(ARGS)

clean: ## remove .venv and every cache
	rm -rf .venv .venv-lowest build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
