"""The virtual environment of the clone: pinned packages, and Odoo on its path."""

import importlib.util
import shutil
import sys
from pathlib import Path

import packages
from console import Stop, note, only_one, output, run, step
from paths import CACHE, DEV, LOGS, PYTHON, ROOT, VENV

REQUIREMENTS = tuple(
    ROOT / name
    for name in ("requirements.txt", "requirements-matching.txt", "requirements-dev.txt")
)
LOG = LOGS / "venv.log"
STAMP = VENV / "installed-for-the-suite.txt"


def pins(*files):
    """Return what the files pin, without comments, in one order."""
    lines = (line.strip() for path in files for line in path.read_text().splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def _create():
    step(f"Making the virtual environment {VENV.name} with Python {sys.version.split()[0]}")
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        raise Stop("Odoo 19 needs Python 3.10 to 3.13; run make with PYTHON=/path/to/python3.11.")
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", "--without-pip", VENV], doing="Making it", log=LOG)
    if importlib.util.find_spec("ensurepip"):
        run([PYTHON, "-m", "ensurepip", "--default-pip"], doing="Installing pip", log=LOG)
    else:
        _install_debian_pip()


def _install_debian_pip():
    """Install pip from Debian's package, for Debian's Python comes without its own."""
    wheels = CACHE / "pip"
    with only_one(CACHE / "pip.lock", "fetching pip"):
        if not wheels.exists():
            packages.unpack(["python3-pip-whl"], wheels, packages.own_apt())
    pip = next(wheels.rglob("pip-*.whl"))
    command = [PYTHON, f"{pip}/pip", "install", "--no-index", "--find-links", pip.parent, "pip"]
    run(command, doing="Installing pip", log=LOG)


def _site_packages():
    return Path(
        output([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    )


def ensure(odoo):
    """Make the environment complete for this Odoo; do nothing when it already is."""
    wanted = "\n".join([str(odoo.import_root), *pins(*REQUIREMENTS)])
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    with only_one(DEV / "venv.lock", "installing Python packages"):
        if not (VENV / "bin" / "pip").exists():
            _create()
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        site = _site_packages()
        (site / "odoo_of_the_suite.pth").write_text(f"{odoo.import_root}\n")
        step("Installing the pinned Python packages")
        note("PyPI is asked only for what pip's own cache does not hold yet")
        # The files name every package that is needed, so pip has nothing to resolve.
        run(
            [PYTHON, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check"]
            + [part for path in REQUIREMENTS for part in ("-r", path)],
            doing="Installing Python packages",
            log=LOGS / "pip.log",
            progress=r"(?:Collecting|Downloading|Building wheel for) (\S+)",
            hint="Check the network and run the command again.",
        )
        STAMP.write_text(wanted)
