from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .customer_import_case import ImportCase
from .spreadsheet_files import make_csv


@tagged("post_install", "-at_install")
class TestCustomerImportAccess(ImportCase):
    """Who imports, and that imports are kept."""

    def _as(self, user, records):
        """Return the records as the user has them in the user's own companies."""
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def test_rights(self):
        record = self._make_csv_import(["Chen", "13826001001", "", ""])
        record.action_preview()
        viewer = self._make_user("import.viewer", "scrm_base.group_scrm_base_viewer")
        portal = self._make_user("import.portal", "base.group_portal")
        for user in (viewer, portal, self.foreigner):
            for method in ("action_preview", "action_start", "action_cancel", "action_resume"):
                with self.assertRaises(AccessError):
                    getattr(self._as(user, record), method)()
            with self.assertRaises(AccessError):
                self._as(user, record).read(["name"])
            with self.assertRaises(AccessError):
                self._as(user, record.line_ids).read(["name"])
        with self.assertRaises(AccessError):
            record.line_ids.with_user(self.operator).write({"result": "done"})

    def test_done_imports_are_kept(self):
        record = self._import(make_csv([["Name", "Phone"], ["Chen", "13826001001"]]), "a.csv")
        with self.assertRaisesRegex(UserError, "are kept"):
            record.unlink()
        self._make_import(b"x").unlink()
