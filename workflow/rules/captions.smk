# How `snakemake --report` shows the results: by question, each with a caption.


def captioned(suffix):
    """Return a figure's file, marked for `snakemake --report`."""
    return report(
        f"{R}/figures/{{figure}}.{suffix}",
        category=lambda wildcards: FIGURES[wildcards.figure].question,
        caption="../../report/captions/figure.rst",
        labels={"result": "figure {figure}"},
    )


def caption_of(wildcards, output):
    """Return the caption of a figure once it is drawn, for `snakemake --report`."""
    try:
        return read_json(output.meta, ["caption"])["caption"]
    except FileNotFoundError:
        return ""
    except ValueError as error:
        raise WorkflowError(str(error))


def captioned_table(name):
    """Return a table's file, marked for `snakemake --report`."""
    return report(
        f"{R}/{name}",
        category=OTHERS,
        caption=f"../../report/captions/{os.path.basename(name).partition('.')[0]}.rst",
        labels={"result": f"table {name}"},
    )
