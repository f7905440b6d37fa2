"""Text of functions as it stands in a Python file, read without importing it."""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

# What the appendix prints: an epoch, its steps, and where chance comes in.
TRAINING = Path("scripts") / "fashionlab" / "training"
LOOP = {
    "engine.py": ("Training.step", "Training.recorded_step", "Training.run_epoch"),
    "optimizers.py": ("learning_rate",),
    "seeds.py": ("derive_seed", "batch_order"),
}


def training_loop(repository: Path) -> str:
    """Return the source of the training loop; empty if it cannot be found."""
    parts = (functions_of(repository / TRAINING / file, names) for file, names in LOOP.items())
    return "\n\n".join(filter(None, parts))


def functions_of(path: Path, names: Sequence[str]) -> str:
    """Return the source of the named functions and methods, in the order of the file.

    A method is named "Class.method" and printed without its indentation. Names that the file lacks
    are left out; the text is empty if the file is absent.
    """
    if not path.exists():
        return ""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = [_source(lines, node) for name, node in _functions(ast.parse(text)) if name in names]
    return "\n\n".join(found)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
            yield from ((f"{node.name}.{method.name}", method) for method in methods)


def _source(lines: list[str], node: ast.FunctionDef) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno])) + "\n"
