"""The browser of the tests, and what paper needs: from the machine, or by apt when we are root."""

import shutil

from console import Stop, note, run, step
from paths import IS_ROOT, LOGS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ["chromium", "fonts-noto-cjk", "wkhtmltopdf"]
INSTALL = "apt-get install --no-install-recommends " + " ".join(PACKAGES)


def find():
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Have a browser, or say what to do."""
    if find():
        if not shutil.which("wkhtmltopdf"):
            note("wkhtmltopdf is missing: reports are made as HTML only")
        return
    if not IS_ROOT or not shutil.which("apt-get"):
        raise Stop(f"The browser tests need Chromium. As root run: {INSTALL}")
    step("Installing Chromium, Chinese fonts and wkhtmltopdf")
    log = LOGS / "apt-install.log"
    run(["apt-get", "update"], doing="apt-get update", log=log)
    run(
        ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES],
        doing="Installing Chromium",
        log=log,
        env={"DEBIAN_FRONTEND": "noninteractive"},
        progress=r"(?:Unpacking|Setting up) (\S+)",
        hint="Check the network and run the command again.",
    )
