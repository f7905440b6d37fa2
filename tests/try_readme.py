"""README's commands as a user has them: typed into a shell, in an environment of `make setup` alone.

    make setup tiny && .venv/bin/python tests/try_readme.py

needs no package of the tests. Studies run dry, but for the user's own line, which makes the tiny one.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TINY = "--configfile workflow/presets/tiny.yaml"
OWN_LINE = "snakemake --cores 4 --resources gpu=1 report"
# Words of a shell that only set the scene for what comes after them.
SCENE = {"cd", "nano", "source", ".", "export", "git", "cp", "mv", "mkdir", "rm", "ssh", "tmux", "sudo", "pip"}  # fmt: skip


README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """Return the fenced blocks of README in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def commands():
    """Return the commands of README: shell blocks and spans of code, without comments."""
    prose = re.sub(r"^```.*?^```", "", README, flags=re.M | re.S)
    inline = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    inline = [span for span in inline if re.match(r"make |snakemake |\.venv/|[A-Z_]+=\S+ ", span)]
    text = "\n".join([*blocks("(?:sh|bash|console)"), *inline]).replace("\\\n", " ")
    lines = [re.sub(r"(^|\s)#.*", "", line).strip().removeprefix("$ ") for line in text.split("\n")]
    parts = [part.strip() for line in lines for part in re.split(r"&&|;|\|", line)]
    return list(dict.fromkeys(filter(None, parts)))


def shortened(command):
    """Return a command as it can be tried in seconds, or None if there is nothing to try."""
    program = command.split()[0] if not re.match(r"[A-Z_]+=", command) else command.split()[1]
    if program in SCENE:
        return None
    if program == "make":
        return command if command == "make help" else f"{command} --dry-run"
    if program == "snakemake":
        if "--report" in command:
            return f"{command} {TINY}"
        return command if "--dry-run" in command else f"{command} --dry-run"
    return f"{command} --help" if program.endswith("python") else command


def main():
    """Try all; the exit status says whether all worked."""
    failed = 0
    for command in [f"{OWN_LINE} {TINY}", *filter(None, map(shortened, commands()))]:
        typed = f"source .venv/bin/activate && {command}"
        done = subprocess.run(["bash", "-c", typed], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        print("ok    " if done.returncode == 0 else "FAILED", command, flush=True)
        if done.returncode:
            print(done.stdout[-3000:])
            failed += 1
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
