"""Write the reference of config.yaml, docs/configuration.md, from the schema that checks it.

The values in the last column are those of config.yaml itself.
"""

import json
from collections.abc import Iterator

import yaml

from fashionlab.config.schema_check import allowed, read_schema
from fashionlab.program import option_parser, run
from fashionlab.sources import ROOT
from fashionlab.storage.files import write_text

INTRODUCTION = """# Configuration reference

Made by `make docs` from `workflow/schemas/config.schema.yaml`; a test fails when they differ.

Every key of `config.yaml`, what it means, and what it may be. `<name>` stands for a name of your
own: a lower-case letter, then up to 39 lower-case letters, digits or underscores. The last column
is what the study uses.

A file given with `--configfile` is merged over `config.yaml` key by key; lists and values replace,
and an experiment, network, activation, optimiser, schedule or input range that is `null` is left
out. An experiment that `config.yaml` lacks needs a `grid`, and a `title` where its name is nearly
that of another. What is wrong is refused before any job starts, with file, key and value.

Numbers are read as YAML 1.2 reads them, so `010` is 10, but for one thing: `1e-3` needs a point and
a sign, `1.0e-3`. What means the same is the same: 1 and 1.0, `conv3x16` and `conv3x3x16`, a
checksum in either case of letters. Snakemake itself reads the files after `--configfile` before the
workflow does. It ends with a traceback where one is missing, and names no line of one that is not
YAML; `make` and the programs in `scripts/` say either in a line.
"""
HEAD = "\n| key | meaning | allowed | here |\n|---|---|---|---|\n"
ABSENT = object()
LONGEST = 48  # characters of a value in the last column


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--output", default="docs/configuration.md", help="Markdown file to write")
    write_text(parser.parse_args().output, describe_configuration())


def describe_configuration() -> str:
    """Return the reference of the schema as Markdown, a table for each section of config.yaml."""
    values = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    plain, sections = "", ""
    for name, node in read_schema()["properties"].items():
        rows = "".join(f"| {' | '.join(row)} |\n" for row in describe(name, node, values[name]))
        if node.get("type") == "object":
            sections += f"\n## {name}\n\n{node['description']}\n{HEAD}{rows}"
        else:
            plain += rows
    return f"{INTRODUCTION}\n## Of the whole study\n{HEAD}{plain}{sections}"


def describe(key: str, node: dict, value: object) -> Iterator[list[str]]:
    """Yield key, meaning, allowed values and value here of a node's leaves."""
    own, others = node.get("properties", {}), node.get("additionalProperties")
    required = node.get("required", own)
    for name, child in own.items():
        optional = "" if name in required else " (optional)"
        inner = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
        for path, meaning, *rest in describe(f"{key}.{name}", child, inner):
            yield [path, meaning + optional, *rest]
    if isinstance(others, dict):
        names = node.get("propertyNames", {}).get("enum")
        place = f"{key}.{'<file>' if names else '<name>'}"
        yield from describe(place, others, ABSENT)
    elif node.get("type") == "array" and "properties" in (item := node["items"]):
        yield [f"`{key}`", node.get("description", ""), allowed(node), shown(value)]
        yield from describe(f"{key}[]", item, ABSENT)
    elif not own:
        yield [f"`{key}`", node.get("description", ""), allowed(node), shown(value)]


def shown(value: object) -> str:
    """Return a value of config.yaml as it is written there, or dots for a long one."""
    text = "" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if 0 < len(text) <= LONGEST else "…" * bool(text)


if __name__ == "__main__":
    run(main)
