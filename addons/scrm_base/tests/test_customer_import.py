import base64
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.customer_rows import (
    get_column_problem,
    parse_row,
    recognise_columns,
)
from odoo.addons.scrm_base.tools.spreadsheet import read_sheet

from .customer_import_case import ImportCase
from .spreadsheet_files import make_csv, make_xls

HEADER = ["姓名", "手机（必填）", "电子邮箱", "城市", "公司名称", "标签", "客户编号"]


@tagged("post_install", "-at_install")
class TestCustomerImport(ImportCase):
    def _get_jobs(self, record):
        jobs = self.env["queue.job"].search([("model_name", "=", record._name)])
        return jobs.filtered(lambda job: record <= job.records.with_env(record.env))

    def _repair(self, record):
        """Return header and rows of the file with the rejected rows."""
        return read_sheet(base64.b64decode(record.errors_file), record.errors_filename)

    # === COLUMNS AND ROWS === #

    def test_columns(self):
        expected = ["name", "phone", "email", "city", "company", "tags", "code"]
        self.assertEqual(expected, list(recognise_columns(HEADER)))
        english = ["Customer Name *", "MOBILE", "E-mail", "City", "Company", "Tags", "Ref."]
        self.assertEqual(expected, list(recognise_columns(english)))
        self.assertEqual({"name": 1}, recognise_columns(["?", "姓名", "Name"]))
        self.assertIn("姓名", str(get_column_problem(["phone"])))
        self.assertIn("手机", str(get_column_problem(["name"])))
        self.assertIn("Two columns", str(get_column_problem(["name", "phone", "phone"])))
        self.assertIsNone(get_column_problem(["name", "email"]))

    def test_rows(self):
        columns = recognise_columns(HEADER)
        cells = [
            " 陈  女士 ",
            "138 2600 1001",
            "Chen@Example.COM",
            "深圳",
            None,
            "金卡，老客户",
            "A1",
        ]
        row = parse_row(cells, columns, HEADER, "CN")
        self.assertEqual(
            ("陈 女士", "+8613826001001", "chen@example.com", ("金卡", "老客户"), "A1", ()),
            (row.name, row.phone, row.email, row.tags, row.code, row.problems),
        )
        same = parse_row([*cells[:1], "'+8613826001001", *cells[2:]], columns, HEADER, "CN")
        self.assertEqual(row.get_content_key(), same.get_content_key())
        broken = parse_row([date(2026, 3, 1), "12", "x", True], columns, HEADER, "CN")
        self.assertEqual(
            [
                "Column “姓名” holds “2026-03-01”, which is of the wrong type.",
                "Column “城市” holds “TRUE”, which is of the wrong type.",
                "“12” is not a phone number.",
                "“x” is not an e-mail address.",
            ],
            [str(problem) for problem in broken.problems],
        )

    # === PREVIEW === #

    def test_preview_says_what_will_become_of_each_row(self):
        known = self._make_customer("Ms Chen", "13826001001")
        other = self._make_customer("Mr Li", email="li@example.com")
        record = self._make_csv_import(
            ["Wang", "13826001003", "", ""],
            ["Chen", "13826001001", "chen@example.com", ""],
            ["Mixed", "13826001001", "li@example.com", ""],
            ["", "13826001004", "", ""],
            ["Nobody", "", "", ""],
            ["Wang", "13826001003", "wang@example.com", ""],
            ["Zhao", "13826001003", "", ""],
        )
        record.action_preview()
        self.assertRecordValues(
            record.line_ids,
            [
                {"row_number": 2, "status": "new", "result": "pending", "customer_id": False},
                {
                    "row_number": 3,
                    "status": "matched",
                    "result": "pending",
                    "customer_id": known.id,
                },
                {"row_number": 4, "status": "conflict", "result": "rejected", "customer_id": False},
                {"row_number": 5, "status": "error", "result": "rejected", "customer_id": False},
                {"row_number": 6, "status": "error", "result": "rejected", "customer_id": False},
                {"row_number": 7, "status": "matched", "result": "pending", "customer_id": False},
                {"row_number": 8, "status": "conflict", "result": "rejected", "customer_id": False},
            ],
        )
        reasons = record.line_ids.mapped("reason")
        self.assertIn("different customers: ", reasons[2])
        self.assertIn("Mr Li", reasons[2])
        self.assertEqual("The name is missing.", reasons[3])
        self.assertIn("are all missing", reasons[4])
        self.assertEqual("The same customer as in row 2.", reasons[5])
        self.assertIn("Row 2 gives the same", reasons[6])
        self.assertEqual(
            (7, 1, 2, 2, 2), tuple(record[f"{key}_count"] for key in
                                   ("row", "new", "matched", "conflict", "error"))
        )  # fmt: skip
        self.assertFalse(known.partner_ids + other.partner_ids, "a preview writes nothing")
        self.assertEqual(["name", "phone", "email", "code"], record.column_ids.mapped("target"))

    def test_files_that_cannot_be_imported(self):
        cases = {
            "damaged": (make_xls([HEADER])[:700], "a.xls"),
            "no rows below": (make_csv([["Name", "Phone"]]), "a.csv"),
        }
        for sentence, (content, filename) in cases.items():
            record = self._make_import(content, filename)
            with self.assertRaisesRegex(UserError, sentence):
                record.action_preview()
            self.assertEqual("draft", record.state)
        for sentence, rows in (
            ("No column of names", [["Phone"], ["1"]]),
            ("No column of phone numbers", [["Name"], ["A"]]),
        ):
            record = self._make_import(make_csv(rows), "a.csv")
            record.action_preview()
            self.assertIn(sentence, record.column_problem)
            self.assertEqual(("draft", 0), (record.state, record.row_count))
        with self.assertRaisesRegex(UserError, "Choose a file"):
            self.env["scrm.customer.import"].create({}).action_preview()
        with self.assertRaisesRegex(UserError, "file is empty"):
            self._make_import(b"", "a.xlsx").action_preview()
        record = self._make_csv_import(["", "1", "", ""])
        record.action_preview()
        with self.assertRaisesRegex(UserError, "No row of the file can be imported"):
            record.action_start()

    def test_another_file(self):
        record = self._make_csv_import(["Wang", "13826001003", "", ""])
        record.action_preview()
        with self.assertRaisesRegex(UserError, "Choose another file"):
            record.file = False
        record.action_reset()
        self.assertFalse(record.line_ids)
        record.file = base64.b64encode(make_csv([["Name", "Email"], ["Li", "li@example.com"]]))
        record.action_preview()
        self.assertEqual("Li", record.line_ids.name)

    # === IMPORT === #

    def test_contact_customer_and_timeline(self):
        record = self._import(
            make_xls(
                [HEADER, ["陈女士", 13826001001, "chen@example.com", "深圳", "鹏城", "金卡", "A1"]]
            )
        )
        self.assertEqual(("done", 100), (record.state, record.progress))
        customer = record.line_ids.customer_id
        self.assertRecordValues(
            customer.main_partner_id,
            [
                {
                    "name": "陈女士",
                    "phone": "+8613826001001",
                    "email": "chen@example.com",
                    "city": "深圳",
                    "company_name": "鹏城",
                    "ref": "A1",
                    "country_id": self.env.ref("base.cn").id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(["金卡"], customer.main_partner_id.category_id.mapped("name"))
        self.assertEqual(
            ["email", "partner", "phone"], sorted(customer.identity_ids.mapped("id_type"))
        )
        entry = customer.interaction_ids
        self.assertEqual(("import", record._name), (entry.kind, entry.res_model))
        self.assertIn("row 2", entry.summary)
        self.assertEqual(record.id, entry.action_open_record()["res_id"])

    def test_known_customers_are_completed_not_overwritten(self):
        partner = self._make_partner(name="Chen", phone="13826001001", city="广州")
        partner._scrm_ensure_identity()
        record = self._import(
            make_csv([HEADER[:4], ["陈女士", "13826001001", "chen@example.com", "深圳"]]), "a.csv"
        )
        self.assertEqual(partner.scrm_customer_id, record.line_ids.customer_id)
        self.assertEqual(
            ("Chen", "广州", "chen@example.com"), (partner.name, partner.city, partner.email)
        )
        email = self._make_identity("email", "chen@example.com")
        self.assertEqual(partner.scrm_customer_id, email.customer_id)

    def test_a_customer_without_contact_gets_one(self):
        customer = self._make_customer("Visitor", "13826001001")
        self._import(make_csv([["Name", "Phone"], ["Chen", "13826001001"]]), "a.csv")
        self.assertEqual("+8613826001001", customer.main_partner_id.phone)

    def test_recognised_by_code(self):
        partner = self._make_partner(name="Chen", ref="A1")
        record = self._make_csv_import(["Chen", "13826001001", "", "A1"])
        record.action_preview()
        self.assertEqual("matched", record.line_ids.status)
        self.assertFalse(partner.scrm_customer_id, "a preview makes nobody a customer")
        self._run(record)
        self.assertEqual(partner, record.line_ids.customer_id.partner_ids)
        self.assertEqual("+8613826001001", partner.phone)

    def test_a_code_of_one_and_the_phone_of_another_is_a_conflict(self):
        self._make_partner(name="Chen", ref="A1")
        self._make_customer("Li", "13826001002")
        record = self._make_csv_import(["Chen", "13826001002", "", "A1"])
        record.action_preview()
        self.assertEqual("conflict", record.line_ids.status)

    def test_colleagues_are_not_imported(self):
        self.operator.partner_id.ref = "A1"
        record = self._make_csv_import(["Me", "", "", "A1"], ["Li", "13826001002", "", ""])
        record.action_preview()
        self._run(record)
        self.assertEqual(["rejected", "done"], record.line_ids.mapped("result"))
        self.assertIn("is a colleague", record.line_ids[0].reason)

    def test_what_changed_since_the_preview(self):
        record = self._make_csv_import(["Chen", "13826001001", "chen@example.com", ""])
        record.action_preview()
        self.assertEqual("new", record.line_ids.status)
        self._make_customer("A", "13826001001")
        self._make_customer("B", email="chen@example.com")
        self._run(record)
        self.assertRecordValues(
            record.line_ids, [{"status": "conflict", "result": "rejected", "customer_id": False}]
        )

    def test_one_bad_row_of_a_batch_does_not_stop_the_others(self):
        record = self._make_csv_import(
            ["Chen", "13826001001", "", ""], ["Boom", "13826001002", "", ""]
        )
        record.action_preview()
        lines = type(record.line_ids)
        prepare = lines._prepare_partner_vals

        def fail(line, *args):
            if line.name == "Boom":
                raise ValueError("some constraint")
            return prepare(line, *args)

        self.patch(lines, "_prepare_partner_vals", fail)
        self._run(record)
        self.assertEqual(["done", "rejected"], record.line_ids.mapped("result"))
        self.assertIn("some constraint", record.line_ids[1].reason)
        self.assertEqual(
            1, self.env["res.partner"].search_count([("phone", "=", "+8613826001001")])
        )

    def test_stopped_import_keeps_what_it_did(self):
        record = self._make_csv_import(["Chen", "13826001001", "", ""])
        record.action_preview()
        record.action_start()
        record.action_cancel()
        record._run_batch()
        self.assertEqual((1, 0), (record.pending_count, record.imported_count))

    def test_jobs_and_notice(self):
        record = self._make_csv_import(["Chen", "13826001001", "", ""])
        record.action_preview()
        record.action_start()
        jobs = self._get_jobs(record)
        self.assertEqual(
            [("_run_batch", "root.scrm.import")], [(j.method_name, j.channel) for j in jobs]
        )
        record.action_resume()
        self.assertEqual(jobs, self._get_jobs(record))
        record._run_batch()
        notice = self.env["scrm.outbox"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )
        self.assertEqual((self.operator, "inapp"), (notice.user_id, notice.medium))
        self.assertIn("1 rows were imported", notice.body)

    # === THE BROKEN FILE === #

    def test_5000_rows_with_37_bad_ones(self):
        """A broken .xls imports 4,963 rows, names the 37, and can be repeated without doubles."""
        rows, errors, bad = self._make_broken_rows()
        self.assertEqual(37, len(bad))
        content = make_xls(rows, errors=errors)
        record = self._import(content)
        self.assertEqual("done", record.state)
        self.assertEqual(
            (5000, 4963, 37, 0),
            (record.row_count, record.imported_count, record.rejected_count, record.pending_count),
        )
        rejected = record.line_ids.filtered(lambda line: line.result == "rejected")
        self.assertEqual(sorted(bad), rejected.mapped("row_number"))
        for line in rejected:
            self.assertIn(bad[line.row_number], line.reason, f"row {line.row_number}")
        customers = record.line_ids.customer_id
        self.assertEqual(4963, len(customers))
        self.assertEqual(4963, len(customers.interaction_ids))

        # The same file again: nothing new.
        partners = self.env["res.partner"].search_count([])
        again = self._import(content)
        self.assertEqual((0, 4963), (again.new_count, again.imported_count))
        self.assertEqual(customers, again.line_ids.customer_id)
        self.assertEqual(partners, self.env["res.partner"].search_count([]))
        self.assertEqual(4963, len(customers.interaction_ids))

        # The rows to repair come back as they were, with number and reason …
        sheet = self._repair(record)
        self.assertEqual((*HEADER, "Row in the file", "Reason"), sheet.header)
        self.assertEqual(sorted(bad), [int(row[-2]) for row in sheet.rows])
        # … and are imported once repaired, the good ones beside them untouched.
        repaired = [
            [f"修好 {row[-2]}", f"139{int(row[-2]):08d}", None, "深圳", None, None, None, *row[-2:]]
            for row in sheet.rows
        ]
        fixed = self._import(make_csv([sheet.header, *repaired]), "repaired.csv")
        self.assertEqual((37, 37), (fixed.new_count, fixed.imported_count))
        self.assertEqual(partners + 37, self.env["res.partner"].search_count([]))

    def _make_broken_rows(self):
        """Return rows, error cells {(y, x)} and {row number: part of the expected reason}."""
        rows = [HEADER]
        for i in range(5000):
            rows.append(
                [f"客户 {i}", 13800000001 + i, f"c{i}@example.com", "深圳", None, "导入", f"C{i}"]
            )
        errors, bad = set(), {}
        kinds = ("error cell", "date", "phone", "email", "name", "bool")
        for n in range(37):
            y = 100 + n * 131
            kind = kinds[n % len(kinds)]
            if kind == "error cell":
                errors.add((y, 1))
                bad[y + 1] = "holds the error #N/A"
            elif kind == "date":
                rows[y][0] = date(2026, 3, 1)
                bad[y + 1] = "“2026-03-01”, which is of the wrong type"
            elif kind == "phone":
                rows[y][1] = "无"
                bad[y + 1] = "“无” is not a phone number"
            elif kind == "email":
                rows[y][2] = "c at example"
                bad[y + 1] = "“c at example” is not an e-mail address"
            elif kind == "name":
                rows[y][0] = "  "
                bad[y + 1] = "The name is missing"
            else:
                rows[y][1] = True
                bad[y + 1] = "“TRUE”, which is of the wrong type"
        return rows, errors, bad

    def test_queries_grow_by_batch_not_by_row(self):
        def import_rows(first, count):
            rows = [[f"客户 {i}", f"137{i:08d}"] for i in range(first, first + count)]
            record = self._make_import(make_csv([["Name", "Phone"], *rows]), "a.csv")
            record.action_preview()
            record.action_start()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            record._run_batch()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        import_rows(0, 10)  # warms the caches
        small, large = import_rows(100, 20), import_rows(1000, 200)
        self.assertLess(large - small, 20, f"{small} queries for 20 rows, {large} for 200")
