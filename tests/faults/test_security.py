"""Text from a configuration or from data stays text, in every shell, page and figure."""

import ast
import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from PIL import Image
from pyarrow import parquet as pq
from pypdf import PdfReader

from conftest import ROOT, TINY, copy_project, snakemake
from fashionlab.config.configuration import ConfigurationError
from fashionlab.data.download import SourceError, _run
from fashionlab.running.study import load_plan

HOSTILE = [
    "$(touch x)", "`touch x`", "<script>alert(1)</script>", "../../x", "a b", "--help", "; touch x",
    "x\n", "", "a'b\"c", "{input}", "<< f >>", "#panic()", "/etc/passwd", "~root",
]  # fmt: skip
# Everywhere a configuration has a name; {} is the name, and with it one that is allowed there.
NAMED_PLACES = {
    "results: {}": "mine",
    "device: {}": "cpu",
    "dataset: {{folder: {}}}": "data/mine",
    f"dataset: {{{{sha256: {{{{{{}}: {'a' * 64}}}}}}}}}": "t10k-labels-idx1-ubyte",
    "dataset: {{sources: [{{package: {}, path: x}}]}}": "my-images",
    "dataset: {{sources: [{{url: {}}}]}}": "https://example.org/",
    "networks: {{{}: fc16}}": "own",
    "networks: {{mlp1: {}}}": "fc16 act",
    "activations: {{{}: {{class: ReLU}}}}": "own",
    "activations: {{relu: {{class: {}}}}}": "Tanh",
    "optimizers: {{{}: {{class: SGD}}}}": "own",
    "optimizers: {{sgd: {{class: {}}}}}": "Adam",
    "schedules: {{{}: [{{rate: 1, until: 3}}, {{rate: 2}}]}}": "own",
    "input_ranges: {{{}: [0, 1]}}": "own",
    "experiments: {{{}: {{grid: {{network: [mlp1]}}}}}}": "own",
    "experiments: {{own: {{grid: {{activation: [relu]}}, network: {}}}}}": "mlp1",
    "experiments: {{own: {{grid: {{{}: [1]}}}}}}": "epochs",
    "experiments: {{own: {{grid: {{learning_rate: [{}]}}}}}}": "two_rates",
    "{}: 1": "seed",
}


@pytest.mark.parametrize(
    ("place", "allowed"), NAMED_PLACES.items(), ids=[p.format("...")[:60] for p in NAMED_PLACES]
)
def test_a_hostile_name_is_refused(place, allowed, tmp_path):
    path = tmp_path / "changes.yaml"
    path.write_text(place.format(json.dumps(allowed)))
    assert load_plan([str(path)])["trainings"]
    for name in HOSTILE:
        path.write_text(place.format(json.dumps(name)))
        with pytest.raises(ConfigurationError, match=r"changes\.yaml: "):
            load_plan([str(path)])


def hostile_texts(folder):
    """Write a configuration whose free texts, all that may hold anything, are hostile."""
    classes = [*HOSTILE[:7], "$\\frac{1$ *b* _i_", "</title>\"'&\\input{x}", "[l](javascript:x)"]
    markup = '<img src=x onerror=alert(1)> $(touch x) #panic("n") $\\foo$ `touch x` << f >>'
    changes = yaml.safe_load((folder / "workflow/presets/tiny.yaml").read_text())
    changes["dataset"] = {"classes": classes, "name": markup}
    changes["demonstration"] = markup
    changes["experiments"]["generalisation"] |= {"title": markup, "question": markup}
    (folder / "a b;touch x.yaml").write_text(yaml.safe_dump(changes))
    return classes, markup


