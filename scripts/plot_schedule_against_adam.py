"""Draw the schedules of question 4 against Adam: validation accuracy in time, test accuracy.

Writes schedule_against_adam.svg, .png and .json.
"""

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import (
    figure_axes,
    figure_captions,
    figure_curves,
    figure_labels,
    figure_pairs,
    figure_points,
)
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import Look, looks, network_looks
from fashionlab.figures.plotting import new_figure, run_program

SCHEDULES, REFERENCE = "schedules", "generalisation"
Entry = tuple[str, str, str, Look]


def draw(data: FigureData) -> Figure:
    """Return the figure: curves left, final test accuracies right."""
    figure = new_figure(data, height=3.6)
    time, final = figure.subplots(1, 2, width_ratios=(2.2, 1))
    entries = compared(data)
    for experiment, variant, label, look in entries:
        curve = data.curve(experiment, variant, "validation_accuracy")
        figure_labels.label_end(time, figure_curves.draw_curve(time, curve, label, look), label)
    time.set_title("a  Validation accuracy, %")
    figure_axes.focus(time)
    figure_axes.accuracy_axis(time)
    figure_axes.epoch_axis(time, max(data.training(*entry[:2])["epochs"] for entry in entries))
    figure_points.draw_list(final, outcomes(data, entries), [entry[3] for entry in entries])
    final.set_title("b  Test accuracy, %")
    return figure


def compared(data: FigureData) -> list[Entry]:
    """Return (experiment, variant, label, look): the schedules, then the same networks in Q2.

    Where question 2 has none of the networks the schedules stand alone.
    """
    variants = data.variants(SCHEDULES)
    networks = {data.training(SCHEDULES, v)["network"] for v in variants}
    labels = {v: figure_pairs.rate_label(data.training(SCHEDULES, v)) for v in variants}
    entries = [
        (SCHEDULES, v, labels[v] if len(set(labels.values())) == len(labels) else v, look)
        for v, look in looks(variants, skip=len(data.plan["networks"])).items()
    ]
    colours = network_looks(data)
    for variant in data.variants(REFERENCE) if REFERENCE in data.plan["experiments"] else []:
        training = data.training(REFERENCE, variant)
        if training["network"] in networks:
            name = training["optimizer"].capitalize()
            label = f"{name}, {training['network']}" if len(networks) > 1 else name
            entries.append((REFERENCE, variant, label, colours[training["network"]]))
    return entries


def outcomes(data: FigureData, entries: list[Entry]) -> list:
    """Return (label, test accuracy) of each entry."""
    return [(label, data.outcome(*place)) for *place, label, _ in entries]


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    entries = compared(data)
    named = outcomes(data, entries)
    lengths = {data.training(*entry[:2])["epochs"]: [] for entry in entries}
    for entry in entries:
        lengths[data.training(*entry[:2])["epochs"]].append(entry[2])
    caption = figure_captions.first_and_last(named, data.margin)
    if len(lengths) > 1:
        each = prose.join(f"{prose.join(names)} {n} epochs" for n, names in lengths.items())
        caption += f" The comparison is not of equal effort: {each}."
    caption += figure_captions.divergences(data, [SCHEDULES])
    caption += figure_captions.reading(data, SCHEDULES) + figure_captions.intervals(data, SCHEDULES)
    alt = (
        f"Validation accuracy by epoch of {prose.join(name for name, _ in named)}, and their test "
        f"accuracies with intervals: {figure_captions.values(named)}."
    )
    return {"title": "Schedules against Adam", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "schedule_against_adam")
