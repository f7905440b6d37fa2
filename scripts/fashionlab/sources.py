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

STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


@cache
def program_hash(program: str) -> str:
    """Return the SHA-256 of a program and of all package modules it imports, however deep."""
    digest = hashlib.sha256()
    for path in sorted(_with_imports(Path(program), Path(program).parent)):
        digest.update(f"{path.name}\n{_read_module(path)[0]}\n".encode())
    return digest.hexdigest()


@cache
def files_hash(folder: str, patterns: tuple[str, ...]) -> str:
    """Return the SHA-256 of the names and contents of a folder's files that match a pattern."""
    digest = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in Path(folder).rglob(pattern)}):
        digest.update(f"{path.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def essential_source(source: str, nodes: list[ast.AST]) -> str:
    """Return Python source without comments, docstrings, blank lines and trailing spaces.

    ``nodes``: those of its tree. Blank lines and trailing spaces of string literals that are no
    docstrings are kept: they are data.
    """
    lines, literal = source.splitlines(), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
        elif token.type in STRINGS:
            literal |= set(range(token.start[0], token.end[0]))
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            start, end = node.body[0].lineno, node.body[0].end_lineno or 0
            lines[start - 1 : end] = [""] * (end - start + 1)
            literal -= set(range(start, end + 1))
    kept = (x if row in literal else x.rstrip() for row, x in enumerate(lines, start=1))
    return "\n".join(line for row, line in enumerate(kept, start=1) if line or row in literal)


def _with_imports(path: Path, scripts: Path) -> set[Path]:
    """Return the file and, recursively, the files below ``scripts`` that it imports."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            candidates = (scripts / name for name in _read_module(current)[1])
            waiting += (candidate for candidate in candidates if candidate.is_file())
    return found


@cache
def _read_module(path: Path) -> tuple[str, list[str]]:
    """Return a module's essential source and the files that its imports would be.

    Read once: the programs share most modules, and every start of Snakemake waits for this.
    """
    source = path.read_text()
    nodes = list(ast.walk(ast.parse(source)))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return essential_source(source, nodes), [n.replace(".", "/") + ".py" for n in sorted(names)]
