"""The verdicts: a table of all sub-claims, their reasons, and how they depend on choices."""

from typing import Any

from fashionlab import prose
from fashionlab.chapters import chapters
from fashionlab.claims.wording import CLAIM_VERBS
from fashionlab.markup import Markdown, verdict
from fashionlab.plateau import PATIENCE, TOLERANCE
from fashionlab.storage.reading import read_sealed
from fashionlab.study import Study

THEIRS, THEIR_CURVE = "Original's data", "Original's curve"


def facts(study: Study) -> dict:
    """Return the claims by chapter, the table of their parts, and the sensitivity."""
    content = read_sealed(study.results / "claims.json", ["claims"])
    claims = content["claims"]
    parts = [(claim, part) for claim in claims for part in claim["parts"]]
    counted = [part["verdict"] for _, part in parts if not part["set_aside"]]
    theirs = [part["original"]["verdict"] for _, part in parts if part["original"]]
    beside = any(part["original"] for _, part in parts)
    found = {
        "claims": claims,
        "beside": beside,
        "parts": len(parts),
        "tally": tally(counted, len(parts)),
        "original_tally": tally(theirs, len(theirs)),
        "set_aside": len(parts) - len(counted),
        "rows": [row(claim, part) for claim, part in parts],
        "test_rows": test_rows(parts),
        "programs": programs(study),
        "by_chapter": {
            title: own for title in programs(study)
            if (own := [claim for claim in claims if claim["chapter"] == title])
        },
        "opened": lambda words: opened(study, words),
        "doubts": {
            c["doubt_from"] for _, p in parts for c in p["comparisons"] if c["effect"] is not None
        },
        "sensitivity_rows": [
            {"With": choice["choice"], "Verdicts that change": Markdown("; ").join(
                Markdown.escape(f"{c['id']} ({c['part']}): {c['from']} → {c['to']}")
                for c in choice["changes"]
            ) or "none"}
            for choice in content.get("sensitivity", [])
        ],
        "plateau_rows": [
            {
                "Schedule": switch["schedule"].replace("_", " "),
                "Switch": prose.ordinal(switch["switch"]),
                "Here": span(switch["here"]),
                THEIR_CURVE: span(switch["original"]),
            }
            for switch in content.get("plateau_sensitivity", [])
        ],
        "patience": PATIENCE,
        "tolerance": TOLERANCE,
        "key_figures": [(f"{counted.count('holds')} of {len(counted)}", "sub-claims hold")]
        if counted
        else [],
    }  # fmt: skip
    if not beside:
        for table in ("rows", "plateau_rows"):
            found[table] = [without_theirs(row) for row in found[table]]
    return found


def tally(verdicts: list[str], total: int) -> str:
    """Return counts as words: "five hold and six are undecided", or "all are undecided"."""
    counts = [verdicts.count(kind) for kind in CLAIM_VERBS]
    say = prose.word if max(counts, default=0) < len(prose.WORDS) else prose.number
    return prose.join(
        f"{'all' if n == total > 1 else say(n)} {prose.plural(n, *words)}"
        for kind, words in CLAIM_VERBS.items()
        if (n := verdicts.count(kind))
    )


def row(claim: dict, part: dict) -> dict[str, Any]:
    """Return a row of the table of sub-claims."""
    theirs = part["original"]
    link = Markdown("[{}](#claim-{})").format(claim["id"], Markdown(claim["id"]))
    return {
        "Claim": Markdown("{} {}").format(link, part["part"]),
        "Measured": part["measured"],
        "Result": part["result"],
        THEIRS: verdict(theirs["verdict"]) if theirs else prose.DASH,
        "Here": "set aside" if part["set_aside"] else verdict(part["verdict"]),
        "What would change it": part["would_change"],
    }


def without_theirs(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what is there of the original, for a study that repeats none."""
    own = {key: value for key, value in row.items() if key not in (THEIRS, THEIR_CURVE)}
    return {"Verdict" if key == "Here" and "Claim" in row else key: own[key] for key in own}


def test_rows(parts: list[tuple[dict, dict]]) -> list[dict[str, str]]:
    """Return a row a test, with the claims that have a part which it decides."""
    found: dict[str, dict[str, None]] = {}
    for claim, part in parts:
        if not part["set_aside"]:
            found.setdefault(part["test"], {})[claim["id"]] = None
    return [{"Test": prose.capitalise(test), "Claims": ", ".join(ids)}
            for test, ids in found.items()]  # fmt: skip


def opened(study: Study, words: str) -> str:
    """Return a sub-claim as it opens a line: in upper case, but for the name of a network."""
    return words if words.split()[0].strip(",") in study.networks.index else prose.capitalise(words)


def span(epochs: list[int] | None) -> str:
    """Return the earliest and the latest epoch."""
    if epochs is None:
        return prose.DASH
    low, high = epochs
    return f"epoch {low}" if low == high else f"epochs {low} to {high}"


def programs(study: Study) -> dict[str, str]:
    """Return, by title of chapter, the module that declares its claims."""
    return {
        chapter.title(study.plan): f"report/chapters/{chapter.folder.name}/claims.py"
        for chapter in chapters(study.plan)
        if (chapter.folder / "claims.py").is_file()
    }
