"""The clone's private Odoo configuration, derived from `odoo.conf` at the root."""

import configparser
import os

from paths import ADDONS, DATA, DEV, ROOT
from postgres import connection

FILE = DEV / "odoo.conf"
# Settings of a company's server that a developer's machine must not follow.
DROPPED = ("db_name", "dbfilter", "db_password", "admin_passwd", "logfile", "proxy_mode", "workers")


def http_port():
    return int(os.environ.get("SCRM_HTTP_PORT") or 8069)


def ensure(odoo):
    """Write `.dev/odoo.conf`; the commands add the database and port on their command lines."""
    conf = configparser.RawConfigParser()
    conf.read(ROOT / "odoo.conf")
    if not conf.has_section("options"):
        conf.add_section("options")
    for name in DROPPED:
        conf.remove_option("options", name)
    for name in [name for name in conf.options("options") if name.startswith("limit_")]:
        conf.remove_option("options", name)
    pg = connection()
    wanted = {
        "addons_path": ",".join(map(str, [*odoo.addons_paths, ADDONS])),
        "data_dir": DATA,
        "http_interface": "127.0.0.1",
        "http_port": http_port(),
        "workers": 0,
        "db_user": pg["PGUSER"],
        "list_db": True,
        "admin_passwd": "admin",
    }
    if "PGHOST" in pg:
        wanted.update(db_host=pg["PGHOST"], db_port=pg.get("PGPORT", "5432"))
    for name, value in wanted.items():
        conf.set("options", name, str(value))
    part = FILE.with_suffix(".part")
    with part.open("w") as handle:
        handle.write("# Written by tools/dev from ../odoo.conf; changes here are lost.\n")
        conf.write(handle)
    part.replace(FILE)
    return FILE
