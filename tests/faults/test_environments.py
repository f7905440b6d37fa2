"""On other people's machines, whatever locale, options, pipes and folders they have

A way to start Python that changes its behaviour, an environment that lacks something, a terminal
that goes away: the study does the same as ever, or says in a sentence why it cannot.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from conftest import ROOT, TINY
from fashionlab.sources import commit_of
from faults.test_kills import processes

LIGHT = ("show_plan.py", "describe_configuration.py")  # to import; the others take their time
PROGRAMS = [
    pytest.param(path.name, marks=[pytest.mark.slow] if path.name not in LIGHT else [])
    for path in sorted((ROOT / "scripts").glob("*.py"))
]
STUDY = [sys.executable, "scripts/run_study.py", *TINY]
PLAN = [sys.executable, "scripts/show_plan.py", *TINY]
DONE = r"^generalisation .* 2/2$"


def run(command, folder, **environment):
    """Run a command; what is None in the environment is taken out of it."""
    own = {name: value for name, value in (os.environ | environment).items() if value is not None}
    return subprocess.run(command, cwd=folder, env=own, text=True, capture_output=True)


@pytest.fixture
def locales(tmp_path):
    """Locales whose encoding is not UTF-8, by what chooses them."""
    command = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", tmp_path / "latin"]
    if shutil.which("localedef"):
        subprocess.run(command, check=False, capture_output=True)
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": None}
    return {
        "ascii": plain | {"LC_ALL": "C"},
        "latin": plain | {"LC_ALL": "latin", "LOCPATH": str(tmp_path)},
    }


@pytest.mark.parametrize("name", [pytest.param("ascii", marks=pytest.mark.slow), "latin"])
def test_in_another_locale_a_finished_study_is_finished(name, locales, study_copy):
    spoken = run([sys.executable, "-c", "print(open(0).encoding)"], ROOT, **locales[name]).stdout
    if "UTF-8" in spoken:
        pytest.skip("this machine has no data of that locale")
    done = run(STUDY, study_copy, **locales[name])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(DONE, done.stdout, re.M)
    assert "Report: results/tiny/report/report.html" in done.stdout


@pytest.mark.slow
def test_without_docstrings_and_asserts_the_report_is_rendered(study_copy):
    report = study_copy / "results/tiny/report/report.html"
    before = report.read_bytes()
    report.unlink()
    done = run(STUDY, study_copy, PYTHONOPTIMIZE="2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert report.read_bytes() == before


@pytest.mark.parametrize("unbuffered", [None, "1"], ids=["", "PYTHONUNBUFFERED"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_full_device_behind_standard_output_is_told_in_a_sentence(name, unbuffered):
    command = f"exec {sys.executable} scripts/{name} --help > /dev/full"
    done = run(["bash", "-c", command], ROOT, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    stem = name.removesuffix(".py")
    assert done.stderr == f"{stem}: standard output: No space left on device\n"


@pytest.mark.parametrize("unbuffered", [None, "1"], ids=["", "PYTHONUNBUFFERED"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_closed_pipe_ends_a_program_quietly(name, unbuffered):
    pipe, end = os.pipe()
    os.close(pipe)
    done = subprocess.run(
        [sys.executable, f"scripts/{name}", "--help"], cwd=ROOT, text=True, stdout=end,
        stderr=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": unbuffered or ""},
    )  # fmt: skip
    os.close(end)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_without_docstrings_still_explains_its_options(name):
    done = run([sys.executable, "-OO", f"scripts/{name}", "--help"], ROOT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [STUDY, [*PLAN[:1], "scripts/prune_results.py", *TINY]])
def test_warnings_as_errors_leave_no_word(command, study_copy):
    done = run([command[0], "-W", "error", *command[1:]], study_copy)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name",
    ["PATH", *(pytest.param(name, marks=pytest.mark.slow) for name in ("HOME", "LANG", "TERM"))],
)
def test_a_variable_that_is_not_set_is_not_missed(name, tiny_study):
    dry = [sys.executable, "-m", "snakemake", "-n", *TINY]
    done = run(dry, tiny_study, **{name: None})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in done.stdout


def test_a_plan_is_shown_from_any_folder_with_the_files_of_that_folder(tiny_study, tmp_path):
    (tmp_path / "mine.yaml").write_text("experiments: {schedules: null}")
    command = [sys.executable, tiny_study / "scripts/show_plan.py", "--configfile",
               tiny_study / "workflow/presets/tiny.yaml", "mine.yaml"]  # fmt: skip
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(DONE, done.stdout, re.M)
    assert "schedules" not in done.stdout


@pytest.mark.parametrize("cores", ["0", "-1", "many", "99999999999999999999"])
def test_a_number_of_cores_that_nothing_or_everything_could_run_on_is_refused(cores):
    done = run([sys.executable, "scripts/run_study.py", f"--cores={cores}"], ROOT)
    assert done.returncode == 2
    assert f"argument --cores: '{cores}' is not a number from 1 on, or all" in done.stderr


@pytest.mark.parametrize("limit", ["--cores=0", "--jobs=-1"])
def test_snakemake_is_refused_such_a_number_too(limit, tiny_study):
    done = run([sys.executable, "-m", "snakemake", limit, *TINY], tiny_study)
    assert done.returncode == 1
    assert "--cores and --jobs: at least 1" in done.stderr
    assert "Traceback" not in done.stderr


def start_to_render(folder, *ignored):
    """Start a study that has only its report to render, with some signals ignored; return it."""
    shutil.rmtree(folder / "results/tiny/report")
    log = folder / "results/tiny/logs/snakemake.log"
    log.unlink(missing_ok=True)

    def ignore():  # those alone, also where the tests run under nohup
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    study = subprocess.Popen(
        [*STUDY, "--cores", "all"], cwd=folder, start_new_session=True, preexec_fn=ignore,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    while not (log.exists() and "rule render_report" in log.read_text()) and study.poll() is None:
        time.sleep(0.05)
    return study


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGHUP,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGINT, signal.SIGTERM)),
    ],
)
def test_a_signal_that_was_ignored_at_the_start_stays_ignored_as_nohup_wants(number, study_copy):
    study = start_to_render(study_copy, number)
    os.kill(study.pid, number)
    output = study.communicate()[0]
    assert study.returncode == 0, output
    assert (study_copy / "results/tiny/report/report.pdf").is_file()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_a_study_in_a_sentence(number, study_copy):
    study = start_to_render(study_copy)
    os.kill(study.pid, number)
    output = study.communicate()[0]
    assert study.returncode == 128 + number, output
    assert output.endswith("run_study: stopped; the same command goes on from here.\n")
    assert processes(study_copy) == {}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository of the project with a commit, whatever git's settings are on this machine."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    (project / "scripts/run.py").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    git(project, "init", "--quiet")
    git(project, "add", ".")
    commit = ("commit", "--quiet", "--message", "A study")
    git(project, "-c", "user.name=A", "-c", "user.email=a@b", *commit)
    return project


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, text=True, capture_output=True
    )
    return done.stdout.strip()


def test_the_commit_is_named_and_a_change_to_a_tracked_file_is_told(repository):
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "untracked").touch()
    assert commit_of(repository) == (commit, True)
    (repository / "scripts/run.py").write_text("x = 2\n")
    assert commit_of(repository) == (commit, False)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_a_repository_that_the_environment_names_is_not_taken_for_the_studys_own(
    name, repository, tmp_path_factory, monkeypatch
):
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    commit = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv(name, str(other / ".git"))
    assert commit_of(repository) == (commit, True)


def no_git(folder, monkeypatch):
    monkeypatch.setenv("PATH", str(folder))


def another_owner(folder, _):
    if os.getuid():
        pytest.skip("only root can give a folder away")
    for path in (folder, folder / ".git"):
        os.chown(path, 1234, 1234)


@pytest.mark.parametrize(
    ("place", "change", "reason"),
    [
        (".", no_git, "git is not installed"),
        (".", another_owner, "git refuses to read the repository, which belongs to another user"),
        ("scripts", None, "the study lies in a git repository that is not its own"),
        ("..", None, "the study lies in no git repository"),
        ("new", lambda folder, _: git(folder, "init", "new"), "the git repository of the study has no commit yet"),
        (".", lambda folder, _: (folder / ".git/HEAD").write_text("?"), "the study lies in no git repository"),
        (".", lambda folder, _: (folder / ".git/index").write_text("?"), "git cannot read the repository of the study"),
    ],
)  # fmt: skip
def test_where_no_commit_can_be_named_the_reason_is_and_no_folder(
    place, change, reason, repository, monkeypatch
):
    if change:
        change(repository, monkeypatch)
    with pytest.raises(ValueError) as caught:
        commit_of(repository / place)
    assert str(caught.value) == reason
