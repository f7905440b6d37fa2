"""What all figures share: labels, smoothing, colours, the original's curves, fonts."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from conftest import ROOT
from fashionlab.chapters import load
from fashionlab.measures import weight_images
from fashionlab.planning.notation import parse_network
from fashionlab.plotting import figure as plotting
from fashionlab.plotting.axes import focus, log_axis
from fashionlab.plotting.curves import POINTS, Curve, curves_of, draw_curve, summarise
from fashionlab.plotting.images import draw_mosaic, mosaic
from fashionlab.plotting.labels import dodge, label_end, settle_labels
from fashionlab.plotting.looks import COLOURS, COOL_TO_HOT, ORIGINAL, Look, looks, sequence
from made_up import made_up


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    values = np.array(to_rgb(colour))
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(
    "colour",
    [
        *COLOURS,
        *COOL_TO_HOT,
        ORIGINAL,
        *(look.colour for look in sequence(list("abcdefg")).values()),
    ],
)
def test_every_colour_can_be_read_on_white_and_on_dark(colour):
    own, dark = luminance(colour), luminance("#16181d")
    assert 1.05 / (own + 0.05) >= 3
    assert (own + 0.05) / (dark + 0.05) >= 3


def test_more_networks_than_colours_still_look_different():
    many = looks([f"net{number}" for number in range(40)])
    assert len({(look.colour, look.marker) for look in many.values()}) == 40
    assert many["net0"] == looks(["net0"])["net0"]


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_apart_in_order_and_inside(seed):
    wanted = np.random.default_rng(seed).uniform(-20, 120, 8).tolist()
    moved = dodge(wanted, 10, 0, 100)
    order = np.argsort(wanted)
    assert np.diff(np.array(moved)[order]).min() >= 10 - 1e-9
    assert min(moved) >= 0
    assert max(moved) <= 100


@pytest.mark.parametrize("seed", range(5))
def test_labels_lie_where_scipys_isotonic_regression_puts_them(seed):
    wanted = np.sort(np.random.default_rng(seed).uniform(0, 100, 9))
    room = 5 * np.arange(9)
    expected = np.clip(isotonic_regression(wanted - room).x, 0, 100 - room[-1]) + room
    assert dodge(wanted.tolist(), 5, 0, 100) == pytest.approx(expected, abs=1e-9)


def test_labels_that_do_not_collide_stay_where_they_are():
    assert dodge([50, 10, 30], 10, 0, 100) == [50, 10, 30]
    assert dodge([50, 50], 10, 0, 100) == [45, 55]


def test_labels_of_curves_that_end_together_do_not_cover_each_other():
    with plotting.styled():
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        for number, name in enumerate("abcde"):
            points = np.array([0.0, 1.0])
            curve = Curve(points, points + number / 1000, points, points)
            line = draw_curve(axes, curve, name, Look("#2b5fd9"))
            label_end(axes, line, name)
        settle_labels(figure)
        heights = sorted(text.get_position()[1] for text in axes.texts)
    assert np.diff(heights).min() > 8.5


def wide(*runs) -> pd.DataFrame:
    return pd.DataFrame(dict(enumerate(runs, start=1)), index=np.arange(len(runs[0])) * 10)


def test_a_curve_of_one_run_is_the_mean_of_its_window_with_a_band_of_its_records():
    curve = summarise(wide([0.0, 10, 0, 10, 0, 10]), steps_per_epoch=20, window=3, robust=False)
    assert curve.x.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert curve.middle[1:5] == pytest.approx([10 / 3, 20 / 3, 10 / 3, 20 / 3])
    assert (curve.low <= curve.middle).all()
    assert (curve.middle <= curve.high).all()


def test_a_curve_of_several_runs_spans_them():
    curve = summarise(wide([1.0, 1, 1], [3.0, 3, 3], [8.0, 8, 8]), 10, 1, robust=False)
    assert curve.middle.tolist() == [4, 4, 4]
    assert (curve.low.tolist(), curve.high.tolist()) == ([1, 1, 1], [8, 8, 8])
    assert summarise(wide([1.0], [3.0], [8.0]), 10, 1, robust=True).middle.tolist() == [3]


def test_a_run_that_diverged_leaves_the_mean_of_the_others():
    curve = summarise(wide([1.0, 1, np.nan, np.nan], [3.0, 3, 3, 3]), 10, 3, robust=False)
    assert curve.middle.tolist() == [2, 2, 3, 3]


def test_long_curves_are_thinned_out_but_keep_their_ends():
    curve = summarise(wide(np.arange(3240.0)), 1080, 1, robust=False)
    assert len(curve.x) <= POINTS
    assert (curve.middle[0], curve.middle[-1]) == (0, 3239)


def test_what_is_exactly_zero_is_shown_at_the_bottom_of_a_logarithmic_axis():
    with plotting.styled():
        figure = Figure()
        axes = figure.subplots()
        values = np.array([1.0, 0.1, 0.0])
        curve = Curve(np.arange(3), values, values, values)
        line = draw_curve(axes, curve, "dead", Look("#2b5fd9"))
        log_axis(axes)
        figure.draw_without_rendering()
        written = dict(zip(axes.get_yticks(), [t.get_text() for t in axes.get_yticklabels()],
                           strict=True))  # fmt: skip
    assert line.get_ydata().tolist() == pytest.approx([1, 0.1, 0.01])
    assert written[0.01] == "0"


def test_a_missing_font_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"SourceSans3-Regular\.ttf: font of the figures"):
        plotting.register_fonts(tmp_path)


def test_a_mosaic_keeps_every_pixel_and_is_transparent_between_images():
    images = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    canvas = mosaic(images, columns=2, limits=(0, 17))
    assert canvas.shape == (3, 7, 4)
    assert canvas[0, 0].tolist() == [0, 0, 0, 255]
    assert canvas[2, 6].tolist() == [255, 255, 255, 255]
    assert (canvas[:, 3, 3] == 0).all()


def test_rows_of_tiny_images_have_their_centres_where_they_are_drawn():
    with plotting.styled():
        axes = Figure().subplots()
        rows = draw_mosaic(axes, np.zeros((6, 8, 8)), columns=3, limits=(0, 1))
    bottom, top = axes.images[0].get_extent()[2:]
    height, gap = 24, 2  # 8 pixels are drawn as 24
    assert rows == [height / 2, height + gap + height / 2]
    assert (top, bottom) == (0, 2 * height + gap)


@pytest.mark.parametrize(
    ("line", "size", "shape"),
    [
        ("fc4 act", [1, 8, 6], (4, 1, 8, 6)),
        ("norm drop0.5 act fc4", [3, 8, 6], (4, 3, 8, 6)),
        ("pool fc4 act", [3, 8, 6], (4, 3, 4, 3)),
        ("norm conv3x5x4 act", [3, 8, 6], (4, 3, 3, 5)),
    ],
)
def test_first_layer_weights_are_images_of_what_the_layer_sees(line, size, shape):
    layers = [dataclasses.asdict(layer) for layer in parse_network(line, tuple(size), 10)]
    first = next(layer for layer in layers if layer["kind"] in ("conv", "fc"))
    weight = np.arange(first["parameters"] - 4, dtype=float)
    weight = weight.reshape(shape) if first["kind"] == "conv" else weight.reshape(4, -1)
    images = weight_images(weight, layers, size)
    assert images.shape == shape
    assert np.array_equal(images.ravel(), weight.ravel())


def grey_lines(figure):
    """Return the original's curves in a figure."""
    drawn = [line for axes in figure.axes for line in curves_of(axes)]
    return [line for line in drawn if line.get_color() == ORIGINAL]