class Page(HTMLParser):
    """Collects what of a page could be run, and its text."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.active, self.text, self.tag = 0, [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tag = tag
        self.scripts += tag == "script"
        for key, value in attributes:
            if key.startswith("on") or (key in ("href", "src") and "script:" in (value or "")):
                self.active.append((tag, key, value))
            if tag in ("img", "iframe", "object", "embed"):
                self.active.append((tag, key, value))

    def handle_data(self, data):
        self.text += data if self.tag not in ("script", "style") else ""


@pytest.mark.slow
def test_hostile_texts_reach_figures_and_report_as_text(study_copy):
    classes, markup = hostile_texts(study_copy)
    snakemake(study_copy, "--configfile", "a b;touch x.yaml")
    assert not [path for path in study_copy.rglob("*") if path.name in ("x", "y")]
    page = Page((study_copy / "results/tiny/report/report.html").read_text())
    assert page.scripts == 1  # the template's own
    assert page.active == []
    words = " ".join(page.text.split())
    for text in (markup, classes[2]):
        assert text.replace("'", "’") in words.replace("'", "’")
    pdf = "".join(
        p.extract_text() for p in PdfReader(study_copy / "results/tiny/report/report.pdf").pages
    )
    assert "#panic(" in pdf


def test_hostile_texts_reach_snakemakes_own_report_as_text(study_copy):
    chapter = study_copy / "report/chapters/09-cost/text.md.j2"
    title = "# </script><script>alert(1)</script> `a`_: javascript:alert(1)"
    chapter.write_text(chapter.read_text().replace("# Cost", title))
    snakemake(study_copy, *TINY, "--report", "provenance.html")
    text = (study_copy / "provenance.html").read_text()
    scripts = re.findall(r"<script[^>]*>(.*?)</script", text, re.S)  # as a browser divides the page
    assert not [script for script in scripts if script.startswith("alert")]
    assert not re.search(r"""href=.{0,2}javascript:alert""", text)
    assert "system-message" not in text


def test_hostile_texts_are_quoted_in_every_shell_command(tmp_path):
    folder = copy_project(tmp_path / "study")
    hostile_texts(folder)
    printed = snakemake(folder, "--configfile", "a b;touch x.yaml", "--dry-run", "--printshellcmds",
                        "--forceall")  # fmt: skip
    assert "touch x" in printed
    found = re.findall(r"^ *Shell command: (.*?)(?=^ *\[|^$|\Z)", printed, re.M | re.S)
    commands = [command for command in found if not command.startswith("None\n")]
    assert len(commands) > 20
    (tmp_path / "python").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "python").chmod(0o755)
    empty = tmp_path / "empty"
    empty.mkdir()
    for command in commands:  # each is run by bash with a python that does nothing
        subprocess.run(
            ["bash", "-c", command.split(" > ")[0].split(" 2>&1")[0].split(" 3>&2")[0]],
            cwd=empty, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=True,
        )  # fmt: skip
    assert list(empty.iterdir()) == []


UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}


def test_no_program_reads_what_could_run_code():
    for path in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None) or ""} | {a.name for a in node.names}
                assert not UNPICKLING & {name.split(".")[0] for name in names}, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if re.search(r"Loader=(_Strict|Safe)Loader\b", ast.unparse(node)):
                    continue  # the first is made of the second
                assert called not in (
                    "torch.load",
                    "pd.read_pickle",
                    "eval",
                    "exec",
                    "yaml.load",
                ), path
                assert "allow_pickle" not in {k.arg for k in node.keywords}, path
                assert not any(k.arg == "shell" for k in node.keywords), path


GUARD = """
import sys
def refuse(event, arguments):
    if event == "pickle.find_class":
        raise SystemExit(f"something was unpickled: {arguments}")
