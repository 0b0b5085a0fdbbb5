"""Compiles the generated Python module and an example, and checks that the example takes from the module only what is there.

Usage: check_python.py <generated __init__.py> <example>...
"""

import ast
import sys

MODULE = "cdk_tunnel_token_rotator"


def parse(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read(), path)


def keywords_of(module: ast.Module) -> dict[str, set[str]]:
    """Keyword arguments of each class's constructor, by class name."""
    return {
        node.name: {argument.arg for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__" for argument in method.args.kwonlyargs}
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }


def faults(example: ast.Module, classes: dict[str, set[str]]) -> list[str]:
    found = []
    for node in ast.walk(example):
        if isinstance(node, ast.ImportFrom) and node.module == MODULE:
            found += [f"line {node.lineno}: {MODULE} has no {alias.name}" for alias in node.names if alias.name not in classes]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
            known = classes[node.func.id]
            found += [f"line {node.lineno}: {node.func.id} takes no {k.arg}" for k in node.keywords if k.arg not in known]
    return found


def main(generated: str, *examples: str) -> int:
    classes = keywords_of(parse(generated))
    wrong = [f"{path}, {fault}" for path in examples for fault in faults(parse(path), classes)]
    print("\n".join(wrong) or f"python compiles: {len(classes)} classes, {len(examples)} example")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
