from importlib import metadata
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

version = metadata.version


@tagged("post_install", "-at_install")
class TestRequirements(TransactionCase):
    def _check(self, versions):
        def installed(name):
            if versions.get(name, "") is None:
                raise metadata.PackageNotFoundError(name)
            return versions.get(name) or version(name)

        with patch("importlib.metadata.version", installed):
            self.env["ir.module.module"].check_external_dependencies("scrm_matching", "to install")

    def test_what_is_installed_serves(self):
        self._check({})

    def test_missing_package_is_refused(self):
        with self.assertRaisesRegex(UserError, "splink"):
            self._check({"splink": None})

    def test_untried_version_is_refused(self):
        """DuckDB 2 breaks Splink, which itself would accept it."""
        with self.assertRaisesRegex(UserError, "duckdb"):
            self._check({"duckdb": "2.0.0"})
