"""Find or fetch Odoo 19: `ODOO_PATH`, else Debian's package unpacked into the shared cache."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import packages
from console import Stop, note, only_one, step
from paths import CACHE, PYTHON

TESTED = "19.0.0+dfsg-1"
SUITE = "unstable"
PACKAGE = "odoo-19"
# The web client links to these; without jquery every page answers 500.
COMPANIONS = (
    "libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-roboto-unhinted "
    "fonts-montserrat fonts-inconsolata fonts-ocr-b"
).split()
# Debian leaves this file out (it is not free); the web client complains when it is missing.
BLUR_FILE = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
BLUR_STUB = """\
// Stands in for a file that Debian leaves out. Blurring one's background in a video call is the
// only thing that needs it.
window.SelfieSegmentation = class {
    constructor() {
        throw new Error("Background blur is not available in this installation of Odoo.");
    }
};
"""


@dataclass(frozen=True)
class Odoo:
    """An Odoo 19 on this machine."""

    import_root: Path  # the folder that holds the package `odoo`
    version: str

    @property
    def addons_paths(self):
        """Folders of addons that Odoo does not find by itself (a source checkout has one)."""
        folder = self.import_root / "addons"
        return [folder] if (folder / "web" / "static").is_dir() else []

    @property
    def command(self):
        return [str(PYTHON), "-m", "odoo"]


def _release(import_root: Path):
    try:
        text = (import_root / "odoo" / "release.py").read_text()
    except OSError:
        return ""
    found = re.search(r"version_info = \((\d+), (\d+)", text)
    return f"{found[1]}.{found[2]}" if found else ""


def _from_path(given):
    for root in (Path(given), Path(given) / "usr/lib/python3/dist-packages", Path(given).parent):
        release = _release(root)
        if release:
            if not release.startswith("19."):
                raise Stop(f"ODOO_PATH={given} holds Odoo {release}; this suite needs Odoo 19.")
            return Odoo(root.resolve(), release)
    raise Stop(f"ODOO_PATH={given} holds no Odoo (no odoo/release.py was found there).")


def _unpacked():
    """Return complete unpacked packages in the cache, the tested version first."""
    found = [path for path in (CACHE / "odoo").glob("19.*") if path.suffix != ".part"]
    return sorted(found, key=lambda path: (path.name != TESTED, path.name))


def _fetch():
    step(f"Fetching Odoo 19 from Debian {SUITE} (123 MB, once for all clones of this user)")
    env = packages.own_apt(SUITE)
    version = packages.version_of(PACKAGE, env)
    if not version.startswith("19."):
        raise Stop(
            f"Debian {SUITE} no longer carries {PACKAGE}. Get Odoo 19 Community from its source "
            "or its vendor, and run the command again with ODOO_PATH=/path/to/odoo."
        )
    if version != TESTED:
        note(f"the suite was tested with {TESTED}; Debian now carries {version}, which is used")
    target = CACHE / "odoo" / version
    packages.unpack([PACKAGE, *COMPANIONS], target, env)
    return target


def ensure():
    """Return the Odoo to use; fetch it when there is none yet."""
    if os.environ.get("ODOO_PATH"):
        return _from_path(os.environ["ODOO_PATH"])
    with only_one(CACHE / "odoo.lock", "fetching Odoo"):
        known = _unpacked()
        target = known[0] if known else _fetch()
        root = target / "usr/lib/python3/dist-packages"
        stub = root / "odoo" / BLUR_FILE
        if not stub.exists():
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text(BLUR_STUB)
    return Odoo(root, target.name)
