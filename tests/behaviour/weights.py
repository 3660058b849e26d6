"""What the cases of `weights-only-…` share: a `torch.load` with the default of torch 2.6, on Debian's real torch 1.13.

That torch has `weights_only` already, and the same error; only the default is put in the place of its own.
"""

PRELUDE = """
import argparse, functools, os, sys, tempfile, types
import torch
from lift import lift
real = torch.load

def load(*arguments, **options):
    if options.get("weights_only") is None:  # as torch 2.6 does it
        options["weights_only"] = options.get("pickle_module") is None
    return real(*arguments, **options)

torch.load = load
path = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
torch.save({"model": {"weight": torch.ones(2)}, "config": argparse.Namespace(rate=0.1)}, path)

def is_whole(found):
    assert found["config"].rate == 0.1 and torch.equal(found["model"]["weight"], torch.ones(2)), found
"""


def refuses_without_consent(checks, here, name):
    """A patch whose risk is `unsafe` is not applied by its name alone."""
    from harness import equal

    with checks.check(f"{name}: not without `--accept-risk`"):
        answer = here.torch_patch("apply", here.patch(name))
        equal((answer.exit != 0, answer.json["ok"]), (True, False), "refused")


# Runs each statement that loads, alone. Arguments: files; before them, as `--loader=FILE`, where `load_fsspec` is; as
# `--only=WORD`, a word that a statement has to have (one of several). A name that is not defined here stands for the path
# of the checkpoint, and so does each attribute of it. All have to fail, or none.
STATEMENTS = PRELUDE + """
import ast, builtins, pathlib
from unittest import mock

checkpoint = real(path)
torch.save({**checkpoint, "model_loss": 0.5, "step": 1, "model_state": {}}, path)

class Path(str):
    def __getattr__(self, name):
        return self

class Names(dict):
    def __missing__(self, name):
        if hasattr(builtins, name):
            raise KeyError(name)
        return Path(path)

def loads(node):
    calls = (own for own in ast.walk(node) if isinstance(own, ast.Call))
    # With a `pickle_module` torch 2.6 loads all.
    calls = (own for own in calls if not any(keyword.arg == "pickle_module" for keyword in own.keywords))
    return any(ast.unparse(own.func) in ("torch.load", "load_fsspec") for own in calls)

def statements(file):
    for node in ast.walk(ast.parse(pathlib.Path(file).read_text(encoding="utf-8"))):
        inner = (own for own in ast.walk(node) if isinstance(own, ast.stmt) and own is not node)
        if isinstance(node, ast.stmt) and loads(node) and not any(map(loads, inner)):
            yield ast.Expr(node.value) if isinstance(node, ast.Return) else node

options = [word for word in sys.argv[1:] if word.startswith("--")]
known = dict(torch=torch, map_location=None, device="cpu", cache=True, model=mock.MagicMock())
for option in options:
    if option.startswith("--loader="):
        fsspec = types.SimpleNamespace(open=open)
        known.update(lift(option.partition("=")[2], ["load_fsspec"], torch=torch, fsspec=fsspec, get_user_data_dir=str))
only = [option.partition("=")[2] for option in options if option.startswith("--only=")]
done, errors, failed = [], [], []
for file in sys.argv[1 + len(options):]:
    found = [node for node in statements(file) if not only or any(word in ast.unparse(node) for word in only)]
    assert found, f"nothing loads in {file}"
    for node in found:
        text = f"{file}: {ast.unparse(node)}"
        code = compile(ast.fix_missing_locations(ast.Module([node], [])), file, "exec")
        try:
            exec(code, {}, Names(known))
            done.append(text)
        except Exception as error:
            failed.append(text)
            errors.append(f"{text}: {type(error).__name__}: {error}")
if done and failed:
    sys.exit("some load: " + "; ".join(done) + "; others do not: " + "; ".join(failed))
sys.exit("\\n".join(errors) or 0)
"""
