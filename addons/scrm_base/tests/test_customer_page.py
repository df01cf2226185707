import gc

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
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

    def _record_notes(self, start, count, user=None):
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": self.identity.id,
                    "kind": "note",
                    "summary": f"Note {i}",
                    "dedupe_key": f"test:{i}",
                    "record": self.partner,
                    "user_id": user and user.id,
                }
                for i in range(start, start + count)
            ]
        )

    def _get_specification(self, record, user, view):
        """Return what the web client asks for when it opens the form."""
        arch = etree.fromstring(
            self.env[record._name].with_user(user).get_view(self.env.ref(view).id, "form")["arch"]
        )
        specification = {}
        for node in arch.xpath("//field[not(ancestor::field)]"):
            name = node.get("name")
            sub_fields = {
                sub.get("name"): {"fields": {"display_name": {}}}
                if self.env[record._fields[name].comodel_name]._fields[sub.get("name")].type
                == "many2one"
                else {}
                for sub in node.xpath("./list//field")
            }
            specification[name] = {"fields": sub_fields, "limit": 40} if sub_fields else {}
            if record._fields[name].type == "many2one":
                specification[name] = {"fields": {"display_name": {}}}
            elif node.get("widget") == "many2many_tags":
                specification[name] = {"fields": {"display_name": {}, "color": {}}}
                if "color_field" not in (node.get("options") or ""):
                    specification[name]["fields"].pop("color")
        return specification

    def _read_page(self, record, user, view):
        """Read what the web client reads first: the form, and the timeline's first page."""
        specification = self._get_specification(record, user, view)
        customer = record if record._name == "scrm.customer" else record.scrm_customer_id
        # The web client names the companies in every call.
        record = record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        timeline = record.env["scrm.interaction"]
        self.env.flush_all()
        self.env.invalidate_all()
        # An environment that is collected in between would ask for its company anew.
        gc.collect()
        before = self.env.cr.sql_log_count
        (values,) = record.web_read(specification)
        self.env.invalidate_all()  # a request of its own
        page = timeline.read_timeline(customer.id)
        return values, page, self.env.cr.sql_log_count - before

    def _make_orders(self, count):
        product = self.env["product.product"].create({"name": "Filter", "list_price": 10})
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partner.id,
                    "order_line": [Command.create({"product_id": product.id})],
                }
                for _i in range(count)
            ]
        )
        orders.action_confirm()
        return orders

    def _make_rich(self, user):
        """Give the customer something of everything that the page shows."""
        shop = self._make_partner(name="福田体验店", is_company=True)
        shop._scrm_ensure_identity()
        self.partner.write(
            {
                "parent_id": shop.id,
                "category_id": self.env["res.partner.category"].create({"name": "VIP"}).ids,
            }
        )
        tags = self.env["scrm.tag"].create([{"name": "Filters"}, {"name": "Family"}])
        self.env["scrm.tag.assign"]._assign(
            [{"identity_id": self.identity.id, "tag_id": tag.id} for tag in tags]
        )
        circle = self.env["scrm.circle"].create({"name": "Neighbours"})
        self.env["scrm.circle.member"].create(
            {"circle_id": circle.id, "customer_id": self.customer.id}
        )
        purpose = self.env.ref("scrm_base.consent_purpose_marketing")
        self.env["scrm.consent"]._give(self.identity, purpose, "email")
        self.env["scrm.interaction"].with_user(user).add_note(self.customer.id, "Called")
        self.customer._set_stage("member", "Joined")

    def test_what_a_viewer_sees(self):
        self._record_notes(0, 3)
        values, page, _queries = self._read_page(
            self.customer, self.viewer, "scrm_base.scrm_customer_view_form"
        )
        self.assertEqual("陈女士", values["name"])
        self.assertEqual("+86138****1001", values["phone_display"])
        self.assertEqual("c***@example.com", values["email_display"])
        self.assertEqual(3, len(page["entries"]))
        self.assertEqual(
            {"Stands on the contact"}, set(self.customer.identity_ids.mapped("source_label"))
        )
        self.assertNotIn("13826001001", str(values))

    def test_each_tab_lists_what_it_says(self):
        order, _other = self._make_orders(2)
        self.env["scrm.tag.assign"]._assign(
            [
                {
                    "identity_id": self.identity.id,
                    "tag_id": self.env["scrm.tag"].create({"name": "Filters"}).id,
                }
            ]
        )
        circle = self.env["scrm.circle"].create({"name": "Neighbours"})
        self.env["scrm.circle.member"].create(
            {"circle_id": circle.id, "customer_id": self.customer.id}
        )
        counts = {
            "orders": 2,
            "invoices": 0,
            "tags": 1,
            "circles": 1,
            "people": 0,
            "merges": 2,
            "segments": 0,
            "consents": 0,
            "handles": 3,
        }
        for name, (_method, xmlid, _opens) in self.customer._page_get_lists().items():
            if "." in xmlid:
                continue  # another addon's list
            with self.subTest(list=name):
                data = self.customer.get_page_list(name)
                found = self.env[data["res_model"]].search(data["domain"])
                self.assertEqual(counts.get(name, 1), len(found))
                view = self.env["ir.ui.view"].browse(data["view_id"])
                self.assertEqual((data["res_model"], "list"), (view.model, view.type))
        with self.assertRaises(AccessError):
            self.customer.with_user(self.viewer).get_page_list("orders")
        stranger = self._make_user(
            "stranger", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        with self.assertRaises(AccessError):
            self.customer.with_user(stranger).get_page_list("merges")

    def test_the_page_costs_the_same_for_any_history(self):
        seller = self._make_user(
            "seller",
            "scrm_base.group_scrm_base_steward",
            "sales_team.group_sale_manager",
            "account.group_account_invoice",
        )
        self._make_rich(seller)
        self._record_notes(0, 10, seller)
        self._make_orders(2)
        pages = (
            (self.customer, "scrm_base.scrm_customer_view_form"),
            (self.partner, "base.view_partner_form"),
        )
        counts = []
        # Kept alive: an environment of its own would ask for its company anew.
        readers = [record.with_user(seller) for record, _view in pages]
        for _round in range(2):
            for page in pages:
                self._read_page(page[0], seller, page[1])  # what is cached for ever is cached now
            counts.append([self._read_page(record, seller, view)[2] for record, view in pages])
            if not _round:
                self._make_orders(50)
                self._record_notes(100, 2000, seller)
        self.assertTrue(readers)
        few, many = counts
        self.assertLessEqual(many, few)
        # The limit, with all that other addons show beside it.
        self.assertLessEqual(few[0], 25)
        values, page, _queries = self._read_page(*(pages[0][0], seller, pages[0][1]))
        self.assertEqual(52, values["order_count"])
        self.assertEqual(30, len(page["entries"]))
        self.assertTrue(page["has_more"])

    def test_a_list_costs_the_same_for_any_number(self):
        fields = ["name", "phone_display", "stage_id", "order_count", "amount_ordered", "tag_ids"]

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

    def test_the_last_order_is_the_latest(self):
        with self.assertRaises(UserError):
            self.customer.action_view_last_order()
        first, second = self._make_orders(2)
        first.date_order, second.date_order = "2026-03-02 10:00:00", "2026-03-01 10:00:00"
        self.customer.invalidate_recordset()
        self.assertEqual(first.date_order, self.customer.last_order_at)
        self.assertEqual(first.id, self.customer.action_view_last_order()["res_id"])

    def test_business_begins_with_a_contact_made_for_it(self):
        visitor = self._make_customer("访客", "13826001077", "visitor@example.com")
        with self.assertRaises(AccessError):
            visitor.with_user(self.viewer).action_new_lead()
        self.assertFalse(visitor.main_partner_id)
        operator = self._make_user(
            "operator", "scrm_base.group_scrm_base_operator", "sales_team.group_sale_salesman"
        )
        for method, model in (
            ("action_new_lead", "crm.lead"),
            ("action_new_quotation", "sale.order"),
            ("action_write_mail", "mail.compose.message"),
            ("action_schedule_activity", "mail.activity.schedule"),
        ):
            with self.subTest(method=method):
                action = getattr(visitor.with_user(operator), method)()
                partner = visitor.main_partner_id
                self.assertEqual(model, action["res_model"])
                form = Form(self.env[model].with_user(operator).with_context(**action["context"]))
                if model in ("crm.lead", "sale.order"):
                    self.assertEqual(partner, form.partner_id)
                elif model == "mail.compose.message":
                    self.assertEqual(partner, form.partner_ids[:])
                else:
                    form.summary = "Call back"
                    form.save().action_schedule_activities()
                    self.assertEqual("Call back", partner.activity_ids.summary)
        self.assertEqual(1, visitor.contact_count)

    def test_no_mail_without_an_address(self):
        visitor = self._make_customer("访客", "13826001077")
        with self.assertRaises(UserError):
            visitor.action_write_mail()

    def test_an_organisation_and_its_people(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        clerk, driver = (
            self._make_partner(name=name, parent_id=shop.id) for name in ("店员", "司机")
        )
        self._make_partner(name="仓库", parent_id=shop.id, type="delivery")
        (shop | clerk | driver)._scrm_ensure_identity()
        people = clerk.scrm_customer_id | driver.scrm_customer_id
        organisation = shop.scrm_customer_id
        self.assertEqual(people, organisation.people_ids)
        self.assertEqual(2, organisation.people_count)
        self.assertFalse(organisation.organisation_ids)
        self.assertEqual(organisation, people.organisation_ids)
        self.assertFalse(people.people_ids)
        action = organisation.action_view_people()
        self.assertEqual(people, self.env["scrm.customer"].search(action["domain"]))


@tagged("post_install", "-at_install")
class TestCustomerBalance(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading("cn", company=cls.company, install_demo=False)
        cls.partner = cls._make_partner(name="陈女士")
        cls.partner._scrm_ensure_identity()
        cls.customer = cls.partner.scrm_customer_id

    def test_the_open_balance_opens_what_is_open(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [
                    Command.create({"name": "Filter", "price_unit": 200, "tax_ids": False})
                ],
            }
        )
        self.assertEqual(0, self.customer.amount_due)
        invoice.action_post()
        self.customer.invalidate_recordset()
        self.assertEqual((200, 200), (self.customer.amount_invoiced, self.customer.amount_due))
        action = self.customer.action_view_open_invoices()
        self.assertEqual(invoice, self.env["account.move"].search(action["domain"]))
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.customer.invalidate_recordset()
        self.assertEqual((200, 0), (self.customer.amount_invoiced, self.customer.amount_due))
        self.assertFalse(self.env["account.move"].search(action["domain"]))
