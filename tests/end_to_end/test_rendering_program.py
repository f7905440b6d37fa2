"""The program that renders a finished study: the same bytes again, and mistakes in one sentence."""

import shutil
import subprocess
import sys

RESULTS = "results/tiny"


def run_rendering(study, output, *arguments):
    """Run the program as the workflow does, with another seed of Python's hashes each time."""
    command = [sys.executable, "scripts/render_report.py", "--plan", f"{RESULTS}/plan.json"]
    command += ["--results", RESULTS, "--output-dir", str(output), *arguments]
    return subprocess.run(command, cwd=study, text=True, capture_output=True, check=False)


def test_rendering_again_gives_the_same_bytes(tiny_study, tmp_path):
    done = run_rendering(tiny_study, tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "report.pdf"):
        first = (tiny_study / RESULTS / "report" / name).read_bytes()
        assert (tmp_path / name).read_bytes() == first


def test_a_mistake_in_the_text_is_one_sentence_that_names_it(tiny_study, tmp_path):
    source = tmp_path / "report"
    shutil.copytree(tiny_study / "report", source)
    with (source / "chapters/03-generalisation/text.md.j2").open("a") as section:
        section.write("\n[@nobody1900]\n")
    done = run_rendering(tiny_study, tmp_path / "out", "--source", str(source))
    assert done.returncode == 1
    assert "nobody1900" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out/report.html").exists()
