"""Plot one finished training by itself: loss, accuracies and gradient by epoch.

Writes curves/<experiment>/<variant>/run<k>.svg and .png into the folder of the results.
"""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from fashionlab.plotting.axes import accuracy_axis, epoch_axis, focus, log_axis
from fashionlab.plotting.curves import curves_of, draw_curve, summarise
from fashionlab.plotting.figure import render, styled
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import COLOURS, Look
from fashionlab.program import option_parser, run
from fashionlab.running.study import load_plan, parse_in_project, training_called
from fashionlab.storage.files import write_bytes
from fashionlab.storage.results import read_result

PANELS = {
    "a  Training loss": ("loss",),
    "b  Accuracy, %": ("train_accuracy", "validation_accuracy"),
    "c  Gradient norm, first layer": ("gradient_norm",),
}


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("training", help='its id, such as "generalisation/cnn4/run1"')
    arguments = parse_in_project(parser)
    print(plot(load_plan(arguments.configfile, arguments.config), arguments.training))


def plot(plan: dict, name: str) -> str:
    """Draw the plots of a finished training and return how it ended and where they lie.

    Raises ValueError where there is no such training, or no sound result of it.
    """
    training = training_called(plan, name)
    result = read_result(training["result"], training["specification_sha256"])
    stem, style = Path(plan["results"]) / "curves" / name, plan["figures"]
    with styled():
        files = render(draw(training, result, style["smoothing_steps"]), style["dpi"])
    for suffix, content in files.items():
        write_bytes(stem.with_suffix(suffix), content)
    accuracy = result["final"]["test_accuracy"]
    ended = "diverged" if accuracy is None else f"test accuracy {accuracy:.2f} %"
    return f"{name}: {ended}; {stem}.svg"


def draw(training: dict, result: dict, smoothing: int) -> Figure:
    """Return the figure of a verified result, smoothed over some steps: a panel a quantity."""
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    for axes, (title, columns) in zip(figure.subplots(1, 3), PANELS.items(), strict=True):
        for colour, column in zip(COLOURS, columns, strict=False):
            records = pd.Series(result["records"][column], dtype=float).dropna()
            once = column == "validation_accuracy" and training["validate"] == "epochs"
            window = 1 if once else max(1, round(smoothing / training["record_every"]))
            if records.empty:  # it diverged at its first step
                continue
            curve = summarise(
                records.to_frame(), training["records_per_epoch"], window, robust=False
            )
            line = draw_curve(axes, curve, column, Look(colour))
            if len(columns) > 1:
                label_end(axes, line, column.removesuffix("_accuracy"))
        axes.set_title(title)
        epoch_axis(axes, training["epochs"])
        if len(columns) > 1:
            focus(axes)
            accuracy_axis(axes)
        elif curves_of(axes):
            log_axis(axes)
    return figure


if __name__ == "__main__":
    run(main)
