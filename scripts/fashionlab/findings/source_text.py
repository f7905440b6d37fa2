"""Text of the training loop as it stands in the repository, read without importing it."""

import ast
import textwrap
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
TRAINING = Path("scripts") / "fashionlab" / "training"
# What the appendix prints: an epoch, its steps, and where chance comes in.
LOOP = {
    "engine.py": ("step", "recorded_step", "run_epoch"),
    "optimizers.py": ("learning_rate",),
    "seeds.py": ("derive_seed", "batch_order"),
}


def training_loop() -> str:
    """Return the source of the functions and methods of LOOP, methods without indentation."""
    found = []
    for file, names in LOOP.items():
        text = (REPOSITORY / TRAINING / file).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name in names:
                first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
                lines = text.splitlines()[first - 1 : node.end_lineno]
                found.append(textwrap.dedent("\n".join(lines)) + "\n")
    return "\n\n".join(found)
