# How each check is run stands in `.ci/run`; these are its names. `just --list` shows them.

# Everything that has to hold before a change goes in, in order
ci:
    .ci/run

# Installs the tools the checks need, as far as they are missing (Debian)
tools:
    .ci/run tools

# Checks the formatting
fmt:
    .ci/run fmt

# Formats the code
format:
    .ci/run format

# Clippy, warnings are errors
lint:
    .ci/run lint

# Builds the documentation, warnings are errors
doc:
    .ci/run doc

# The tests as README.md says
test:
    .ci/run test

# All tests with those that need the network; stale or unreferenced snapshots are errors
snapshots:
    .ci/run snapshots

# Dependencies: bans, licences, sources
deny:
    .ci/run deny

# Dependencies: the advisory database, from the network
advisories:
    .ci/run advisories

# Each fuzz target for FUZZ_SECONDS (60) from FUZZ_SEED (1; 0 is another one each time), with nightly
fuzz:
    .ci/run fuzz

# The README's first command and the installer's example, on a real torch
demo:
    .ci/run demo

# The main job on Debian's torch and the seven traps, with the release build
e2e:
    .ci/run e2e

# Many environments at once, by the command and by Ansible, with the release build; needs root for the hosts
fleets:
    .ci/run fleets

# Each patch on the files of real releases: its symptom before and after, and edits made by hand
behaviour:
    .ci/run behaviour

# Two processes on PyPI's own builds of torch, without NCCL: each release that tests/real_torch knows (the gate: two)
real-torch:
    .ci/run real-torch-all

# What comes of requests for process groups on every release of torch, without and with the gloo patches
gloo-table:
    .ci/run gloo-table

# The Windows binary under Wine: all tests, the guide's case, a real Windows Python (Debian)
windows:
    .ci/run windows

# The command line against GNU patch, git apply and sed -i
bench:
    .ci/run bench

# The engine's and the store's benchmarks
microbench:
    .ci/run microbench

# Writes the JSON Schemas of schema/ anew
schema:
    .ci/run schema

# The book of docs/, its links, and how it looks in a browser (mdBook)
book:
    .ci/run book

# Completions in each shell, and the manual pages
shells:
    .ci/run shells

# The page of `check` in a real browser
atlas:
    .ci/run atlas

# Nothing is lost: every kill, error, power failure and race, in about an hour (the gate takes a part of them)
faults:
    FAULTS=full .ci/run faults

# The software bill of materials (CycloneDX), beside the release build
sbom:
    .ci/run sbom

# Two release builds of the last commit, in other places, are the same file
reproducible:
    .ci/run reproducible

# The archives of a release that can be built on Debian: Linux and Windows
release:
    .ci/run release

# Mutation testing of engine and store; MUTANTS_SHARD=0/10 does every tenth
mutants:
    .ci/run mutants
