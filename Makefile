# Everything that a developer does here. Needs make and a Python 3.11 or newer with pip (or uv); no sudo.
#
#   make setup      a virtual environment with Suture (editable) and the tools
#   make check      ruff, mypy, import contracts
#   make test       the tests, on JOBS processes
#   make property   the orchestrator's property tests, many more and larger graphs than `make test` plays
#   make fault      kills a real encode FAULT_ROUNDS times and goes on with it, then runs the tests of tests/fault
#   make exact      the proof suite: films of every kind and all of MEDIA, cut at odd places, compared frame by frame;
#                   writes docs/exactness.md (EXACT_ARGS="--resume" goes on with it, "--only TEXT" tries some again)
#   make demo       makes a small film, encodes it, compares every frame, time and stream
#   make bench      the measurements of docs/measurements.md, on MEDIA where that exists, else on the demo's film;
#                   with each of FFMPEGS (paths), or with the ffmpeg that pip brings; then `make speed`
#   make speed      Suture beside plain ffmpeg, the naive way and, where installed, HandBrake and Av1an, BENCH_RUNS runs of
#                   each of BENCH_ENCODERS in turn; a small clip; a long film; many cores, simulated. Hours, on a quiet
#                   machine (BENCH_ARGS="--seconds 15" shortens it)
#   make clean      removes what the above made

PYTHON ?= python3
VENV ?= .venv
# One more than the cores of a small machine: some tests wait for what they have started.
JOBS ?= 3
MEDIA ?= ../shared/media
FFMPEGS ?=
SUTURE_PROPERTY_EXAMPLES ?= 2000
FAULT_ROUNDS ?= 216
EXACT_ARGS ?=
BENCH_RUNS ?= 5
BENCH_ENCODERS ?= x264 x265 svtav1 vp9
BENCH_ARGS ?=
SUTURE_PROPERTY_TASKS ?= 300

BIN := $(VENV)/bin
RUN := $(BIN)/python
READY := $(VENV)/.suture-ready
CACHES := .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
FILMS := $(if $(wildcard $(MEDIA)),$(MEDIA),demo)
SHORT := $(or $(wildcard $(MEDIA)/structure),demo)
EXACT := $(RUN) -m bench.exact_all $(foreach path,$(FFMPEGS),--ffmpeg $(path))
PROOF := $(RUN) -m bench.exact -j $(JOBS) $(foreach path,$(FFMPEGS),--ffmpeg $(path)) \
  $(foreach folder,$(wildcard $(MEDIA)/structure $(MEDIA)/broken $(MEDIA)/long),--media $(folder))
SPEED_FILMS := $(or $(wildcard $(addprefix $(MEDIA)/long/,Caminandes3_1080p24_60s.mp4 BigBuckBunny_1080p25_5.1_60s.ts \
  OpenShot__libopenshot__sintel_trailer-720p.mp4)),demo/film.mkv)
WITH := $(addprefix --ffmpeg ,$(firstword $(FFMPEGS)))

.PHONY: setup check format test property fault exact demo bench speed clean
.DELETE_ON_ERROR:

setup: $(READY)

$(READY): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python '$(PYTHON)' '$(VENV)' \
	  && uv pip install --quiet --python '$(BIN)/python' --group dev --editable .; \
	else \
	  { '$(PYTHON)' -m venv '$(VENV)' >/dev/null 2>&1 \
	    || { '$(PYTHON)' -m venv --clear --without-pip '$(VENV)' && '$(PYTHON)' -m pip --quiet --python '$(BIN)/python' install pip; }; } \
	  && '$(RUN)' -m pip install --quiet --upgrade 'pip>=25.1' \
	  && '$(RUN)' -m pip install --quiet --group dev --editable .; \
	fi
	@touch '$@'
	@echo "ready: $(BIN)/suture"

check: setup
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(BIN)/lint-imports

format: setup
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

test: setup
	$(RUN) -m pytest -n $(JOBS) $(PYTEST_ARGS)

property: setup
	SUTURE_PROPERTY_EXAMPLES=$(SUTURE_PROPERTY_EXAMPLES) SUTURE_PROPERTY_TASKS=$(SUTURE_PROPERTY_TASKS) \
	  $(RUN) -m pytest -n $(JOBS) tests/unit/orchestrator/test_properties.py $(PYTEST_ARGS)

fault: setup
	$(RUN) -m bench.kills --rounds $(FAULT_ROUNDS) --jobs $(JOBS)
	$(RUN) -m pytest -n $(JOBS) tests/fault $(PYTEST_ARGS)

# A page about some of the cases would pass for one about all.
exact: setup
	$(PROOF) $(EXACT_ARGS) $(if $(filter --only% --part% --kind%,$(EXACT_ARGS)),,--write docs/exactness.md)

demo: setup
	@$(RUN) -m bench.demo

demo/film.mkv: | setup
	@$(RUN) -m bench.film $@

# Each runs to its end, also when one finds something.
bench: setup
	-$(RUN) -m bench.every_file $(FILMS)
	-$(EXACT) $(FILMS) --chunking keyframes
	-$(EXACT) $(SHORT) --chunking fixed --json build/bench/exact_fixed.json -- --chunk-duration 0.7
	-$(RUN) -m bench.scenes $(MEDIA)
	-$(RUN) -m bench.targets $(lastword $(SPEED_FILMS)) --target vmaf=95 --target vmaf=80
	$(MAKE) speed

# Each says by its exit code whether targets are met, and the next runs all the same.
speed: setup $(filter demo/film.mkv,$(SPEED_FILMS))
	-$(RUN) -m bench.compare $(SPEED_FILMS) $(addprefix --encoder ,$(BENCH_ENCODERS)) --runs $(BENCH_RUNS) $(WITH) $(BENCH_ARGS)
	-$(RUN) -m bench.small_clip $(WITH)
	-$(RUN) -m bench.long_film --hours 2 $(WITH)
	-$(RUN) -m bench.long_film --hours 10 $(WITH)
	-$(RUN) -m bench.simulate $(firstword $(SPEED_FILMS)) $(WITH)

clean:
	rm -rf '$(VENV)' build dist demo $(CACHES)
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
