"""The code behind a result: a fingerprint of a program, so that an edit re-runs what it bears on.

Snakemake does not notice an edited module that a script imports. The rules therefore pass the
fingerprint of a program and of every module it imports from ``scripts`` or ``report`` as a
parameter. Comments, docstrings and blank lines do not count: they cannot change a result.
"""

import ast
import contextlib
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("scripts", "report")  # where imports are found
READER = Path(__file__).read_bytes()
KEPT = ROOT / ".snakemake" / "sources"  # modules once parsed, by READER and text; may be deleted
NO_COMMIT = {  # what git says, and what that means
    "not a git repository": "the study lies in no git repository",
    "dubious ownership": "git refuses to read the repository, which belongs to another user",
    "needed a single revision": "the git repository of the study has no commit yet",
    "fatal: ambiguous argument": "the git repository of the study has no commit yet",
}
# In Python's source, after which nothing else can be taken for one.
STRING_OR_COMMENT = re.compile(
    r'''"""(?:\\.|[^\\])*?"""|\'{3}(?:\\.|[^\\])*?\'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|#[^\n]*''',
    re.DOTALL,
)


@cache
def program_hash(*files: str, root: Path = ROOT) -> str:
    """Return the SHA-256 of a program's files and of all that they import, however deep.

    ``files`` are paths in the project: the program, and modules that it loads by their path.
    Imports are absolute, as in ``from fashionlab.study import Study`` or ``import original``.
    """
    digest = hashlib.sha256()
    for path in sorted(with_imports(files, root)):
        digest.update(f"{path.name}\n{_read_module(path, root)[0]}\n".encode())
    return digest.hexdigest()


def with_imports(files: Iterable[str], root: Path = ROOT) -> set[Path]:
    """Return files of the project and, recursively, the modules of it that they import."""
    found: set[Path] = set()
    waiting = [root / file for file in files]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _read_module(current, root)[1]
    return found


def commit_of(root: Path = ROOT) -> tuple[str, bool]:
    """Return the commit of a git repository's folder, and whether no tracked file was changed.

    Raises ValueError, with the reason in words that name no folder, where git tells of none: the
    repository must be the project's own, not one that the project merely lies in.
    """
    try:
        top = git(root, "rev-parse", "--show-toplevel")
        if not os.path.samefile(top, root):
            raise ValueError("the study lies in a git repository that is not its own")
        commit = git(root, "rev-parse", "--verify", "HEAD^{commit}")
        return commit, not git(root, "status", "--porcelain", "--untracked-files=no")
    except FileNotFoundError:
        raise ValueError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise ValueError("git did not answer in time") from None
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "").lower()
        for words, reason in NO_COMMIT.items():
            if words in said:
                raise ValueError(reason) from None
        raise ValueError("git cannot read the repository of the study") from None


def git(root: Path, *arguments: str) -> str:
    """Return what a git command says of a folder, whatever repository the environment names.

    Raises FileNotFoundError without git, subprocess.SubprocessError where it fails.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--no-optional-locks", "-C", root, *arguments],
        env=own | {"LC_ALL": "C"}, capture_output=True, encoding="utf-8", errors="replace",
        check=True, timeout=30,
    )  # fmt: skip
    return done.stdout.strip()


@cache
def files_hash(folder: str, patterns: tuple[str, ...]) -> str:
    """Return the SHA-256 of the names and contents of a folder's files that match a pattern."""
    digest = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in Path(folder).rglob(pattern)}):
        digest.update(f"{path.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def essential_source(source: str, nodes: list[ast.AST]) -> str:
    """Return Python source without comments, docstrings, blank lines and trailing spaces.

    ``nodes``: its statements. Blank lines and trailing spaces of string literals that are no
    docstrings are kept: they are data.
    """
    lines, literal, row, before = source.split("\n"), set(), 1, 0
    for found in STRING_OR_COMMENT.finditer(source):
        row += source.count("\n", before, found.start())
        before = found.start()
        if found[0].startswith("#"):
            lines[row - 1] = lines[row - 1][: before - source.rfind("\n", 0, before) - 1]
        else:
            literal |= set(range(row, row + found[0].count("\n")))
    for node in nodes:
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False):
            start, end = node.body[0].lineno, node.body[0].end_lineno or 0
            lines[start - 1 : end] = [""] * (end - start + 1)
            literal -= set(range(start, end + 1))
    kept = (x if row in literal else x.rstrip() for row, x in enumerate(lines, start=1))
    return "\n".join(line for row, line in enumerate(kept, start=1) if line or row in literal)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a module, class, function or other block, and every statement in it, however deep."""
    yield node
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        for inner in getattr(node, part, []):
            yield from statements(inner)


@cache
def _read_module(path: Path, root: Path) -> tuple[str, list[Path]]:
    """Return a module's essential source, and the files of the project that it imports.

    Read once: the programs share most modules, and every start of Snakemake waits for this.
    """
    source = path.read_text("utf-8")
    kept = KEPT / f"{hashlib.sha256(READER + source.encode()).hexdigest()}.json"
    try:
        essential, names = json.loads(kept.read_text("utf-8"))
    except (OSError, ValueError):  # not there, or torn
        essential, names = _parse(source)
        with contextlib.suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps([essential, names]), "utf-8")
    files = (root / folder / f"{n.replace('.', '/')}.py" for folder in FOLDERS for n in names)
    return essential, [file for file in files if file.is_file()]


def _parse(source: str) -> tuple[str, list[str]]:
    """Return a module's essential source, and the names of what it may import."""
    nodes = list(statements(ast.parse(source)))
    names: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return essential_source(source, nodes), names
