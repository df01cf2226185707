"""Find the warnings and errors that our own modules wrote into an Odoo log."""

import re
from pathlib import Path

LINE = re.compile(r"^\d{4}-\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)")
LEVELS = {"WARNING", "ERROR", "CRITICAL"}
OURS = "odoo.addons.scrm_"
# Odoo's own loggers that complain about what an addon declares.
ABOUT_ADDONS = (
    "odoo.models odoo.fields odoo.orm odoo.registry odoo.modules odoo.schema odoo.tools odoo.api "
    "odoo.addons.base.models"
).split()
MENTIONS = re.compile(r"\bscrm[._]")
OUR_PATH = re.compile(r"addons/scrm_\w+/")


def is_ours(level, logger, text):
    if level not in LEVELS:
        return False
    if logger.startswith(OURS):
        return True
    if logger == "py.warnings":
        return bool(OUR_PATH.search(text))
    return logger.startswith(tuple(ABOUT_ADDONS)) and bool(MENTIONS.search(text))


def complaints(log: Path):
    """Return the log's lines of warning or worse that our modules caused."""
    if not log.exists():
        return []
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match and is_ours(match["level"], match["logger"], match["text"]):
            found.append(line)
    return found
