"""Find a Chromium for the tests of the HTML report, or get one by the usual ways.

`make test` runs this first. Without one the browser's tests are skipped (in CI they fail).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAYS = (
    [sys.executable, "-m", "playwright", "install", "chromium"],
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
)
MISSING = (
    "No Chromium could be found or installed, so nobody looked at the HTML report. To test it, too: "
    "apt-get install chromium"
)


def find_browser():
    """Return the path of a Chromium, on PATH or of playwright, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main():
    """Get a browser if there is none; a failure is told, and no error."""
    for command in WAYS:
        if find_browser():
            return
        root = command[0] != "apt-get" or (os.geteuid() == 0 and shutil.which("apt-get"))
        if root:
            print("Getting a browser for the tests:", " ".join(command[-2:]), flush=True)
            quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(
                command,
                env=quiet,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                timeout=900,
                check=False,
            )
    if not find_browser():
        print(MISSING)


if __name__ == "__main__":
    main()
