"""A fingerprint of the code behind a program, so that an edit re-runs what it bears on.

Snakemake does not notice an edited module that a script imports. The rules therefore pass the
fingerprint of a program and of every module of the package it imports as a parameter. Comments,
docstrings and blank lines do not count: they cannot change a result.
"""

import ast
import hashlib
import io
import tokenize
from functools import cache
from pathlib import Path


@cache
def program_hash(program: str) -> str:
    """Return the SHA-256 of a program and of all package modules it imports, however deep."""
    digest = hashlib.sha256()
    for path in sorted(_with_imports(Path(program), Path(program).parent)):
        digest.update(f"{path.name}\n{essential_source(path.read_text())}\n".encode())
    return digest.hexdigest()


@cache
def files_hash(folder: str, patterns: tuple[str, ...]) -> str:
    """Return the SHA-256 of the names and contents of a folder's files that match a pattern."""
    digest = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in Path(folder).rglob(pattern)}):
        digest.update(f"{path.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def essential_source(source: str) -> str:
    """Return Python source without comments, docstrings, blank lines and trailing spaces."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for start, end in _docstrings(ast.parse(source)):
        lines[start - 1 : end] = [""] * (end - start + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module) -> list[tuple[int, int]]:
    spans = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            spans.append((first.lineno, first.end_lineno or first.lineno))
    return spans


def _with_imports(path: Path, scripts: Path) -> set[Path]:
    """Return the file and, recursively, the files below ``scripts`` that it imports."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _local_imports(current, scripts)
    return found


@cache
def _local_imports(path: Path, scripts: Path) -> list[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    candidates = (scripts / (name.replace(".", "/") + ".py") for name in sorted(names))
    return [candidate for candidate in candidates if candidate.is_file()]
