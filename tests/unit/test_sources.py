"""The fingerprint of a program follows its code and nothing else."""

import ast

import pytest

from fashionlab.sources import essential_source, program_hash

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
def program(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "run.py").write_text("from lab import a\n")
    (tmp_path / "lab/a.py").write_text("import lab.b\n")
    (tmp_path / "lab/b.py").write_text("x = 1\n")
    (tmp_path / "lab/c.py").write_text("x = 1\n")
    return tmp_path


def fresh_hash(folder):
    program_hash.cache_clear()
    from fashionlab import sources

    sources._read_module.cache_clear()
    return program_hash(str(folder / "run.py"))


def test_an_edit_of_a_module_imported_by_an_imported_module_counts(program):
    before = fresh_hash(program)
    (program / "lab/b.py").write_text("x = 2\n")
    assert fresh_hash(program) != before


def test_an_edit_of_a_module_that_is_not_imported_does_not_count(program):
    before = fresh_hash(program)
    (program / "lab/c.py").write_text("x = 2\n")
    assert fresh_hash(program) == before
