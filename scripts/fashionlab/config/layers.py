"""Configuration files: read strictly, merged in one order, each value with the file it comes from.

The order: config.yaml, then each ``--configfile`` as named, then ``--config``. Sections merge key
by key; lists and values replace. Snakemake merges alike, but says nothing of a repeated key.
"""

import copy
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fashionlab.program import Refusal

BASE = "config.yaml"
COMMAND_LINE = "--config"
MOST_NODES = 100_000  # of a file, those counted again that aliases repeat
TAG = "tag:yaml.org,2002:"
Layers = list[tuple[str, dict]]  # the name of each place and what it says, in the order of merging


class ConfigurationError(Refusal):
    """A configuration that cannot be run; the message says where, what and what is allowed."""


def read_layers(files: Iterable[str | Path] = (), settings: dict | None = None) -> Layers:
    """Return what config.yaml, other files and the command line say.

    Raises ConfigurationError for a file that is missing, no YAML, or says a key twice.
    """
    names = [BASE, *(shortened(file) for file in files)]
    layers = [(name, read_yaml(name)) for name in names]
    return [*layers, (COMMAND_LINE, _typed(settings))] if settings else layers


def merge_layers(layers: Layers) -> dict:
    """Return the configuration that the layers make together."""
    changes: dict = {}
    for _, layer in layers[1:]:
        merge(changes, layer)
    config = copy.deepcopy(layers[0][1])
    merge(config, changes)
    return config


def merge(config: dict, changes: dict) -> None:
    """Merge changes into a configuration: sections key by key, lists and values as a whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = copy.deepcopy(value)


def origin(layers: Layers, path: tuple) -> str:
    """Return the name of the last layer that says anything at a path, or above it."""
    path = tuple(itertools.takewhile(lambda step: isinstance(step, str), path))  # lists replace
    for length in range(len(path), 0, -1):
        for name, content in reversed(layers):
            if _says(content, path[:length]):
                return name
    return BASE


def read_yaml(name: str | Path) -> dict:
    """Return the content of a YAML file. Raises ConfigurationError with the place of a mistake."""
    try:
        content = parse_yaml(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: is not text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}:" if mark else ""
        raise ConfigurationError(f"{name}:{line} {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name}: needs keys at its top level, as config.yaml has them")
    return content


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says, in parts of its own where an alias repeats one.

    Raises yaml.YAMLError for what JSON cannot say, but for infinities and NaN: the schema refuses
    them with their keys.
    """
    try:
        return json.loads(json.dumps(yaml.load(text, Loader=_StrictLoader)))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        # What contains itself or is nested too deep, a number of too many digits, an odd tag.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise yaml.YAMLError(f"a value cannot be read ({reason})") from error


def parse_settings(words: Iterable[str]) -> dict:
    """Return what ``--config key=value`` words say; a value is YAML."""
    settings: dict = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigurationError(f"{COMMAND_LINE}: '{word}' is not key=value")
        try:
            merge(settings, {key: parse_yaml(value)})
        except yaml.YAMLError as error:
            raise ConfigurationError(f"{COMMAND_LINE}: {key}: '{value}' is not YAML") from error
    return settings


def _typed(value: Any) -> Any:
    """Return values of the command line as YAML reads them; Snakemake leaves inner ones as text."""
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if isinstance(value, str):
        try:
            read = parse_yaml(value)
        except yaml.YAMLError:
            return value
        return value if isinstance(read, dict | list) else read
    return value


def _says(content: Any, path: tuple) -> bool:
    for part in path:
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


def shortened(file: str | Path) -> str:
    """Return a path as one says it here: relative where that leads into this folder."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


class _StrictLoader(yaml.SafeLoader):
    """YAML whose keys are text and are given once: the standard lets the last one win silently.

    Nine lines of aliases of aliases can stand for a billion values: they are counted first. Numbers
    are those of YAML 1.2, as Snakemake reads the command line: 010 is 10, 1:40 and dates are text.
    """

    def __init__(self, stream: str):
        super().__init__(stream)
        self.sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        node: Any = super().compose_node(parent, index)
        match node:
            case yaml.MappingNode():
                inner = list(itertools.chain.from_iterable(node.value))
            case yaml.SequenceNode():
                inner = node.value
            case _:
                inner = []
        self.sizes[node] = 1 + sum(self.sizes.get(each, 0) for each in inner)
        if self.sizes[node] > MOST_NODES:
            problem = f"what starts here holds more than {MOST_NODES:,} values"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return node

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """Return the type of a node."""
        tag = super().resolve(kind, value, implicit)
        odd = tag == f"{TAG}timestamp" or (tag in (f"{TAG}int", f"{TAG}float") and ":" in value)
        return f"{TAG}str" if odd else tag

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            problem = None
            if key.tag == f"{TAG}merge":
                continue
            if key.tag != f"{TAG}str":
                problem = f"key '{key.value}' is not text for YAML; put it in quotes"
            elif key.value in lines:
                problem = f"key '{key.value}' is given twice, first in line {lines[key.value]}"
            if problem:
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep=deep)


def _whole_number(_loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    digits = node.value.replace("_", "")
    return int(digits, 0 if "x" in digits or "b" in digits else 10)


_StrictLoader.add_constructor(f"{TAG}int", _whole_number)
