"""A seeded database that stays, and Odoo on it in this very process."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "dev")]

import config  # noqa: E402  (tools/dev is on the path only now)
import database  # noqa: E402
import odoo_package  # noqa: E402
import postgres  # noqa: E402

from .measure import Report  # noqa: E402
from .scales import Scale  # noqa: E402
from .seed import seed  # noqa: E402

ADDON = "scrm_base"
STATE = "scrm_bench.addons"


class Stage:
    """The database of one scale, made and seeded when it is not there."""

    def __init__(self, scale: Scale):
        self.scale = scale
        self.name = f"bench_{scale.name}"
        self.registry = None
        self.report = None

    def open(self) -> "Stage":
        odoo = odoo_package.ensure()
        postgres.ensure()
        config.ensure(odoo)
        os.environ.update(database.odoo_env())
        os.chdir(database.DEV)
        self._follow_addons(odoo)
        self._load()
        with self.session() as env:
            seed(env, self.scale)
        self.report = Report(self.scale.name)
        return self

    def _follow_addons(self, odoo):
        """Have the database, with the addon as it is on disk now."""
        if not database.exists(self.name):
            database.clone(database.single(odoo, ADDON), self.name)
        else:
            known = postgres.sql(
                self.name, "SELECT value FROM ir_config_parameter WHERE key = %s", [STATE]
            )
            if known == [[database._addons_hash()]]:
                return
            options = ["-u", ADDON, "--stop-after-init", "--no-http"]
            database.odoo_run(odoo, self.name, options, f"Updating {self.name}")
        postgres.sql(self.name, "DELETE FROM ir_config_parameter WHERE key = %s", [STATE])
        postgres.sql(
            self.name,
            "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)",
            [STATE, database._addons_hash()],
        )

    def _load(self):
        from odoo.modules.registry import Registry
        from odoo.tools import config as options

        options.parse_config(
            ["-c", str(config.FILE), "-d", self.name, "--no-http", "--log-level=warn"]
        )
        self.registry = Registry(self.name)

    @contextmanager
    def session(self):
        """Yield an environment on a transaction of its own, taken back at the end."""
        from odoo import SUPERUSER_ID, api

        with self.registry.cursor() as cr:
            # A bare statement must not get help from workers that an INSERT cannot have.
            cr.execute("SET max_parallel_workers_per_gather = 0")
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            cr.rollback()
