# `make demo`, `make test` and `make docs` are all that a new computer needs: each makes .venv and installs into it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo
SUBJECTS ?= 60
# cpu: a build without CUDA if one is available; default: the build of the package index, on Linux with CUDA; or a
# backend by uv's name for it (cu130).
TORCH ?= cpu
# Processes of the tests; each uses one thread.
JOBS ?= $(shell $(PYTHON) -c "import os; print(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count())")
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1 \
    ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

QUICK := -m "not slow and not exhaustive and not orthanc and not slurm"

.PHONY: demo test coverage docs lint slow services exhaustive clean

# The stamp is newer than what decides the installation, or it is made again.
$(VENV)/installed: pyproject.toml constraints.txt scripts/install_torch.sh
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f'Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip -c constraints.txt
	sh scripts/install_torch.sh $(BIN)/python $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# What builds the documentation; it is installed with the first `make docs`.
$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/nbradiomics demo --out $(OUT) --subjects $(SUBJECTS)

test: $(VENV)/installed
	$(PYTEST) $(QUICK) --durations=15

# The same tests, and the lines that none of them runs. Measuring takes a third more time and decides no test.
coverage: $(VENV)/installed
	$(PYTEST) $(QUICK) --cov

# Whole studies, notebooks, trainings, killed runs: CI runs them as well.
slow: $(VENV)/installed
	$(PYTEST) -m "slow and not exhaustive and not orthanc and not slurm" --durations=15

# A real PACS (Orthanc) and a real scheduler (SLURM), started by the tests: Debian's orthanc, orthanc-dicomweb, slurm-wlm.
services: $(VENV)/installed
	$(ONE_THREAD) $(BIN)/python -m pytest -m "(orthanc or slurm) and not exhaustive" --durations=15

# Thousands of damaged files, killed runs and the like.
exhaustive: $(VENV)/installed
	$(PYTEST) -m exhaustive --durations=15

# One static site in site/, open site/index.html: nothing is executed, and a broken link is an error.
docs: $(VENV)/installed-docs
	$(BIN)/python -m scripts.assemble_site build/docs
	rm -rf site
	$(BIN)/zensical build --strict --clean
	$(BIN)/python -m scripts.check_site site

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
