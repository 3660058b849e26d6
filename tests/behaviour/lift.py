"""Definitions taken out of a real module and run with stand-ins for what they need.

Imports of the standard library at the top of the module are done as they stand there; the rest is not run. So what is
lifted is the release's own code, also where the module as a whole cannot be imported here.
"""

import ast
import sys


def lift(path, names, **stand_ins):
    """Runs the definitions and assignments of `names` in the module at `path`; returns its names."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    wanted, found = set(names), set()
    body = []
    for node in tree.body:
        own = wanted & defined(node)
        if own or is_standard(node):
            body.append(node)
            found |= own
    missing = wanted - found
    if missing:
        raise LookupError(f"{path} does not define {sorted(missing)}")
    space = {"__name__": "lifted", "__file__": path, **stand_ins}
    # Annotations name types that are not there.
    future = ast.parse("from __future__ import annotations").body
    code = compile(ast.Module(body=future + body, type_ignores=[]), path, "exec", dont_inherit=True)
    exec(code, space)
    return space


def defined(node):
    """The names that a statement at the top of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def is_standard(node):
    """Whether a statement imports from the standard library only, or tries to."""
    if isinstance(node, ast.Try):
        return all(is_standard(inner) for inner in node.body)
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        modules = [node.module]
    else:
        return False
    return all(module.partition(".")[0] in sys.stdlib_module_names for module in modules)
