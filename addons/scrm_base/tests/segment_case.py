from odoo import fields
from odoo.fields import Command

from .common import ScrmCase


class SegmentCase(ScrmCase):
    """Customers with figures of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Segment = cls.env["scrm.segment"]
        cls.today = cls.company._scrm_get_today()
        cls.chen = cls._make_customer("陈女士", "13826001001")
        cls.li = cls._make_customer("李先生", "13826001002")
        cls.zhou = cls._make_customer("周女士", "13826001003")
        cls.everybody = cls.chen | cls.li | cls.zhou

    @classmethod
    def _set_figures(cls, customer, company=None, **figures):
        """Write a customer's row of figures."""
        company = company or cls.company
        Metric = cls.env["scrm.metric"]
        row = Metric.search([("customer_id", "=", customer.id), ("company_id", "=", company.id)])
        if row:
            row.write(figures)
        else:
            Metric.create(
                {
                    "customer_id": customer.id,
                    "company_id": company.id,
                    "refreshed_at": fields.Datetime.now(),
                    **figures,
                }
            )
        cls.env.flush_all()

    @classmethod
    def _make_segment(cls, name="Segment", conditions=(), **vals):
        """Return a segment of the test company; conditions are dicts."""
        lines = [Command.create(condition) for condition in conditions]
        return cls.Segment.create({"name": name, "condition_ids": lines, **vals})

    @classmethod
    def _get_members(cls, segment):
        return segment.member_ids.customer_id

    def _refresh(self, customers=None):
        self.Segment._refresh_company(self.company, customers and customers.ids)
