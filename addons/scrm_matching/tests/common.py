"""A pool with a trained model, and short ways to customers that resemble each other."""

from functools import cache

from odoo.addons.scrm_base.tests.common import ScrmCase
from odoo.addons.scrm_base.tools.handles import Handle, normalise_phone

from ..providers.linker_process import LinkerProcess
from ..tools.customer_rows import CUSTOMERS, prepare
from . import people


@cache
def parameters():
    """Return what made-up people teach, learned once for all tests."""
    rows = [
        prepare(id_, "person", name, [phone] if phone else [], [email] if email else [], city)
        for id_, (_person, name, phone, email, city) in enumerate(people.make(2000), 1)
    ]
    return LinkerProcess(CUSTOMERS).train(rows)


class MatchingCase(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls._make_model(cls.pool)

    @classmethod
    def _make_model(cls, pool):
        """Return a pool's model that suggests pairs."""
        model = cls.env["scrm.matching.model"].create({"pool_id": pool.id})
        model._write_trained(parameters())
        model._move_along("suggest")
        return model

    @classmethod
    def _make_card(cls, name, phone=None, email=None, city=None, company=None, **vals):
        """Return the customer of a new contact."""
        company = company or cls.company
        partner = cls._make_partner(
            name=name, phone=phone, email=email, city=city, company_id=company.id, **vals
        )
        partner.country_id = cls.env.ref("base.cn")
        identities = partner.with_company(company)._scrm_ensure_identity()
        return identities.customer_id

    @classmethod
    def _make_cards(cls, cards):
        """Return the customers of many new contacts at once."""
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "phone": phone,
                    "email": email,
                    "city": city,
                    "company_id": cls.company.id,
                    "country_id": cls.env.ref("base.cn").id,
                }
                for _person, name, phone, email, city in cards
            ]
        )
        return partners._scrm_ensure_identity().customer_id

    @classmethod
    def _make_people(cls, cards, pool=None):
        """Return the customers of cards without contacts, made in a bounded number of queries."""
        pool = pool or cls.pool
        scope = pool._get_scope()
        known = [
            (
                Handle("phone", scope, normalise_phone(phone)) if phone else None,
                Handle("email", scope, email) if email else None,
                name,
            )
            for _person, name, phone, email, _city in cards
        ]
        known = [card for card in known if card[0] or card[1]]
        Identity = cls.env["scrm.identity"]
        first = Identity._resolve_many(
            [phone or email for phone, email, _name in known],
            pool=pool,
            names=[name for _phone, _email, name in known],
        )
        both = [i for i, (phone, email, _name) in enumerate(known) if phone and email]
        second = Identity._resolve_many([known[i][1] for i in both], pool=pool)
        pairs = [
            (first[i], other) for i, other in zip(both, second, strict=True) if first[i] != other
        ]
        Identity._attach_many(pairs, rule="import")
        return first.customer_id

    def _compare(self, model=None):
        """Compare what is new or changed, as the night's jobs would."""
        model = model or self.model
        model._start_scoring()
        while model._take_due(1):
            model._score_due()

    def _get_candidates(self, *customers):
        """Return the pairs of the test pool's queue, or those between these customers."""
        domain = [("rule", "=", "splink")]
        if not customers:
            domain += [("pool_id", "=", self.pool.id)]
        else:
            ids = [customer.id for customer in customers]
            domain += [
                ("left_id.customer_id", "in", ids),
                ("right_id.customer_id", "in", ids),
            ]
        return self.env["scrm.match.candidate"].search(domain)
