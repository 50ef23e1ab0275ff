# Two commands: "make demo" runs the main job on sample videos, "make test" passes the tests.
PYTHON ?= python3
VENV ?= .venv
INSTALLED := $(VENV)/.installed

# Of releases: what a user's installation consists of, and what is known against it (docs/releases.md).
RUNTIME := build/runtime
TOOLS := build/tools

.PHONY: demo test lint sbom audit clean

demo: $(INSTALLED)
	$(VENV)/bin/seqfer demo

test: $(INSTALLED)
	$(VENV)/bin/python -m pytest

lint: $(INSTALLED)
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/lint-imports && $(VENV)/bin/mypy

$(INSTALLED): pyproject.toml setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): some minutes the first time, seconds after that"
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(INSTALLED)

sbom: dist/seqfer.cdx.json

dist/seqfer.cdx.json: $(RUNTIME)/.installed $(TOOLS)/.installed
	mkdir -p dist
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
		--of JSON -o $@ $(RUNTIME)/bin/python

# --strict: where the data cannot be had, that is an error. (Parts of versions like +cpu are unknown to it.)
audit: $(RUNTIME)/.installed $(TOOLS)/.installed
	$(RUNTIME)/bin/python -c "from importlib.metadata import distributions as all; \
		print(*sorted(f'{d.name}=={d.version.partition(chr(43))[0]}' for d in all() if d.name != 'seqfer'), sep=chr(10))" \
		> build/runtime.txt
	$(TOOLS)/bin/pip-audit --strict --progress-spinner off --disable-pip --no-deps -r build/runtime.txt $(AUDIT)

$(RUNTIME)/.installed: pyproject.toml setup.cfg constraints.txt
	$(PYTHON) -m venv $(RUNTIME)
	$(RUNTIME)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(RUNTIME)/bin/python -m pip uninstall --quiet --yes pip setuptools  # not ours to list
	@touch $@

$(TOOLS)/.installed: Makefile
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-audit==2.10.1
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info seqfer-demo
