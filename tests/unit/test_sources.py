"""The fingerprint of a program follows its code and nothing else."""

import ast
import io
import tokenize

import pytest

from fashionlab import sources
from fashionlab.sources import (
    ROOT,
    STRING_OR_COMMENT,
    _read_module,
    essential_source,
    program_hash,
    statements,
)

SOURCE = '"""Doc."""\nimport os\n\n\ndef f(x):\n    """Doc."""\n    return x  # why\n'


def essential(source):
    return essential_source(source, list(statements(ast.parse(source))))


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


NASTY = r"""
A = "it's # none"  # it's "one"
B = 'a \' # none', r"\", "#"  # two
C = '''"" # none \''' # none
'''  # three
D = (1,  # four
     {"#": '"'})  # five
"""


@pytest.mark.parametrize("file", [None, *sorted(ROOT.glob("scripts/**/*.py"))], ids=str)
def test_comments_are_those_of_pythons_own_tokenizer(file):
    source = file.read_text("utf-8") if file else NASTY
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    expected = [token.string for token in tokens if token.type == tokenize.COMMENT]
    found = [text for text in STRING_OR_COMMENT.findall(source) if text.startswith("#")]
    assert found == expected


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


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: "", lambda text: "{}"])
def test_what_was_kept_of_a_module_and_is_damaged_is_read_anew(damage, project, monkeypatch):
    monkeypatch.setattr(sources, "KEPT", project / "kept")
    before = hashes(project)
    kept = sorted((project / "kept").iterdir())
    assert len(kept) == len({file.read_text() for file in project.rglob("*.py")})
    texts = [file.read_text() for file in kept]
    assert hashes(project) == before
    for file in kept:
        file.write_text(damage(file.read_text()))
    assert hashes(project) == before
    assert [file.read_text() for file in kept] == texts
