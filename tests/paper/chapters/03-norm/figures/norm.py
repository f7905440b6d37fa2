"""Test accuracy against the number of parameters."""

from fashionlab.plotting.axes import plain_numbers
from fashionlab.plotting.figure import new_figure
from fashionlab.plotting.points import draw_outcomes

NEEDS = ("norm",)


def draw(study):
    """Return the figure: a point a network, with its interval."""
    figure = new_figure(study, height=3)
    axes = figure.subplots()
    draw_outcomes(axes, study, "norm", x="parameters")
    axes.set(xscale="log", xlabel="parameters", ylabel="test accuracy, %")
    plain_numbers(axes.xaxis)
    return figure
