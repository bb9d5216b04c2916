# The index of commands. `make run` and `make test` install what they need on a Debian machine, if they run as root.

include build.env
export GOFLAGS

GO       ?= go
CC       ?= gcc
CXX      ?= g++
BIN      := bin/objluad
DATA     ?= build/data
COVERAGE := build/coverage.out

# What building, testing and measuring need of Debian's packages.
PACKAGES_BUILD := gcc g++ libc6-dev liblua5.4-dev rapidjson-dev librados-dev libradospp-dev
PACKAGES_CEPH  := ceph-mon ceph-mgr ceph-osd ceph-common
PACKAGES_TEST  := redis-tools curl binutils bash-completion fish zsh mandoc $(PACKAGES_CEPH)
PACKAGES_BENCH := redis-server redis-tools tarantool $(PACKAGES_CEPH)

# The C core without Go: what it is compiled from, and how.
CORE        := $(wildcard panicguard/*.c) $(filter-out luavm/host_table.c,$(wildcard luavm/*.c))
HOST        := luavm/corehost/host.c
CORE_CFLAGS := -std=gnu11 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -Werror -I/usr/include/lua5.4 -Ipanicguard
CORE_CXXFLAGS := -std=c++17 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -Werror -fno-exceptions -fno-rtti -I/usr/include/lua5.4
CORE_CXX    := $(wildcard luavm/*.cc)
CORE_OBJ    := $(CORE_CXX:luavm/%.cc=build/%.o)
SAFE_OBJ    := $(CORE_CXX:luavm/%.cc=build/safe-%.o)
CORE_LIBS   := -Wl,-z,now,--wrap=luaT_tryconcatTM,--wrap=luaD_shrinkstack -l:liblua5.4.a -lm -pthread
GUARD       := $(wildcard panicguard/*.c) $(filter-out %/gohost.c,$(wildcard panicguard/internal/rig/*.c))
# The guard handles faults itself, on the signal stack that it makes.
SANITIZE    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
# Under ThreadSanitizer signals are a model: see panicguard/coretest/model.h. What it finds is in the watchdog, the claims, the
# mail and cancellation; the handlers themselves and their jumps are beyond it. It cannot start in every layout of addresses
# that a kernel randomises, so that is turned off where it may be.
MODEL        := -O1 -fsanitize=thread -include panicguard/coretest/model.h panicguard/coretest/model.c
ASAN_OPTIONS := handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:use_sigaltstack=0

# How long each fuzz target runs, and in which folders targets are looked for. A new input that reaches more is made smaller
# in a few steps only: the fuzzer does not see the C core, where most of what matters happens.
FUZZTIME ?= 1m
FUZZDIRS ?= .
FUZZ     := -parallel 2 -fuzzminimizetime 20x

# Go's fuzzer may take the end of its own time for a failure, which then has no input.
FUZZ_HELD := { [ "$$(cat build/fuzz.status)" = 0 ] || \
	{ grep -q '^    context deadline exceeded$$' build/fuzz.log && ! grep -q 'Failing input written' build/fuzz.log; }; }

.DEFAULT_GOAL := help
.PHONY: generate help man setup setup-test setup-bench run demo build test test-core race lint bench cover clean soak mutants fuzz fuzz-guard fuzz-wire ceph

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what building needs
	@deploy/setup $(PACKAGES_BUILD)

setup-test: setup
	@deploy/setup $(PACKAGES_TEST)

setup-bench: setup
	@deploy/setup $(PACKAGES_BENCH)

build: setup ## build bin/objluad
	$(GO) build -buildmode=pie -o $(BIN) ./cmd/objluad

man: build ## write the man pages into build/man/man1; man -M build/man objluad shows the first
	$(BIN) man build/man/man1

run: build ## serve from build/data on 127.0.0.1:7480 (RESP) and :7481 (HTTP); end it with Ctrl-C
	$(BIN) serve --data $(DATA)

demo: build ## count words beside the data, then attack the server, and check that nothing else was hurt
	OBJLUAD=$(CURDIR)/$(BIN) $(GO) run ./tests/demo

ceph: setup ## run a small Ceph cluster on loopback, and print its ceph.conf; end it with Ctrl-C
	@deploy/setup $(PACKAGES_CEPH)
	$(GO) run ./tests/ceph/cmd

test: build setup-test lint test-core fuzz-guard fuzz-wire ## everything that must hold, under the race detector
	OBJLUAD=$(CURDIR)/$(BIN) $(GO) test -race -count=1 -timeout 30m ./...

race: test

build/%.o: luavm/%.cc $(wildcard luavm/*.h luavm/*.hpp) | setup
	@mkdir -p build
	$(CXX) $(CORE_CXXFLAGS) -c $< -o $@

build/safe-%.o: luavm/%.cc $(wildcard luavm/*.h luavm/*.hpp) | setup
	@mkdir -p build
	$(CXX) $(CORE_CXXFLAGS) $(SANITIZE) -c $< -o $@

test-core: setup $(CORE_OBJ) $(SAFE_OBJ) ## the C core without Go: under AddressSanitizer, UBSan and ThreadSanitizer, and what it takes of the heap
	@mkdir -p build
	$(CC) $(CORE_CFLAGS) $(SANITIZE) $(GUARD) panicguard/coretest/main.c -o build/guardtest -Wl,-z,now -pthread
	ASAN_OPTIONS=$(ASAN_OPTIONS) build/guardtest
	$(CC) $(CORE_CFLAGS) $(MODEL) $(GUARD) panicguard/coretest/main.c -o build/guardmodel -Wl,-z,now -pthread
	$$(setarch -R true 2>/dev/null && echo setarch -R) build/guardmodel storm
	$(CC) $(CORE_CFLAGS) $(SANITIZE) $(CORE) $(SAFE_OBJ) $(HOST) luavm/coretest/main.c -o build/coretest $(CORE_LIBS)
	ASAN_OPTIONS=$(ASAN_OPTIONS) build/coretest
	$(CC) $(CORE_CFLAGS) $(CORE) $(CORE_OBJ) luavm/heapaudit/main.c -o build/heapaudit $(CORE_LIBS)
	build/heapaudit
	$(CC) $(CORE_CFLAGS) $(SANITIZE) $(CORE) $(SAFE_OBJ) $(HOST) $(wildcard luavm/alloctest/*.c) -o build/alloctest \
		$(CORE_LIBS) -Wl,--wrap=pg_arena_realloc,--wrap=pg_arena_exhausted
	ASAN_OPTIONS=$(ASAN_OPTIONS) build/alloctest

fuzz: setup ## run each fuzz target for FUZZTIME (1m), one after the other
	@mkdir -p build
	@targets=$$(git grep --untracked -o 'func Fuzz[A-Za-z0-9_]*' -- $(FUZZDIRS:%='%/*_test.go') | sed 's/func //') && [ -n "$$targets" ] || \
		{ echo "no fuzz targets in $(FUZZDIRS)"; exit 1; }; \
	for target in $$targets; do \
		echo "fuzz: $$target for $(FUZZTIME)"; \
		{ $(GO) test -run '^$$' -fuzz "^$${target#*:}\$$" -fuzztime $(FUZZTIME) $(FUZZ) "./$$(dirname "$$target")"; \
			echo $$? >build/fuzz.status; } 2>&1 | tee build/fuzz.log; \
		$(FUZZ_HELD) || exit 1; \
	done

generate: ## write docs/lua-api.md from luavm/api/objclass.lua
	$(GO) generate ./luavm/api

fuzz-guard:
	@$(MAKE) --no-print-directory fuzz FUZZDIRS="panicguard luavm cmd/objluad/settings server/access"

fuzz-wire:
	@$(MAKE) --no-print-directory fuzz FUZZDIRS="server/resp server/httpapi"

lint: setup ## gofmt, vet, staticcheck, and warnings of the C compiler
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(CC) $(CORE_CFLAGS) -fsyntax-only $(CORE) $(COREBENCH) $(filter-out $(CORE),$(GUARD)) panicguard/coretest/main.c luavm/internal/rig/crash.c
	$(CXX) $(CORE_CXXFLAGS) -fsyntax-only $(CORE_CXX)
	$(CXX) -std=c++17 -Wall -Wextra -Werror -fsyntax-only $(wildcard store/radosstore/*.cc)

soak: build ## the long form of the tests that hammer the server; takes minutes
	OBJLUAD=$(CURDIR)/$(BIN) SOAK=1 $(GO) test -race -timeout 60m -count=1 -v -run Soak ./...

mutants: setup ## remove one protection of the guard at a time, and see a test go red for each
	$(GO) run ./tests/mutants

bench: build setup-bench build/corebench ## measure, beside Redis, Tarantool and cls_lua, and write docs/benchmarks.md
	OBJLUAD=$(CURDIR)/$(BIN) $(GO) run ./tests/bench -write docs/benchmarks.md

COREBENCH := $(wildcard luavm/corebench/*.c)

build/corebench: $(CORE) $(CORE_OBJ) $(COREBENCH) $(wildcard panicguard/*.h luavm/*.h luavm/corebench/*.h)
	@mkdir -p build
	$(CC) $(CORE_CFLAGS) $(CORE) $(CORE_OBJ) $(COREBENCH) -o $@ $(CORE_LIBS)

cover: setup ## test coverage by package
	@mkdir -p build
	$(GO) test -coverpkg=./... -coverprofile=$(COVERAGE) ./...
	$(GO) tool cover -func=$(COVERAGE) | tail -1

clean: ## remove what was built
	rm -rf bin build
