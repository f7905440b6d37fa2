# How `snakemake --report` shows the results: by question, each with a caption. It reads captions as
# reStructuredText, with directives that include files and raw HTML, and writes categories and
# parameters into the page's script as they are.
import re

from fashionlab.markup import restructured_text


def category_of(wildcards):
    """Return the words of the question that a figure belongs to."""
    return " ".join(re.findall(r"[^\W_]+[.,?!]?", FIGURES[wildcards.figure].question)) or OTHERS


def captioned(suffix):
    """Return a figure's file, marked for `snakemake --report`."""
    return report(
        f"{R}/figures/{{figure}}.{suffix}",
        category=category_of,
        caption="../../report/captions/figure.rst",
        labels={"result": "figure {figure}"},
    )


def read_caption(path):
    """Return the caption of a figure, or nothing before it is drawn. Raises ValueError if altered."""
    if not os.path.exists(path):
        return ""
    # One without a checksum is of an earlier version, and will be drawn again.
    read = read_sealed if "checksum" in read_json(path) else read_json
    return str(read(path, ["caption"])["caption"])


def caption_of(wildcards, output):
    """Return the caption of a figure, for `snakemake --report`."""
    return restructured_text(read_caption(output.meta))


try:
    for figure in FIGURES if workflow.is_main_process else []:
        read_caption(f"{R}/figures/{figure}.json")
except ValueError as error:
    sys.exit(str(error))


def captioned_table(name):
    """Return a table's file, marked for `snakemake --report`."""
    return report(
        f"{R}/{name}",
        category=OTHERS,
        caption=f"../../report/captions/{os.path.basename(name).partition('.')[0]}.rst",
        labels={"result": f"table {name}"},
    )
