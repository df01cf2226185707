"""Where things lie: the clone's own state in `.dev`, downloads in a cache that clones share."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
ADDONS = ROOT / "addons"
LOGS = DEV / "log"
DATA = DEV / "odoo-data"
IS_ROOT = os.geteuid() == 0

# One short word that tells this clone from others on the machine.
CLONE_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def _cache():
    if os.environ.get("SCRM_CACHE"):
        return Path(os.environ["SCRM_CACHE"]).resolve()
    if IS_ROOT:  # PostgreSQL runs as another user then, who cannot read root's home.
        return Path("/var/cache/scrm-odoo")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scrm-odoo"


CACHE = _cache()


def our_addons():
    """Return the names of the addons of this repository, in the order of the alphabet."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))
