from lxml import etree

from odoo.tests import Form, tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestCustomerPage(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._make_partner(
            name="陈女士", phone="13826001001", email="chen@example.com"
        )
        cls.identity = cls.partner._scrm_ensure_identity()
        cls.customer = cls.partner.scrm_customer_id
        cls.viewer = cls._make_user("viewer", "scrm_base.group_scrm_base_viewer")

    def _record_notes(self, start, count):
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": self.identity.id,
                    "kind": "note",
                    "summary": f"Note {i}",
                    "dedupe_key": f"test:{i}",
                    "record": self.partner,
                }
                for i in range(start, start + count)
            ]
        )

    def _read_page(self, record, user, view):
        """Read what the web client reads when it opens the form."""
        arch = etree.fromstring(
            self.env[record._name].with_user(user).get_view(self.env.ref(view).id, "form")["arch"]
        )
        specification = {}
        for node in arch.xpath("//field[not(ancestor::field)]"):
            sub_fields = {sub.get("name"): {} for sub in node.xpath("./list//field")}
            name = node.get("name")
            specification[name] = {"fields": sub_fields, "limit": 40} if sub_fields else {}
            if record._fields[name].type == "many2one":
                specification[name] = {"fields": {"display_name": {}}}
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        (values,) = record.with_user(user).web_read(specification)
        return values, self.env.cr.sql_log_count - before

    def test_what_a_viewer_sees(self):
        self._record_notes(0, 3)
        values, _queries = self._read_page(
            self.customer, self.viewer, "scrm_base.scrm_customer_view_form"
        )
        self.assertEqual("陈女士", values["name"])
        self.assertEqual("+86138****1001", values["phone_display"])
        self.assertEqual("c***@example.com", values["email_display"])
        self.assertEqual(3, len(values["interaction_ids"]))
        self.assertEqual(3, len(values["identity_ids"]))
        self.assertEqual(2, len(values["link_ids"]))
        self.assertNotIn("13826001001", str(values["identity_ids"]))
        self.assertEqual(1, values["contact_count"])

    def test_the_page_costs_the_same_for_any_timeline(self):
        self._record_notes(0, 5)
        for record, view in (
            (self.customer, "scrm_base.scrm_customer_view_form"),
            (self.partner, "base.view_partner_form"),
        ):
            self._read_page(record, self.viewer, view)  # what is cached for ever is cached now
        _values, few = self._read_page(
            self.customer, self.viewer, "scrm_base.scrm_customer_view_form"
        )
        _values, few_on_contact = self._read_page(
            self.partner, self.viewer, "base.view_partner_form"
        )
        self._record_notes(100, 500)
        _values, many = self._read_page(
            self.customer, self.viewer, "scrm_base.scrm_customer_view_form"
        )
        values, many_on_contact = self._read_page(
            self.partner, self.viewer, "base.view_partner_form"
        )
        self.assertEqual((few, few_on_contact), (many, many_on_contact))
        self.assertLessEqual(many, 30)
        self.assertEqual(40, len(values["scrm_interaction_ids"]))

    def test_a_list_costs_the_same_for_any_number(self):
        fields = ["name", "phone_display", "stage_id", "order_count", "amount_ordered"]

        def read(customers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customers.with_user(self.viewer).read([*fields, "last_seen_at"])
            return self.env.cr.sql_log_count - before

        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(40)])
        customers = self.env["scrm.customer"].browse(
            partners._scrm_ensure_identity().customer_id.ids
        )
        read(customers[:2])
        self.assertEqual(read(customers[:2]), read(customers))

    def test_each_number_opens_what_it_counts(self):
        lead = self.env["crm.lead"].create({"name": "Lead", "partner_id": self.partner.id})
        order = self.env["sale.order"].create({"partner_id": self.partner.id})
        order.action_confirm()
        for count, method, expected in (
            ("lead_count", "action_view_leads", lead),
            ("order_count", "action_view_orders", order),
            ("contact_count", "action_view_contacts", self.partner),
            ("invoice_count", "action_view_invoices", self.env["account.move"]),
        ):
            with self.subTest(count=count):
                self.customer.invalidate_recordset()
                action = getattr(self.customer, method)()
                found = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(expected, found)
                self.assertEqual(len(expected), self.customer[count])
        action = self.customer.action_view_interactions()
        self.assertEqual(
            self.customer.interaction_ids,
            self.env["scrm.interaction"].search(action["domain"]),
        )

    def test_figures_are_the_current_companys(self):
        order = self.env["sale.order"].create({"partner_id": self.partner.id})
        order.action_confirm()
        self.assertEqual(1, self.customer.order_count)
        self.assertEqual(0, self.customer.with_company(self.company_other).order_count)
        self.assertEqual("customer", self.customer.stage_id.code)
        elsewhere = self.customer.with_company(self.company_other)
        self.assertEqual("potential", elsewhere.stage_id.code)

    def test_an_organisation_counts_its_people(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        clerk = self._make_partner(name="店员", parent_id=shop.id)
        (shop | clerk)._scrm_ensure_identity()
        for partner in (shop, clerk):
            self.env["sale.order"].create({"partner_id": partner.id}).action_confirm()
        self.assertEqual(2, shop.scrm_customer_id.order_count)
        self.assertEqual(1, clerk.scrm_customer_id.order_count)

    def test_stages_are_searchable(self):
        other = self._make_customer("李先生", "13826001002")
        loser = self._make_customer("小李", "13826001003")
        loser._set_stage("member", "Joined")
        other.identity_ids._attach(loser.identity_ids, rule="manual")
        Customer = self.env["scrm.customer"]
        ours = ("id", "in", (self.customer | other).ids)
        for domain, expected in (
            ([("stage_id.code", "=", "member")], other),
            ([("stage_id.code", "=", "potential")], self.customer),
            ([("stage_id.code", "!=", "potential")], other),
            ([("stage_id", "=", other.stage_id.id)], other),
            ([("stage_id", "!=", other.stage_id.id)], self.customer),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(expected, Customer.search([ours, *domain]))

    def test_a_step_back_reaches_every_track(self):
        other = self._make_customer("小陈", "13826001003")
        other._set_stage("loyal", "Came again")
        self.identity._attach(other.identity_ids, rule="manual")
        self.assertEqual("loyal", self.customer.stage_id.code)
        self.customer._set_stage("customer", "Asked to be left alone")
        self.assertEqual("customer", self.customer.stage_id.code)

    def test_a_name_is_written_on_the_form(self):
        operator = self._make_user("operator", "scrm_base.group_scrm_base_operator")
        with Form(self.customer.with_user(operator), "scrm_base.scrm_customer_view_form") as form:
            form.name = "陈晓雨女士"
        self.assertEqual("陈晓雨女士", self.customer.name)