@pytest.mark.skipif(not (ROOT / "report/original").is_dir(), reason="a paper without an original")
@pytest.mark.parametrize(
    ("module", "number"),
    [
        ("04-gradients/figures/gradients.py", 20),  # 5 networks, 2 activations, 2 quantities
        ("05-learning-rates/figures/learning_rates.py", 6),
        ("05-learning-rates/figures/schedules.py", 2),
        ("03-generalisation/figures/generalisation.py", 0),  # its networks did not start afresh
    ],
)
def test_the_originals_curves_stand_beside_ours_where_they_can_be_compared(module, number):
    draw = load(ROOT / "report/chapters" / module).draw
    study = made_up()
    assert len(grey_lines(draw(study))) == number
    study.original.plan["demonstration"] = "A demonstration."
    assert grey_lines(draw(study)) == []


def test_panels_that_share_an_axis_are_focused_on_what_all_of_them_show():
    panels = Figure().subplots(1, 2, sharey=True)
    for axes, end in zip(panels, (90.0, 97.0), strict=True):
        curve = Curve(
            *(np.linspace(a, b, 50) for a, b in ((0, 15), (80, end), (80, end), (80, end)))
        )
        draw_curve(axes, curve, "cnn4", Look(COLOURS[0]))
    focus(*panels)
    low, high = panels[1].get_ylim()
    assert low < 81
    assert high > 97
