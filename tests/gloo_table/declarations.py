"""What a release says its bindings have: its `torch/_C/_distributed_c10d.pyi`."""

import ast
import pathlib


def declared(path):
    """The classes, with their members, and functions that a `.pyi` declares; nothing of no `.pyi`."""
    names = {}
    for node in ast.parse(pathlib.Path(path).read_text() if path else "").body:
        if isinstance(node, ast.ClassDef):
            names[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)], set(members(node))
        elif isinstance(node, ast.FunctionDef):
            names[node.name] = None
    return names


def members(node):
    """The names that the body of a class declares."""
    for inner in node.body:
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.AnnAssign):
            yield inner.target.id
        elif isinstance(inner, ast.Assign):
            yield from (target.id for target in inner.targets)


def all_members(name, classes):
    """The members of a declared class and of those that it is made of."""
    bases, own = classes.get(name) or ([], set())
    return own.union(*(all_members(base, classes) for base in bases))
