from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestMatchCandidate(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nodes = cls.env["scrm.identity"]
        for index in range(6):
            cls.nodes |= cls._make_identity("card", f"node-{index}", name=f"Name {index}")
        cls.steward = cls._make_user("match.steward", "scrm_base.group_scrm_base_steward")
        cls.Candidate = cls.env["scrm.match.candidate"]

    def _propose(self, left, right, **vals):
        return self.Candidate._propose(
            [
                {
                    "left_id": self.nodes[left].id,
                    "right_id": self.nodes[right].id,
                    "rule": "similar",
                    **vals,
                }
            ]
        )

    # === PROPOSING === #

    def test_a_pair_waits_once_the_elder_first(self):
        candidate = self._propose(3, 1, weight=0.75)
        self.assertEqual(
            (self.nodes[1], self.nodes[3], "new", 0.75, self.pool),
            (
                candidate.left_id,
                candidate.right_id,
                candidate.state,
                candidate.weight,
                candidate.pool_id,
            ),
        )
        self.assertFalse(self._propose(1, 3, weight=0.75))
        self.assertEqual(candidate, self._propose(1, 3, weight=0.9))
        self.assertEqual(0.9, candidate.weight)

    def test_the_weights_stand_on_the_side_of_their_handles(self):
        said = [{"field": "name", "left": "three", "right": "one", "weight": 1, "agrees": False}]
        (entry,) = self._propose(3, 1, field_weights=said).field_weights
        self.assertEqual(("one", "three"), (entry["left"], entry["right"]))

    def test_what_is_settled_is_not_proposed(self):
        self.nodes[0]._attach(self.nodes[1], rule="manual")
        self.assertFalse(self._propose(0, 1))
        self.nodes[1]._attach(self.nodes[2], rule="cannot")
        self.assertFalse(self._propose(0, 2), "declared different by another handle")
        self.assertFalse(self._propose(2, 2))
        undone = self.nodes[3]._attach(self.nodes[4], rule="contact_card")
        undone.action_undo()
        self.assertFalse(self._propose(3, 4))
        stranger = self._make_identity("card", "x", pool=self.pool_other)
        self.assertFalse(
            self.Candidate._propose(
                [{"left_id": self.nodes[5].id, "right_id": stranger.id, "rule": "similar"}]
            )
        )

    def test_many_pairs_cost_the_same(self):
        nodes = [self._make_identity("card", f"many-{i}") for i in range(60)]
        pairs = [
            {"left_id": a.id, "right_id": b.id, "rule": "similar"}
            for a, b in zip(nodes[::2], nodes[1::2], strict=True)
        ]
        self.env.flush_all()
        self.Candidate._propose(pairs[:2])
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.Candidate._propose(pairs[2:4])
        with self.assertQueryCount(self.env.cr.sql_log_count - before):
            self.assertEqual(26, len(self.Candidate._propose(pairs[4:])))

    # === DECIDING === #

    def test_accepting_makes_one_customer_and_can_be_undone(self):
        candidate = self._propose(0, 1)
        other = self._propose(1, 0, rule="import")
        self.assertFalse(other)
        candidate.with_user(self.steward).action_accept()
        self.assertEqual("accepted", candidate.state)
        self.assertEqual(self.steward, candidate.reviewer_id)
        self.assertTrue(candidate.reviewed_at)
        self.assertEqual(self.nodes[0].customer_id, self.nodes[1].customer_id)
        link = self.nodes[0].customer_id.link_ids
        self.assertEqual(("manual", candidate.id), (link.rule, link.evidence["candidate"]))
        self.assertEqual(self.steward, link.decided_by_id)
        link.with_user(self.steward).action_undo()
        self.assertNotEqual(self.nodes[0].customer_id, self.nodes[1].customer_id)
        self.assertFalse(self._propose(0, 1), "a person undid it")

    def test_a_rejected_pair_never_comes_back(self):
        candidate = self._propose(0, 1)
        candidate.with_user(self.steward).action_reject()
        self.assertEqual("rejected", candidate.state)
        link = self.nodes[0].customer_id.link_ids
        self.assertEqual("cannot", link.rule)
        self.assertFalse(self._propose(0, 1))
        self.assertFalse(self.nodes[0]._attach(self.nodes[1], rule="import"))
        link.action_undo()
        self.assertFalse(self._propose(0, 1))

    def test_not_sure_comes_last(self):
        first, second = self._propose(0, 1, weight=0.9), self._propose(2, 3, weight=0.6)
        queue = self.Candidate.with_user(self.steward).get_queue
        mine = {first.id, second.id}
        self.assertEqual([first.id, second.id], [i for i in queue() if i in mine])
        first.with_user(self.steward).action_unsure()
        self.assertEqual([second.id, first.id], [i for i in queue() if i in mine])
        first.with_user(self.steward).action_accept()
        self.assertEqual([second.id], [i for i in queue() if i in mine])

    def test_decided_twice_is_said(self):
        candidate = self._propose(0, 1)
        candidate.action_accept()
        for decide in (candidate.action_accept, candidate.action_reject, candidate.action_unsure):
            with self.assertRaises(UserError):
                decide()

    def test_settled_otherwise(self):
        one, many = self._propose(0, 1), self._propose(1, 2)
        different = self._propose(3, 4)
        self.nodes[0]._attach(self.nodes[1], rule="manual")
        self.nodes[3]._attach(self.nodes[4], rule="cannot")
        self.assertEqual(["stale", "new", "stale"], [one.state, many.state, different.state])
        self.assertFalse(one.read_review())
        # What the queue missed, the nightly rebuild takes off.
        self.env.flush_all()
        self.env.cr.execute("UPDATE scrm_match_candidate SET state = 'new' WHERE id = %s", one.ids)
        self.env.invalidate_all()
        self.env["scrm.identity"]._rebuild()
        self.assertEqual("stale", one.state)

    def test_a_trusted_rule_settles_by_itself(self):
        candidates = self._propose(0, 1, rule="import") | self._propose(2, 3, rule="similar")
        self.assertEqual(candidates[0], candidates._settle_automatically())
        self.assertEqual(["auto", "new"], candidates.mapped("state"))
        self.assertEqual(1, len(self.nodes[0:2].customer_id))

    # === WHERE THEY COME FROM === #

    def test_a_number_that_stands_on_two_contacts_is_put_before_a_person(self):
        first = self._make_partner(name="陈女士", phone="13826001001")
        first._scrm_ensure_identity()
        second = self._make_partner(name="陈晓雨", phone="138-2600-1001")
        second._scrm_ensure_identity()
        second._scrm_ensure_identity()
        candidate = self.Candidate.search([("left_id.pool_id", "=", self.pool.id)])
        self.assertEqual("shared", candidate.reason)
        self.assertEqual(
            first.scrm_customer_id | second.scrm_customer_id,
            candidate.left_customer_id | candidate.right_customer_id,
        )
        self.assertNotIn("13826001001", str(candidate.field_weights))
        candidate.action_accept()
        self.assertEqual(first.scrm_customer_id, second.scrm_customer_id)
        self.assertEqual(first | second, first.scrm_customer_id.partner_ids)

    def test_nightly_looks_for_who_was_written_down_twice(self):
        pairs = [
            (
                ("王小明", None, "wang.xm@example.com"),
                ("王小明", None, "wang.xm@example.org"),
                True,
            ),
            (("李雷", "+8675588881234", None), ("李 雷", "+862088881234", None), True),
            (("韩梅", "+8675588885555", None), ("梅韩", "+862088885555", None), False),
            (("赵", None, "zhaoyun@example.com"), ("赵", None, "zhaoyun@example.org"), False),
            (("周周", None, "info@example.com"), ("周周", None, "info@example.org"), False),
        ]
        expected = set()
        for sides, alike in [(pair[:2], pair[2]) for pair in pairs]:
            customers = []
            for name, phone, email in sides:
                id_type, value = ("phone", phone) if phone else ("email", email)
                customers.append(self._make_identity(id_type, value, name=name))
            if alike:
                expected.add(tuple(sorted(identity.id for identity in customers)))
        found = self.Candidate._propose_similar().filtered(lambda c: c.pool_id == self.pool)
        self.assertEqual(expected, {(c.left_id.id, c.right_id.id) for c in found})
        self.assertFalse(self.Candidate._propose_similar())
        for candidate in found:
            self.assertEqual(2, len(candidate.field_weights))

    def test_a_chain_of_shops_is_not_one_customer(self):
        for code in ("755", "20", "10", "21"):
            self._make_identity("phone", f"+86{code}88881234", name="蜂鸟净水")
        found = self.Candidate._propose_similar()
        self.assertFalse(found.filtered(lambda c: c.pool_id == self.pool))

    # === THE SCREEN === #

    def test_what_the_screen_shows(self):
        left = self._make_customer("陈女士", phone="13826001001")
        right = self._make_customer("陈晓雨", email="chen@example.com")
        candidate = self.Candidate._propose(
            [
                {
                    "left_id": left.identity_ids.id,
                    "right_id": right.identity_ids.id,
                    "rule": "similar",
                    "reason": "similar",
                    "weight": 0.8,
                    "field_weights": [
                        {"field": "name", "left": "陈女士", "right": "陈晓雨", "weight": -1.5},
                        {
                            "field": "flavour",
                            "left": "深圳",
                            "right": "深圳",
                            "weight": 3,
                            "agrees": 1,
                        },
                    ],
                }
            ]
        )
        item = candidate.with_user(self.steward).read_review()
        self.assertEqual(["陈女士", "陈晓雨"], [side["name"] for side in item["sides"]])
        self.assertEqual("+86138****1001", item["sides"][0]["handles"][0]["value"])
        self.assertEqual(80, item["percent"])
        self.assertEqual(
            [("Name", "-1.5", 50, False), ("flavour", "+3.0", 100, True)],
            [(w["label"], w["weight"], w["width"], w["agrees"]) for w in item["weights"]],
        )
        self.assertEqual(
            [("Orders", 0, 0), ("Invoices", 0, 0), ("Leads", 0, 0), ("Timeline", 0, 0)],
            [(row["label"], row["left"], row["right"]) for row in item["affected"]],
        )

    # === RIGHTS === #

    def test_only_stewards_of_the_pool_review(self):
        candidate = self._propose(0, 1)
        for role in ("viewer", "operator", "privacy"):
            user = self._make_user(f"match.{role}", f"scrm_base.group_scrm_base_{role}")
            mine = candidate.with_user(user)
            for method in ("action_accept", "action_reject", "action_unsure", "read_review"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    getattr(mine, method)()
            with self.assertRaises(AccessError):
                mine.get_queue()
        foreigner = self._make_user(
            "match.foreigner", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        self.assertNotIn(candidate.id, candidate.with_user(foreigner).get_queue())
        for method in ("action_accept", "action_reject", "action_unsure", "read_review"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(candidate.with_user(foreigner), method)()
        for operation in ("write", "create", "unlink"):
            self.assertFalse(self.Candidate.with_user(self.steward).has_access(operation))
        candidate.with_user(self.steward).action_reject()
