# Habeas. `make` lists the targets. Whatever a target needs and the machine does
# not have, scripts/setup installs or names.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build demo test promises lint unit redteam postgres browser reference readme bench bench-match bench-scrub bench-pki fuzz release clean

TOOL := go tool -modfile=tools/go.mod
# What `habeas demo` is given: make demo DEMO="--addr localhost:9000"
DEMO ?=
# Which benchmarks, how often: make bench BENCH=FindOrCreate COUNT=6
BENCH ?= .
COUNT ?= 1
# What is measured and how often: make bench-match ONLY=search RUNS=1
ONLY ?= linkage,search,million
RUNS ?= 3
FUZZTIME ?= 10s
# The race detector, but for the database engine: C translated to Go, of which each
# connection runs one call at a time, and which takes most of the time when it is watched.
# Likewise the hash of passwords, at which each command begins: unit watches it by itself. And
# internal/proof, which searches dumps and files for secrets; the same server is watched in internal/app.
RACE := -race -gcflags=modernc.org/...=-race=false -gcflags=github.com/habeas-data/habeas/internal/keyring/argon2id=-race=false
# Tests in which one goroutine computes for long: unit runs them without the detector, and
# everything else with it. One that gets another name is watched again, and slower.
COMPUTES := TestEveryCutGivesTheSame|TestADocumentStaysOne|TestFlippedBytesOnThreeLevelsAreFoundInTheirPlace|$\
	TestEveryFlippedByteOfASmallLogIsFoundInItsPlace|TestAutoIsAsGoodAsTheBetterPath|TestSmallSetsOfInventedPeopleAreMeasured|$\
	TestRowsLikeANewOneAreFoundAndTimed|TestNamesakesStayApart|TestLearnIsCalibrated|TestPeopleWithTyposAreFound|$\
	TestScreenRejectsOnlyWhatWeighsTooLittle|TestTenYears
# Tests that choose their engine. What runs on both by itself is part of unit.
ON_POSTGRES := ./internal/app ./internal/api ./internal/proof ./internal/redteam
JOURNEYS := e2e/account.test.mjs e2e/demo.test.mjs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/habeas, one static binary
	@scripts/setup build
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/habeas ./cmd/habeas

demo: build ## the server with invented people; Ctrl-C ends it
	bin/habeas demo $(DEMO)

test: ## everything: set-up, lint, unit, red team, both databases, reference, browser, README
	@scripts/setup test
	@rm -f bin/results.tsv
	@$(MAKE) --no-print-directory lint unit redteam postgres reference browser readme

promises: ## which test proves which promise, and how it ended in the last make test
	@go run ./internal/promise/gen $(if $(wildcard bin/results.tsv),-results bin/results.tsv)

lint: ## linters, formatting, and where sealed values go
	@scripts/setup build
	GOMEMLIMIT=3GiB $(TOOL) golangci-lint run
	@scripts/sealcheck
	@for script in scripts/* .ci/run; do bash -n $$script || exit 1; done

unit: ## Go tests and fuzz seeds, with the race detector; the red team has its own target
	@scripts/gotest $(RACE) -skip '^($(COMPUTES))$$' $$(go list ./... | grep -vE '/internal/(redteam|proof|keyring/argon2id)$$')
	@scripts/gotest ./internal/proof
	@scripts/gotest -run '^($(COMPUTES))$$' ./ledger ./match/... ./scrub ./internal/bench/matching ./internal/app
	@scripts/gotest -race ./internal/keyring/argon2id
	@cd ledger/oracle && go test ./...
	@cd internal/pki/oracle && go test ./...
	@cd sealed/sealcheck && go test ./...
	@cd sealed/channels && go test ./... && GOEXPERIMENT=jsonv2,runtimesecret go test ./...

redteam: ## the attacks that must fail, on a whole server, with their outcomes
	@scripts/redteam $(RACE)

postgres: ## whole-server tests once more, with records and keys on PostgreSQL
	@HABEAS_TEST_ENGINE=postgres scripts/gotest $(ON_POSTGRES)

reference: ## measures against public reference data, where it is there
	@scripts/reference

browser: build ## the journeys in a real browser, on both databases
	@scripts/browsertest
	@HABEAS_TEST_ENGINE=postgres scripts/with-postgres scripts/browsertest $(JOURNEYS)

readme: ## the commands and links of the README
	@scripts/readme

bench: ## benchmarks; compared with the run before
	@mkdir -p bin && if [ -f bin/bench.txt ]; then mv bin/bench.txt bin/bench.old.txt; fi
	@go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... | tee bin/bench.txt
	@if [ -f bin/bench.old.txt ]; then $(TOOL) benchstat bin/bench.old.txt bin/bench.txt; fi

bench-match: build ## finding names and linking people, beside the rivals
	@ONLY='$(ONLY)' RUNS='$(RUNS)' scripts/bench-match

bench-scrub: build ## the scrubber: what it finds and how fast, beside the rivals
	@RUNS='$(RUNS)' scripts/bench-scrub

bench-pki: build ## issuing certificates, TLS handshakes and OCSP, beside the rivals
	@RUNS='$(RUNS)' scripts/bench-pki

fuzz: ## every fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)

release: ## signed programs for TARGETS="linux/amd64 …", all by default; see docs/proxy.md
	@TARGETS='$(TARGETS)' VERSION='$(VERSION)' scripts/release

clean: ## what the targets above have made
	rm -rf bin e2e/node_modules e2e/out
