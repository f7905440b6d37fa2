"""The HTML report in a real headless browser: what a reader would notice if it broke."""

import os

import pytest
from playwright.sync_api import sync_playwright

from get_browser import MISSING, find_browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# The smallest contrast (WCAG 2.1, 1.4.3: 4.5, or 3 for large type) of all visible text of the page.
# Text of figures counts by its fill against the page.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = (rgb) => rgb.map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    const layers = [];
    for (let n = node; n; n = n.parentElement) {
      const colour = rgba(getComputedStyle(n).backgroundColor);
      layers.push(colour); if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const failures = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
    const style = getComputedStyle(node), svg = node.closest('svg');
    if (!text || !node.getClientRects().length || style.opacity === '0') continue;
    if (node.closest('script, style, desc, title')) continue;
    const back = behind(svg ? svg.parentElement : node);
    const lift = parseFloat((style.filter.match(/brightness\\(([\\d.]+)\\)/) ?? [0, 1])[1]);
    const front = over(rgba(svg ? style.fill : style.color), back)
      .map((v) => Math.min(255, lift * v));
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
    if (ratio < (large ? 3 : 4.5)) failures.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return failures;
}"""


@pytest.fixture(scope="module")
def browser():
    path = find_browser()
    if not path:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_report(browser, report_dir):
    """Return a function that opens the report and notes errors and requests of the page."""
    contexts = []

    def open_page(width=1280, height=900, theme="light"):
        viewport = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=viewport, color_scheme=theme))
        page = contexts[-1].new_page()
        page.errors, page.requests = [], []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto((report_dir / "report.html").resolve().as_uri())
        page.evaluate("document.fonts.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_without_error_and_without_network(open_report, theme):
    page = open_report(theme=theme)
    page.mouse.wheel(0, 5000)
    assert page.errors == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in page.requests if url.startswith("file:")]) == 1


def test_the_fonts_are_those_that_it_brings(open_report):
    page = open_report()
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    families = {family.strip('"') for family in loaded}
    assert families == {"Source Sans 3", "STIX Two Text", "STIX Two Math"}


def test_no_anchor_is_broken_and_no_id_stands_twice(open_report):
    page = open_report()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(n => n.id)")
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    )
    assert sorted(ids) == sorted(set(ids))
    assert set(targets) - set(ids) == set()
    assert len(targets) > 10


def test_every_section_and_figure_can_be_linked_to(open_report):
    page = open_report()
    unmarked = """[...document.querySelectorAll('main h2, main h3, main figcaption')]
        .filter(n => !n.querySelector('a[href^="#"]')).map(n => n.textContent)"""
    assert page.evaluate(unmarked) == []


def test_every_figure_has_an_accessible_name(open_report):
    page = open_report()
    names = page.evaluate("""[...document.querySelectorAll('figure svg')].map(svg => [
        svg.getAttribute('role'),
        document.getElementById(svg.getAttribute('aria-labelledby'))?.textContent.trim() ?? ''])""")
    assert names
    assert [name for name in names if name[0] != "img" or len(name[1]) < 20] == []


def test_every_control_has_an_accessible_name(open_report):
    page = open_report()
    nameless = """[...document.querySelectorAll('a, button, [tabindex]')].filter(n =>
        !(n.getAttribute('aria-label') || n.textContent.trim())).map(n => n.outerHTML)"""
    assert page.evaluate(nameless) == []


def test_nothing_sticks_out_of_a_phone(open_report):
    page = open_report(width=375, height=800)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_contrast_in_both_themes(open_report, theme):
    page = open_report(theme=theme)
    assert page.evaluate(CONTRAST) == []


def test_the_button_changes_the_theme(open_report):
    page = open_report(theme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.click("#theme")
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(background) != before
    assert page.evaluate(CONTRAST) == []


def test_the_contents_open_on_a_phone_and_lead_to_a_section(open_report):
    page = open_report(width=375, height=800)
    assert not page.is_visible("nav ol")
    page.click("#menu")
    page.click("nav li:nth-child(2) a")
    assert not page.is_visible("nav ol")
    assert page.evaluate("location.hash.length > 1")


def test_a_curve_under_the_pointer_is_named_and_the_others_fade(open_report):
    page = open_report()
    box = page.locator("[data-curves]").first
    box.scroll_into_view_if_needed()
    # A point of the curve itself, for the middle of its bounding box may be empty.
    place = box.evaluate("""box => {
        const path = box.querySelector('.curve path'), at = path.getPointAtLength(
          path.getTotalLength() / 3), m = path.getScreenCTM();
        return [m.a * at.x + m.e, m.d * at.y + m.f,
                path.closest('.curve').dataset.name.replaceAll('-', ' ')];
    }""")
    page.mouse.move(place[0], place[1])
    assert page.is_visible("#tip")
    names = box.evaluate("b => [...b.querySelectorAll('.curve')].map(c => c.dataset.name)")
    assert page.inner_text("#tip") in {name.replace("-", " ") for name in names}
    if len(set(names)) > 1:
        faded = "b => b.querySelector('.curve:not(.on)').matches('.named .curve')"
        assert box.evaluate(faded)
    page.mouse.move(1, 1)
    assert not page.is_visible("#tip")


def test_the_arrow_keys_name_the_curves(open_report):
    page = open_report()
    box = page.locator("[data-curves]").first
    box.focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#tip")
    page.keyboard.press("Escape")
    assert not page.is_visible("#tip")


def test_mathematics_is_mathml(open_report):
    page = open_report()
    assert page.evaluate("document.querySelectorAll('math').length") > 5
    assert page.evaluate("document.querySelectorAll('merror').length") == 0


def test_it_prints_on_pages_without_the_controls(open_report):
    page = open_report()
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
    assert not page.is_visible("#theme")
    assert page.pdf(format="A4").startswith(b"%PDF")
