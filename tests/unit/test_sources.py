"""The fingerprint of a program follows its code and nothing else."""

import ast
import os
import subprocess

import pytest

from fashionlab.sources import _read_module, commit_of, essential_source, program_hash

SOURCE = '"""Doc."""\nimport os\n\n\ndef f(x):\n    """Doc."""\n    return x  # why\n'


def essential(source):
    return essential_source(source, list(ast.walk(ast.parse(source))))


@pytest.mark.parametrize(
    "other",
    [
        SOURCE.replace("Doc.", "Other words.\n\nOf several lines."),
        SOURCE.replace("  # why", ""),
        SOURCE.replace("\n\n\n", "\n# a comment\n\n"),
    ],
)
def test_comments_docstrings_and_blank_lines_do_not_count(other):
    assert essential(other) == essential(SOURCE)


@pytest.mark.parametrize("other", [SOURCE.replace("x", "y"), SOURCE + 'Z = "# no comment"\n'])
def test_code_counts(other):
    assert essential(other) != essential(SOURCE)


def test_a_hash_in_a_string_is_no_comment():
    assert "# no comment" in essential('Z = "# no comment"\n')


@pytest.mark.parametrize("text", ["a\n\nb", "a \nb", "a\n b", "a\nb "])
@pytest.mark.parametrize("prefix", ["", "f"])
def test_blank_lines_and_spaces_within_a_string_count(text, prefix):
    sources = [f'X = {prefix}"""{content}"""\n' for content in (text, "a\nb")]
    assert essential(sources[0]) != essential(sources[1])


@pytest.fixture
def project(tmp_path):
    """A program that imports the package, and a chapter of the paper that it loads by its path."""
    for name, text in {
        "scripts/run.py": "from lab import a\n",
        "scripts/lab/a.py": "import lab.b\n",
        "scripts/lab/b.py": "x = 'ö'\n",
        "scripts/lab/c.py": "x = 1\n",
        "scripts/lab/d.py": "x = 1\n",
        "report/chapters/03-own/facts.py": "from original.tables import x\nfrom lab.c import x\n",
        "report/original/tables.py": "from original import numbers\n",
        "report/original/numbers.py": "x = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def hashes(project):
    """Return the fingerprint of the program alone, and with the chapter that it loads."""
    program_hash.cache_clear()
    _read_module.cache_clear()
    files = ["scripts/run.py", "report/chapters/03-own/facts.py"]
    return [program_hash(*files[:number], root=project) for number in (1, 2)]


@pytest.mark.parametrize(
    ("edited", "seen"),
    [
        ("scripts/lab/b.py", [True, True]),  # imported by what is imported
        ("scripts/lab/c.py", [False, True]),  # imported by the chapter
        ("scripts/lab/d.py", [False, False]),  # imported by nothing
        ("report/chapters/03-own/facts.py", [False, True]),
        ("report/original/numbers.py", [False, True]),
    ],
)
def test_an_edit_counts_for_what_imports_it_however_deep_and_for_nothing_else(
    edited, seen, project
):
    before = hashes(project)
    (project / edited).write_text("x = 2\n")
    assert [a != b for a, b in zip(before, hashes(project), strict=True)] == seen


@pytest.fixture
def repository(project, monkeypatch):
    """A git repository of the project with a commit, whatever git's settings are on this machine."""
    monkeypatch.setenv("HOME", str(project / "none"))
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
