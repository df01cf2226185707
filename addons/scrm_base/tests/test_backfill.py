from odoo.tests import tagged
from odoo.tools import SQL

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestBackfill(ScrmCase):
    """The past made known set-based: what comes of it is what one by one would have made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["scrm.identity.block"].create({"value": "4008001234", "pool_id": cls.pool.id})
        cls.firm = cls._make_partner(
            name="净水科技", is_company=True, phone="0755-26001000", email="info@jing.example"
        )
        people = [
            {"name": "陈女士", "phone": "138 2600 1001", "email": "Chen@Example.com"},
            {"name": "Plain", "phone": "13826001002"},
            {"name": "Nothing to be known by"},
            {"name": "Wrong", "phone": "none", "email": "nobody at home"},
            {"name": "Hotline", "phone": "4008001234", "email": "hot@example.com"},
            # shared by strangers: the elder's, and the third shares with the second only
            {"name": "Elder", "phone": "13826001003"},
            {"name": "Younger", "phone": "13826001003", "email": "pair@example.com"},
            {"name": "Third", "phone": "13826001004", "email": "pair@example.com"},
            # the company's own number, and one of several of its people
            {"name": "Buyer", "parent_id": cls.firm.id, "phone": "0755-26001000"},
            {"name": "Twin 1", "parent_id": cls.firm.id, "email": "desk@jing.example"},
            {"name": "Twin 2", "parent_id": cls.firm.id, "email": "desk@jing.example"},
            # known from a conversation already, and as somebody else's
            {"name": "Wrote before", "phone": "13826001005", "email": "new@example.com"},
            {"name": "Another's", "email": "taken@example.com"},
            {"name": "Archived", "phone": "13826001006", "active": False},
            {"name": "Abroad", "phone": "+1 650 253 0000", "country_id": cls.env.ref("base.us").id},
        ]
        cls.people = cls.firm | cls.env["res.partner"].create(people)
        cls._make_identity("phone", "+8613826001005", name="Visitor")
        cls._make_customer("Taken", email="taken@example.com")
        cls._make_partner(name="Owner", email="taken@example.com")._scrm_ensure_identity()
        warehouse = {"name": "仓库", "type": "delivery", "parent_id": cls.firm.id}
        leads = [
            {"name": partner.name, "company_id": cls.company.id}
            for partner in cls.people | cls._make_partner(**warehouse)
        ]
        partners = cls.people | cls.firm.child_ids.filtered(lambda p: p.type == "delivery")
        cls.env.flush_all()
        for lead, partner in zip(cls.env["crm.lead"].create(leads), partners, strict=True):
            # past every hook, as before the addon was there
            cls.env.cr.execute(
                SQL("UPDATE crm_lead SET partner_id = %s WHERE id = %s", partner.id, lead.id)
            )
        cls.env.invalidate_all()

    maxDiff = None

    def _snapshot(self):
        """Return the graph of the pool by the handles' values: ids differ with the order."""
        self.env.flush_all()
        self.env.invalidate_all()
        Identity = self.env["scrm.identity"].search([("pool_id", "=", self.pool.id)])
        key_of = {node.id: (node.id_type, node.value) for node in Identity}
        origin_of = {node.origin_customer_id.id: key_of[node.id] for node in Identity}

        def describe(customer):
            golden = {
                name: (key_of[source["identity"]], source["source"], source["reason"])
                for name, source in (customer.golden or {}).items()
            }
            return (
                customer.name,
                customer.kind,
                customer.active,
                origin_of.get(customer.merged_into_id.id),
                bool(customer.derived_at),
                golden,
            )

        def pair(record):
            return tuple(sorted((key_of[record.left_id.id], key_of[record.right_id.id])))

        links = self.env["scrm.identity.link"].search([("left_id", "in", Identity.ids)])
        candidates = self.env["scrm.match.candidate"].search([("pool_id", "=", self.pool.id)])
        touched = self.env["scrm.customer.touch"].search([("company_id", "=", self.company.id)])
        return {
            "handles": {
                key_of[node.id]: (
                    node.partner_id.id,
                    node.value_raw,
                    node.name,
                    bool(node.verified_at),
                    origin_of[node.customer_id.id],
                    describe(node.origin_customer_id),
                )
                for node in Identity
            },
            "evidence": sorted(
                (pair(link), link.rule, str(link.evidence), link.decided_by_id.id) for link in links
            ),
            "review": sorted((pair(c), c.rule, c.reason, c.weight, c.state) for c in candidates),
            "touched": sorted({origin_of[touch.customer_id.id] for touch in touched}),
        }

    def _compare(self, *ways):
        """Let each way make the same past known, and expect the same of each."""
        results = []
        for way in ways:
            savepoint = self.env.cr.savepoint()
            with savepoint:
                way()
                results.append(self._snapshot())
                savepoint.rollback()
            self.env.invalidate_all()
        for result in results[1:]:
            for part, expected in results[0].items():
                self.assertEqual(expected, result[part], part)
        return results[0]

    def _one_by_one(self):
        for partner in self.people.sorted("id").with_company(self.company):
            partner._scrm_get_identity_map(in_business=True)
            self.env.flush_all()

    def _as_a_batch(self):
        self.people.with_company(self.company)._scrm_get_identity_map(in_business=True)

    def _at_once(self):
        self.env["res.partner"]._scrm_backfill_customers()

    def _in_threes(self):
        """Broken off after each batch, and begun again."""
        while ids := self.env["res.partner"]._scrm_get_backfill_ids(self.company):
            self.env["res.partner"].browse(ids[:3]).with_company(self.company)._scrm_make_known()

    def test_set_based_is_one_by_one(self):
        result = self._compare(self._one_by_one, self._at_once, self._in_threes)
        chen = ("partner", str(self.people[1].id))
        self.assertEqual(chen, result["handles"]["phone", "+8613826001001"][4])
        self.assertEqual(chen, result["handles"]["email", "chen@example.com"][4])
        self.assertIn("shared", {row[2] for row in result["review"]})
        self.assertNotIn(("phone", "+864008001234"), result["handles"])

    def test_rules_leave_evidence_to_a_person(self):
        self.env["scrm.resolution.rule"].create(
            {"pool_id": self.pool.id, "id_type": "email", "decision": "suggest"}
        )
        result = self._compare(self._as_a_batch, self._at_once)
        email = ("email", "chen@example.com")
        self.assertEqual(email, result["handles"][email][4])
        self.assertIn("suggested", {row[2] for row in result["review"]})

    def test_limits_hold(self):
        self.env["ir.config_parameter"].set_param("scrm_base.cluster_limit", "2")
        result = self._compare(self._one_by_one, self._at_once)
        self.assertIn("size", {row[2] for row in result["review"]})

    def test_a_rebuild_changes_nothing(self):
        self._at_once()
        before = self._snapshot()
        self.env["scrm.identity"]._rebuild()
        self.env["scrm.customer"].search([("pool_id", "=", self.pool.id)])._rebuild_golden()
        self.assertEqual(before, self._snapshot())

    def test_the_number_of_queries_does_not_grow(self):
        def count(number):
            contacts = self.env["res.partner"].create(
                [
                    {
                        "name": "P",
                        "phone": f"1391{number:03d}{n:04d}",
                        "email": f"{number}-{n}@q.cn",
                    }
                    for n in range(number)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contacts.with_company(self.company)._scrm_make_known()
            self.env.flush_all()
            self.assertEqual(number, len(contacts.with_company(self.company).scrm_customer_id))
            return self.env.cr.sql_log_count - before

        count(3)
        self.assertEqual(count(20), count(200))
