from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestRegion(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        china = cls.env.ref("base.cn")
        state = cls.env["res.country.state"].create(
            {"name": "Test province", "code": "T9", "country_id": china.id}
        )
        cls.state, cls.china = state, china
        Region = cls.env["scrm.region"]
        cls.nation = Region.create(
            {"name": "Test nation", "code": "T-N", "kind": "nation", "country_id": china.id}
        )
        cls.province = Region.create(
            {
                "name": "试省",
                "code": "T-P",
                "kind": "province",
                "parent_id": cls.nation.id,
                "state_id": state.id,
            }
        )
        cls.city, cls.city_2 = Region.create(
            [
                {"name": name, "code": code, "kind": "city", "parent_id": cls.province.id}
                for name, code in (("试城", "T-C1"), ("另城", "T-C2"))
            ]
        )
        cls.group = Region.create(
            {
                "name": "Key cities",
                "code": "T-G",
                "kind": "group",
                "member_ids": [(4, cls.city.id)],
            }
        )

    def _regions(self, partner):
        ours = self.nation | self.province | self.city | self.city_2 | self.group
        ours |= self.env["scrm.region"].search([("kind", "=", "accounts")])
        found = self.env["scrm.region"]._get_regions_of_partner(partner)
        return [region.code for region in found if region in ours]

    def test_most_specific_first(self):
        partner = self._make_partner(
            city="试城市", state_id=self.state.id, country_id=self.china.id
        )
        self.assertEqual(["T-C1", "T-G", "T-P", "T-N"], self._regions(partner))
        accounts = self.env["scrm.region"].create(
            {"name": "A", "code": "T-A", "kind": "accounts", "partner_ids": [(4, partner.id)]}
        )
        self.assertEqual(["T-A", "T-C1", "T-G", "T-P", "T-N"], self._regions(partner))
        child = self._make_partner(parent_id=partner.id, type="delivery", city="试城")
        self.assertEqual("T-A", self._regions(child)[0])
        accounts.active = False
        self.assertEqual("T-C1", self._regions(partner)[0])

    def test_a_city_names_its_province(self):
        self.assertEqual(["T-C2", "T-P", "T-N"], self._regions(self._make_partner(city=" 另城 ")))

    def test_a_province_alone(self):
        partner = self._make_partner(state_id=self.state.id)
        self.assertEqual(["T-P", "T-N"], self._regions(partner))

    def test_a_city_of_the_same_name_elsewhere(self):
        other = self.env["res.country.state"].create(
            {"name": "Elsewhere", "code": "T8", "country_id": self.china.id}
        )
        partner = self._make_partner(city="试城", state_id=other.id)
        self.assertEqual(["T-N"], self._regions(partner))

    def test_abroad(self):
        partner = self._make_partner(country_id=self.env.ref("base.us").id)
        self.assertEqual([], self._regions(partner))

    def test_an_address_without_a_country_is_at_home(self):
        self.assertEqual(["T-N"], self._regions(self._make_partner()))

    def test_the_tree_stays_a_tree(self):
        for region, vals in (
            (self.nation, {"parent_id": self.province.id}),
            (self.province, {"parent_id": self.city.id}),
            (self.group, {"parent_id": self.nation.id}),
            (self.group, {"member_ids": [(4, self.province.id)]}),
            (self.city, {"member_ids": [(4, self.city_2.id)]}),
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                region.write(vals)
