"""Draw the schedules of question 4 against Adam: validation accuracy in time, test accuracy.

Writes schedule_against_adam.svg, .png and .json.
"""

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions
from fashionlab.figures.data import FigureData
from fashionlab.figures.panels import Entry, rate_label
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.figures.points import draw_list
from fashionlab.plotting.axes import accuracy_axis, epoch_axis, focus
from fashionlab.plotting.curves import draw_curve
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import looks

SCHEDULES, REFERENCE = "schedules", "generalisation"


def draw(data: FigureData) -> Figure:
    """Return the figure: curves left, final test accuracies right."""
    figure = new_figure(data, height=3.6)
    time, final = figure.subplots(1, 2, width_ratios=(2.2, 1))
    entries = compared(data)
    for experiment, variant, label, look in entries:
        curve = data.curve(experiment, variant, "validation_accuracy")
        label_end(time, draw_curve(time, curve, label, look), label)
    time.set_title("a  Validation accuracy, %")
    focus(time)
    accuracy_axis(time)
    epoch_axis(time, max(data.training(*entry[:2])["epochs"] for entry in entries))
    named = [(entry.name, data.outcome(*entry[:2])) for entry in entries]
    draw_list(final, named, [entry.look for entry in entries])
    final.set_title("b  Test accuracy, %")
    return figure


def compared(data: FigureData) -> list[Entry]:
    """Return what is compared: the schedules, then the same networks in Q2.

    Where question 2 has none of the networks the schedules stand alone.
    """
    variants = data.variants(SCHEDULES)
    networks = {data.training(SCHEDULES, v)["network"] for v in variants}
    labels = {v: rate_label(data.training(SCHEDULES, v)) for v in variants}
    entries = [
        Entry(SCHEDULES, v, labels[v] if len({*labels.values()}) == len(labels) else v, look)
        for v, look in looks(variants, skip=len(data.plan["networks"])).items()
    ]
    for variant in data.variants(REFERENCE) if REFERENCE in data.plan["experiments"] else []:
        training = data.training(REFERENCE, variant)
        if training["network"] in networks:
            name = training["optimizer"].capitalize()
            label = f"{name}, {training['network']}" if len(networks) > 1 else name
            entries.append(Entry(REFERENCE, variant, label, data.look(REFERENCE, variant)))
    return entries


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    entries = compared(data)
    named = [(entry.name, data.outcome(*entry[:2])) for entry in entries]
    lengths: dict[int, list[str]] = {}
    for entry in entries:
        lengths.setdefault(data.training(*entry[:2])["epochs"], []).append(entry.name)
    caption = captions.first_and_last(named, data.margin)
    if len(lengths) > 1:
        each = prose.join(f"{prose.join(names)} {n} epochs" for n, names in lengths.items())
        caption += f" The comparison is not of equal effort: {each}."
    caption += captions.ending(data, SCHEDULES, bars=True)
    alt = (
        f"Validation accuracy by epoch of {prose.join(name for name, _ in named)}, and their test "
        f"accuracies with intervals: {captions.values(named)}."
    )
    return {"title": "Schedules against Adam", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "schedule_against_adam")
