from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.handles import Handle

from .common import ScrmCase

PHONE = "+8613826001001"


@tagged("post_install", "-at_install")
class TestRecognitionPolicy(ScrmCase):
    """What evidence may do by itself in the configuration that the addon comes with."""

    def _candidates(self, *identities):
        nodes = self.env["scrm.identity"].union(*identities)
        return self.env["scrm.match.candidate"].search(
            ["|", ("left_id", "in", nodes.ids), ("right_id", "in", nodes.ids)]
        )

    def _openid(self, value="o1"):
        return self._make_identity("openid", value, scope="oa:wx")

    # === BLOCKED VALUES === #

    def test_a_phone_stated_in_chat_recognises_the_imported_customer(self):
        partner = self._make_partner(name="周女士", phone="138 2600 1001")
        partner._scrm_get_identity_map(in_business=True)
        openid = self._openid()
        link = openid._attach(self._make_identity("phone", PHONE), rule="stated_in_chat")
        self.assertEqual("stated_in_chat", link.rule)
        self.assertEqual(partner.scrm_customer_id, openid.customer_id)
        self.assertFalse(self._candidates(openid))

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_values_of_nobody_tie_nobody(self):
        openid = self._openid()
        for id_type, value in [
            ("phone", "+8613800138000"),
            ("phone", "+8613888888888"),
            ("phone", "+8613912345678"),
            ("email", "noreply@example.com"),
            ("email", "li@noemail.com"),
            ("card", "0000-0000"),
            ("card", "NULL"),
            ("visitor", "undefined"),
            ("card", "无"),
        ]:
            with self.subTest(value=value):
                nobody = self._make_identity(id_type, value)
                self.assertFalse(openid._attach(nobody, rule="stated_in_chat"))
                self.assertFalse(self._candidates(nobody))
        # A person may say it nevertheless.
        self.assertTrue(openid._attach(nobody, rule="manual"))

    def test_ordinary_values_are_not_blocked(self):
        is_blocked = self.env["scrm.identity.block"]._is_blocked
        for id_type, value in [
            ("phone", PHONE),
            ("phone", "+8613838383838"),
            ("email", "chen@example.com"),
            ("email", "nonesuch@example.com"),
            ("card", "1000"),
            ("openid", "oNull"),
        ]:
            self.assertFalse(is_blocked(id_type, value, self.pool), value)

    def test_a_hotline_makes_no_customer(self):
        before = self.env["scrm.customer"].search_count([])
        partner = self._make_partner(name="陈女士", phone="13800138000")
        partner._scrm_ensure_identity()
        self.assertEqual(before + 1, self.env["scrm.customer"].search_count([]))
        self.assertEqual(["partner"], partner.scrm_customer_id.identity_ids.mapped("id_type"))

    def test_blocked_by_hand_in_one_pool(self):
        self.env["scrm.identity.block"].create({"value": "138 2600 1001", "pool_id": self.pool.id})
        is_blocked = self.env["scrm.identity.block"]._is_blocked
        self.assertTrue(is_blocked("phone", PHONE, self.pool))
        self.assertFalse(is_blocked("phone", PHONE, self.pool_other))

    def test_a_bad_pattern_is_a_sentence(self):
        for pattern in ("(", "x*", "a" * 300):
            with self.assertRaises(ValidationError):
                self.env["scrm.identity.block"].create({"kind": "regex", "value": pattern})

    def test_hotlines_are_learned(self):
        Block = self.env["scrm.identity.block"]
        shared, rare = "13826009001", "13826009002"
        for index in range(6):
            self._make_partner(name=f"P{index}", phone=shared, company_id=self.company.id)
        for index in range(5):
            self._make_partner(name=f"Q{index}", phone=rare, company_id=self.company.id)
        shop = self._make_partner(name="店", is_company=True, phone="13826009003")
        for index in range(8):  # one organisation, however many people it has
            self._make_partner(name=f"R{index}", parent_id=shop.id, phone="13826009003")
        self.company.partner_id.phone = "0755-8888 7777"
        Block._learn()
        Block._learn()
        learned = Block.search([("kind", "=", "learned"), ("pool_id", "=", self.pool.id)])
        self.assertEqual({"+8613826009001", "+8675588887777"}, set(learned.mapped("value")))
        self.assertEqual(6, learned.filtered(lambda b: b.value == "+8613826009001").met_count)
        self.assertTrue(Block._is_blocked("phone", "+8613826009001", self.pool))
        # Archived by a person, it is not learned again.
        learned.active = False
        Block._learn()
        self.assertFalse(Block._is_blocked("phone", "+8613826009001", self.pool))

    def test_a_number_stated_by_many_is_learned(self):
        phone = self._make_identity("phone", PHONE)
        for index in range(6):
            self._openid(f"o{index}")._attach(phone, rule="stated_in_chat")
        self.env["scrm.identity.block"]._learn()
        self.assertTrue(self.env["scrm.identity.block"]._is_blocked("phone", PHONE, self.pool))

    # === RULES === #

    def test_unverified_is_suggested_where_no_source_vouches(self):
        openid, phone = self._openid(), self._make_identity("phone", PHONE)
        self.assertFalse(openid._attach(phone, rule="form_filled", evidence={"form": 1}))
        candidate = self._candidates(openid)
        self.assertEqual(
            ("form_filled", "suggested", "new", {"form": 1}, self.pool),
            (
                candidate.rule,
                candidate.reason,
                candidate.state,
                candidate.evidence,
                candidate.pool_id,
            ),
        )
        # Said again, it waits once; proven, it ties and the suggestion is settled.
        openid._attach(phone, rule="form_filled")
        self.assertEqual(candidate, self._candidates(openid))
        proven = Handle("phone", self.pool._get_scope(), PHONE, verified=True)
        self.env["scrm.identity"]._resolve(proven, pool=self.pool)
        self.assertTrue(openid._attach(phone, rule="form_filled"))
        self.assertEqual("stale", candidate.state)

    def test_a_company_may_want_to_see_what_is_stated_in_chat(self):
        self.env.ref("scrm_base.resolution_rule_stated_in_chat").decision = "suggest"
        openid, phone = self._openid(), self._make_identity("phone", PHONE)
        self.assertFalse(openid._attach(phone, rule="stated_in_chat"))
        self.assertEqual(1, len(self._candidates(openid)))
        self.assertTrue(openid._attach(phone, rule="manual"))

    def test_a_pool_has_rules_of_its_own(self):
        Rule = self.env["scrm.resolution.rule"]
        Rule.create(
            {
                "sequence": 900,
                "pool_id": self.pool.id,
                "evidence_rule": "stated_in_chat",
                "decision": "suggest",
            }
        )
        for pool, decision in ((self.pool, "suggest"), (self.pool_other, "automatic")):
            with self.subTest(pool=pool.name):
                phone = self._make_identity("phone", PHONE, pool=pool)
                openid = self._make_identity("openid", "o1", scope=f"oa:{pool.id}", pool=pool)
                link = openid._attach(phone, rule="stated_in_chat")
                self.assertEqual(decision == "automatic", bool(link))
                self.assertEqual(decision == "suggest", bool(self._candidates(openid)))
                tied = Rule._get_tied_types("stated_in_chat", pool)
                self.assertEqual(decision == "automatic", "phone" in tied)

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_a_pool_has_limits_of_its_own(self):
        self.env["scrm.resolution.rule"].create(
            {"pool_id": self.pool.id, "id_type": "unionid", "handle_limit": 2}
        )
        pairs = []
        for pool in (self.pool_other, self.pool):  # both in one batch
            first, second, third = (
                self._make_identity("unionid", f"u{n}", scope=f"op:{pool.id}", pool=pool)
                for n in range(3)
            )
            pairs += [(first, second), (first, third)]
        self.env["scrm.identity"]._attach_many(pairs, rule="platform")
        self.assertEqual(
            {self.pool: [1, 2, 2], self.pool_other: [1, 1, 1]},
            {
                pool: sorted(len(end.customer_id.identity_ids) for end in ends)
                for pool, ends in self.env["scrm.identity"]
                .union(*(end for pair in pairs for end in pair))
                .grouped("pool_id")
                .items()
            },
        )

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_the_weakest_tie_is_left_out_over_the_limit(self):
        self.env.ref("scrm_base.resolution_rule_phone").write(
            {"handle_limit": 1, "requires_verified": False}
        )
        known = self._make_customer("陈女士", phone="13826001001")
        phone = self._make_identity("phone", "+8613826001002")
        unionid = self._make_identity("unionid", "u1", scope="op:1")
        first = known.identity_ids
        links = self.env["scrm.identity"]._attach_many(
            [(first, phone), (unionid, first), (unionid, phone)], rule="event"
        )
        # A union id ranks before a phone number: with it the other number was tied, in one event.
        self.assertEqual((first, unionid), (links.left_id, links.right_id))
        self.assertEqual({"limit"}, set(self._candidates(phone).mapped("reason")))
        self.assertNotEqual(first.customer_id, phone.customer_id)

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_one_union_id_for_a_customer(self):
        first, second = (self._make_identity("unionid", u, scope="op:1") for u in ("u1", "u2"))
        openid = self._openid()
        openid._attach(first, rule="platform")
        self.assertFalse(openid._attach(second, rule="platform"))
        self.assertEqual("limit", self._candidates(second).reason)
        self.assertNotEqual(first.customer_id, second.customer_id)

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_a_cluster_grows_to_the_limit_and_then_waits_for_a_person(self):
        self.env["ir.config_parameter"].set_param("scrm_base.cluster_limit", "4")
        nodes = [self._make_identity("visitor", f"n{i}") for i in range(6)]
        self.env["scrm.identity"]._attach_many(
            [(nodes[0], node) for node in nodes[1:]], rule="import"
        )
        self.assertEqual(4, len(nodes[0].customer_id.identity_ids))
        waiting = self._candidates(*nodes)
        self.assertEqual(["size", "size"], waiting.mapped("reason"))
        waiting[0].action_accept()
        self.assertEqual(5, len(nodes[0].customer_id.identity_ids))

    def test_limits_cost_no_query_more_for_a_larger_batch(self):
        def make(count, mark):
            return [
                (self._make_identity("visitor", f"{mark}{i}"), self._openid(f"{mark}{i}"))
                for i in range(count)
            ]

        def tie(pairs):
            self.env.invalidate_all()  # both begin with nothing read
            self.env["scrm.identity"]._attach_many(pairs, rule="event")
            self.env.flush_all()

        tie(make(2, "a"))
        few, many = make(2, "b"), make(40, "c")
        before = self.env.cr.sql_log_count
        tie(few)
        with self.assertQueryCount(self.env.cr.sql_log_count - before):
            tie(many)

    # === ORGANISATIONS === #

    @mute_logger("odoo.addons.scrm_base.models.identity_policy")
    def test_the_number_of_an_organisation_and_its_people_ties_no_two_persons(self):
        phone = "0755-8888 1234"
        shop = self._make_partner(name="福田体验店", is_company=True, phone=phone)
        for name in ("甲", "乙"):
            self._make_partner(name=name, parent_id=shop.id, phone=phone)
        shop._scrm_ensure_identity()
        hotline = shop.scrm_customer_id.identity_ids.filtered(lambda i: i.id_type == "phone")
        writers = [self._openid("o1"), self._openid("o2")]
        for writer in writers:
            self.assertFalse(writer._attach(hotline, rule="stated_in_chat"))
        customers = (writers[0] | writers[1]).customer_id | shop.scrm_customer_id
        self.assertEqual(3, len(customers))
        self.assertFalse(self._candidates(hotline))

    def test_the_mobile_of_a_one_man_shop_recognises_him(self):
        shop = self._make_partner(name="老王净水", is_company=True, phone="13826001001")
        shop._scrm_ensure_identity()
        openid = self._openid()
        openid._attach(self._make_identity("phone", PHONE), rule="stated_in_chat")
        self.assertEqual(shop.scrm_customer_id, openid.customer_id)

    # === RIGHTS === #

    def test_who_configures(self):
        values = {"value": "13826001001"}
        for role, rule, block in [
            ("viewer", False, False),
            ("operator", False, False),
            ("privacy", False, False),
            ("steward", False, True),
            ("manager", True, True),
        ]:
            user = self._make_user(f"rule.{role}", f"scrm_base.group_scrm_base_{role}")
            for model, allowed in (("scrm.resolution.rule", rule), ("scrm.identity.block", block)):
                self.assertEqual(allowed, self.env[model].with_user(user).has_access("create"))
            if role == "manager":
                Rule = self.env["scrm.resolution.rule"]
                own, other = (
                    Rule.create({"pool_id": pool.id}) for pool in (self.pool, self.pool_other)
                )
                seen = Rule.with_user(user).search([("pool_id", "!=", False)])
                self.assertEqual(own, seen)
                with self.assertRaises(AccessError):
                    other.with_user(user).decision = "suggest"
            if role == "steward":
                Block = self.env["scrm.identity.block"].with_user(user)
                Block.create({**values, "pool_id": self.pool.id})
                for pool in (False, self.pool_other.id):
                    with self.assertRaises(AccessError):
                        Block.create({**values, "pool_id": pool})
                with self.assertRaises(AccessError):
                    shipped = self.env.ref("scrm_base.identity_block_zeros")
                    shipped.with_user(user).active = False