sys.addaudithook(refuse)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["collect_results", "--dataset-folder", "data/FashionMNIST/raw", "--summary", "results/tiny/new.json", "--tables", "results/tiny/tables"],
        ["judge_claims", "--results", "results/tiny", "--output", "results/tiny/new.json"],
        ["plot", "--results", "results/tiny", "--figure", "first_weights", "--output-dir", "results/tiny/new"],
        ["render_report", "--results", "results/tiny", "--output-dir", "results/tiny/new"],
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_nothing_is_unpickled_when_results_are_read(arguments, study_copy, tmp_path):
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard/sitecustomize.py").write_text(GUARD)
    program, *options = arguments
    guarded = os.environ | {"PYTHONPATH": str(tmp_path / "guard")}
    done = subprocess.run(
        [sys.executable, f"scripts/{program}.py", "--plan", "results/tiny/plan.json", *options],
        cwd=study_copy, env=guarded, text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    unpickle = "import pickle, datetime; pickle.loads(pickle.dumps(datetime.date(2001, 1, 1)))"
    refused = subprocess.run(
        [sys.executable, "-c", unpickle], env=guarded, text=True, capture_output=True
    )
    assert "something was unpickled" in refused.stderr  # the guard is awake


def without_pictures(path):
    """Return a text without what is in base64, where a short name may stand by chance."""
    return re.sub(r"base64,[\w+/=\s]+", "", path.read_text())


def text_of_pdf(path):
    reader = PdfReader(path)
    return "".join([str(reader.metadata), *(page.extract_text() for page in reader.pages)])


def text_of_table(path):
    table = pq.read_table(path)
    words = table.to_pandas().select_dtypes(exclude="number").drop_duplicates()
    return f"{table.schema.metadata} {words.to_csv()}"


# What of each kind of result a person or a program reads.
TEXTS_OF = {
    **dict.fromkeys([".html", ".json", ".csv", ".svg"], without_pictures),
    ".pdf": text_of_pdf,
    ".parquet": text_of_table,
    ".png": lambda path: str(Image.open(path).info),
}


def test_the_report_names_no_folder_user_or_machine(study_copy, tmp_path):
    home = tmp_path / "zebra-home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home), "USER": "zebra-user", "LOGNAME": "zebra-user"}
    subprocess.run(
        [sys.executable, "scripts/render_report.py", "--plan", "results/tiny/plan.json",
         "--results", "results/tiny", "--output-dir", "results/tiny/report"],
        cwd=study_copy, env=environment, check=True,
    )  # fmt: skip
    names = [
        "zebra",
        str(study_copy),
        str(study_copy.parent),
        str(ROOT),
        str(Path.home()),
        sys.prefix,
        platform.node(),
    ]
    private = re.compile(
        "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names if name != "/")
    )
    assert private.search(f"made in {Path.home()}/study on {platform.node()}")
    shown = [path for path in (study_copy / "results/tiny").rglob("*")
             if path.suffix in TEXTS_OF and "logs" not in path.parts]  # fmt: skip
    assert {path.suffix for path in shown} == TEXTS_OF.keys()
    for path in shown:
        assert not private.findall(TEXTS_OF[path.suffix](path)), path


def test_every_package_of_the_lock_is_hashed_and_pinned():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / "envs" / name).read_text().replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert len(lines) > 50 or name.startswith("requirements-dev")
        for line in lines:
            assert re.match(r"[\w.-]+(\[.+?\])?==\S+ ", line), line
            assert "--hash=sha256:" in line, line
    assert not re.search(r"https?://(?!github|pypi)", text), "an index address"


def test_a_package_cannot_write_outside_its_folder(tmp_path):
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    tree = tmp_path / "package"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: evil\nVersion: 1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: x\n"
    )
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree / "link").symlink_to(outside)
    subprocess.run(["dpkg-deb", "-b", tree, tmp_path / "evil.deb"], check=True, capture_output=True)
    # The same package with a second member below the link, as a hostile archive would have it.
    member = tmp_path / "member/link"
    member.mkdir(parents=True)
    (member / "file").write_text("evil")
    parts = tmp_path / "parts"
    parts.mkdir()
    subprocess.run(["ar", "x", "../evil.deb"], cwd=parts, check=True)
    next(parts.glob("data.tar.*")).unlink()
    data = subprocess.run(["tar", "-cf", "data.tar", "-C", tree, "link"], cwd=parts)
    assert data.returncode == 0
    subprocess.run(
        ["tar", "-rf", "data.tar", "-C", tmp_path / "member", "link/file"], cwd=parts, check=True
    )
    control = next(parts.glob("control.tar.*")).name
    (tmp_path / "evil.deb").unlink()
    subprocess.run(
        ["ar", "rc", "../evil.deb", "debian-binary", control, "data.tar"], cwd=parts, check=True
    )
    listed = subprocess.run(
        ["dpkg-deb", "-c", tmp_path / "evil.deb"], check=True, capture_output=True, text=True
    )
    assert "link ->" in listed.stdout
    assert "link/file" in listed.stdout
    with contextlib.suppress(SourceError):  # refused, or unpacked without the member
        _run(["dpkg-deb", "-x", f"{tmp_path}/evil.deb", f"{tmp_path}/unpacked"], tmp_path)
    assert list(outside.iterdir()) == []
