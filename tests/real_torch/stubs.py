"""Libraries that a CUDA build of torch is linked with and this machine lacks, in a form that can only be loaded.

PyPI's Linux wheels name CUDA's libraries as needed, so without them not even `import torch` works. A stub has the name
that is asked for and the symbols, with their versions, that torch's own libraries want of it. Each of its functions
answers `cudaErrorNoDevice`, as on a machine without a GPU: a stub is there to be linked with, never to compute.

Needs gcc and readelf.
"""

import collections
import pathlib
import re
import tempfile

from releases import run

# https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html
NO_DEVICE = 100
# While an error is put into words these are asked for a text: a number would be taken for its address.
GIVES_TEXT = re.compile(r"(cuda|nccl)GetError(Name|String)|ncclGetLastError|\w+Get(Status|Error)(Name|String)")
# What nobody has to bring: Python's own symbols come with the interpreter.
OF_PYTHON = re.compile(r"_?Py")


class Library:
    """What one shared object of torch needs: libraries by name, and symbols as (symbol, version, library)."""

    def __init__(self, path):
        shown = run("readelf", "--wide", "--dynamic", "--version-info", "--dyn-syms", path)
        self.name = path.name
        self.needs = re.findall(r"\(NEEDED\).*\[(.+)\]", shown)
        self.defined, self.undefined = set(), []
        brought_by = versions_needed(shown)
        for kind, binding, section, symbol, version in symbols(shown):
            if section != "UND":
                self.defined.add(symbol)
            elif binding == "GLOBAL":  # a weak one may stay without an address
                self.undefined.append((symbol, kind, version, brought_by.get(version)))


def versions_needed(shown):
    """Which library each version of a symbol has to come from; `readelf` names it above its versions."""
    brought_by, library = {}, None
    for line in shown.partition("Version needs section")[2].splitlines():
        if found := re.search(r" File: (\S+)", line):
            library = found[1]
        elif found := re.search(r" Name: (\S+)", line):
            brought_by[found[1]] = library
    return brought_by


def symbols(shown):
    """Kind, binding, section, name and version of each dynamic symbol."""
    for line in shown.splitlines():
        if found := re.match(r" *\d+: [0-9a-f]+ +\S+ (\S+) +(\S+) +\S+ +(\S+) (\S+)", line):
            kind, binding, section, name = found.groups()
            name, _, version = name.partition("@")
            yield kind, binding, section, name, version.strip("@")


def on_this_machine():
    """The libraries that the loader of this machine finds by itself."""
    return set(re.findall(r"^\t(\S+) \(", run("/sbin/ldconfig", "--print-cache"), re.MULTILINE))


def make(torch, folder):
    """Puts a stub into `folder` for each library that the torch in the directory `torch` lacks; returns their names."""
    paths = [*torch.glob("lib/*.so*"), *torch.glob("_C*.so")]
    libraries = [Library(path) for path in sorted(paths)]
    there = {library.name for library in libraries} | on_this_machine()
    defined = set().union(*(library.defined for library in libraries))
    stubs = collections.defaultdict(lambda: collections.defaultdict(set))  # library → version → symbols
    for library in libraries:
        lacking = [name for name in library.needs if name not in there]
        for name in lacking:
            stubs[name]  # also one that is only named as needed
        for symbol, kind, version, brought_by in library.undefined:
            if brought_by in lacking:
                stubs[brought_by][version].add((symbol, kind))
            elif not version and lacking and symbol not in defined and not OF_PYTHON.match(symbol):
                # It does not say which of its libraries has it; the loader takes it from any of them.
                stubs[lacking[0]][""].add((symbol, kind))
    folder.mkdir(parents=True, exist_ok=True)
    for name, wanted in stubs.items():
        build(folder / name, wanted)
    return sorted(stubs)


def build(path, wanted):
    """Compiles one stub with its symbols by version."""
    with tempfile.TemporaryDirectory() as folder:
        source, versions = pathlib.Path(folder, "stub.c"), pathlib.Path(folder, "versions")
        source.write_text("".join(definition(*each) for each in sorted(set().union(*wanted.values()))))
        script = [
            f"{version} {{ global: {'; '.join(sorted(symbol for symbol, _ in each))}; }};\n"
            for version, each in sorted(wanted.items())
            if version
        ]
        versions.write_text("".join(script))
        run(
            "gcc", "-shared", "-fPIC", "-s", "-w", "-fno-builtin", f"-Wl,-soname,{path.name}",
            *([f"-Wl,--version-script,{versions}"] if script else []), "-o", path, source,
        )  # fmt: skip


def definition(symbol, kind):
    """What a stub has for a symbol, in C."""
    if kind == "OBJECT":
        return f"char {symbol}[4096];\n"
    if GIVES_TEXT.fullmatch(symbol):
        return f'const char *{symbol}(void) {{ return "this is a stub: no CUDA-capable device is detected"; }}\n'
    return f"int {symbol}(void) {{ return {NO_DEVICE}; }}\n"
