"""Draw the rules of the workflow and how they depend on each other.

Reads Snakemake's own graph:
snakemake report --rulegraph dot | python scripts/plot_rules.py --output rules.svg
"""

import re
import sys
from pathlib import Path

import networkx
from matplotlib.figure import Figure

from fashionlab.program import option_parser, run


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--output", type=Path, required=True, help="SVG, PNG or PDF file to write")
    arguments = parser.parse_args()
    graph = read_dot(sys.stdin.read())
    if not graph:
        raise ValueError("no rules on standard input; see --help")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    draw(graph).savefig(arguments.output)


def read_dot(text: str) -> networkx.DiGraph:
    """Return the graph of rules from Snakemake's dot text."""
    names = dict(re.findall(r'^\s*(\d+)\[label = "([^"\\]+)', text, re.M))
    graph = networkx.DiGraph()
    graph.add_nodes_from(names.values())
    edges = re.findall(r"^\s*(\d+) -> (\d+)", text, re.M)
    graph.add_edges_from((names[start], names[end]) for start, end in edges)
    return networkx.transitive_reduction(graph)


def draw(graph: networkx.DiGraph) -> Figure:
    """Return the graph from top to bottom, in layers of what can run at the same time."""
    for layer, nodes in enumerate(networkx.topological_generations(graph)):
        for node in nodes:
            graph.nodes[node]["layer"] = -layer
    places = networkx.multipartite_layout(graph, subset_key="layer", align="horizontal")
    figure = Figure(figsize=(7, 5))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.margins(0.2, 0.08)
    box = {"boxstyle": "round,pad=0.4", "facecolor": "#eef3f8", "edgecolor": "#33526b"}
    for start, end in graph.edges:
        arrow = {"arrowstyle": "-|>", "color": "#33526b", "shrinkA": 14, "shrinkB": 14}
        axes.annotate("", places[end], places[start], arrowprops=arrow)
    for node, (x, y) in places.items():
        axes.text(x, y, node, ha="center", va="center", bbox=box)
        axes.plot(x, y, alpha=0)
    return figure


if __name__ == "__main__":
    run(main)
