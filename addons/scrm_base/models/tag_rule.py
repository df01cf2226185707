from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .res_partner import ADDRESS_TYPES


class ScrmTagRule(models.Model):
    """When customers get a tag by themselves: who bought what, or did what, how often.

    What rules give is derived: it comes and goes as the rules find it, and can be made again.
    """

    _name = "scrm.tag.rule"
    _description = "Rule of a Customer Tag"
    _order = "tag_id, id"

    # sudo: a rule is named for everybody, its product may be another company's
    name = fields.Char(compute="_compute_name", compute_sudo=True)
    active = fields.Boolean(default=True)
    tag_id = fields.Many2one(comodel_name="scrm.tag", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        help="Empty: the rule holds in each company for itself.",
    )
    kind = fields.Selection(
        selection=[("product", "Bought"), ("interaction", "Happened")],
        string="What",
        required=True,
        default="product",
    )
    product_categ_id = fields.Many2one(
        comodel_name="product.category",
        string="Product Category",
        ondelete="cascade",
        help="With the categories below it.",
    )
    product_id = fields.Many2one(comodel_name="product.product", ondelete="cascade")
    interaction_kind = fields.Selection(selection="_selection_interaction_kind")
    times = fields.Integer(
        string="At Least", required=True, default=1, help="Orders, or entries of the timeline."
    )
    days = fields.Integer(
        string="In Days", required=True, default=180, help="Whole days of the company, and today."
    )
    weight = fields.Float(required=True, digits=(12, 2), default=1)
    customer_count = fields.Integer(string="Customers", compute="_compute_customer_count")

    _times_check = models.Constraint("CHECK (times > 0)", "At least once.")
    _days_check = models.Constraint(
        "CHECK (days > 0 AND days <= 36500)", "A rule looks back one day to a hundred years."
    )
    _weight_check = models.Constraint("CHECK (weight > 0)", "A tag weighs more than nothing.")

    @api.model
    def _selection_interaction_kind(self):
        return self.env["scrm.interaction"]._fields["kind"]._description_selection(self.env)

    @api.depends(
        "kind",
        "product_id.display_name",
        "product_categ_id.display_name",
        "interaction_kind",
        "times",
        "days",
    )
    def _compute_name(self):
        kinds = dict(self._selection_interaction_kind())
        for rule in self:
            if rule.kind == "interaction":
                what = kinds.get(rule.interaction_kind, "")
            else:
                what = rule.product_id.display_name or rule.product_categ_id.display_name or ""
            rule.name = self.env._(
                "%(what)s, %(times)s× in %(days)s days",
                what=what,
                times=rule.times,
                days=rule.days,
            )

    @api.depends_context("company")
    def _compute_customer_count(self):
        Assign = self.env["scrm.tag.assign"]
        domain = Assign._get_valid_domain() & Domain("rule_id", "in", self.ids)
        counts = dict(Assign._read_group(domain, ["rule_id"], ["customer_id:count_distinct"]))
        for rule in self:
            rule.customer_count = counts.get(rule, 0)

    @api.constrains("kind", "product_id", "product_categ_id", "interaction_kind")
    def _check_what(self):
        for rule in self:
            if rule.kind == "interaction" and not rule.interaction_kind:
                raise ValidationError(
                    self.env._("Choose what has to happen for the tag “%s”.", rule.tag_id.name)
                )
            if rule.kind == "product" and not (rule.product_id or rule.product_categ_id):
                raise ValidationError(
                    self.env._(
                        "Choose the product or the product category that has to be bought for the"
                        " tag “%s”.",
                        rule.tag_id.name,
                    )
                )

    # === EVALUATING === #

    @api.model
    def _evaluate(self, company, customer_ids=None):
        """Make the tags of the rules in a company again, in one statement.

        :param company: res.company
        :param customer_ids: ids of scrm.customer that are looked at, all by default
        """
        rules = self.search([("company_id", "in", [company.id, False])], order="id")
        self.env.flush_all()
        found = [
            SQL(
                "SELECT %(found)s.identity_id, %(tag)s AS tag_id, %(company)s AS company_id,"
                " 'rule' AS source, %(reference)s AS reference, %(weight)s::numeric AS weight,"
                " NULL::timestamp AS expires_at, %(rule)s AS rule_id FROM (%(query)s) AS %(found)s",
                found=SQL.identifier(f"found_{rule.id}"),
                tag=rule.tag_id.id,
                company=company.id,
                reference=str(rule.id),
                weight=rule.weight,
                rule=rule.id,
                query=rule._get_query(company, customer_ids),
            )
            for rule in rules
        ]
        nobody = SQL(
            "SELECT 0 AS identity_id, 0 AS tag_id, 0 AS company_id, '' AS source, '' AS reference,"
            " 1::numeric AS weight, NULL::timestamp AS expires_at, 0 AS rule_id WHERE FALSE"
        )
        self.env["scrm.tag.assign"]._assign_rows(
            SQL(" UNION ALL ").join([nobody, *found]),
            keep=SQL(
                "a.source = 'rule' AND a.company_id = %s AND %s",
                company.id,
                self._get_whose("a", customer_ids),
            ),
        )

    @api.model
    def _get_whose(self, alias, customer_ids):
        """Return the condition on the customers that are looked at."""
        if customer_ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", SQL.identifier(alias, "customer_id"), list(customer_ids))

    def _get_since(self, company):
        """Return when the days of the rule began, at midnight in the company's time zone."""
        zone = pytz.timezone(company.partner_id.tz or "UTC")
        today = pytz.utc.localize(self.env.cr.now()).astimezone(zone).date()
        midnight = zone.localize(datetime.combine(today - timedelta(days=self.days), time.min))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_query(self, company, customer_ids):
        """Return the SELECT of one handle of each customer for whom the rule holds.

        Of the handles by which it happened it is the oldest: if the customer turns out to be two,
        the tag stays with who earned it until the next evaluation.

        :param customer_ids: ids of scrm.customer that are looked at, or None for all
        """
        self.ensure_one()
        if self.kind == "interaction":
            return SQL(
                "SELECT min(identity_id) AS identity_id FROM scrm_interaction n"
                " WHERE company_id = %s AND kind = %s AND occurred_at >= %s AND %s"
                " GROUP BY customer_id HAVING count(*) >= %s",
                company.id,
                self.interaction_kind,
                self._get_since(company),
                self._get_whose("n", customer_ids),
                self.times,
            )
        if self.product_id:
            bought = SQL("l.product_id = %s", self.product_id.id)
        else:
            bought = SQL(
                "l.product_id IN (SELECT p.id FROM product_product p"
                " JOIN product_template t ON t.id = p.product_tmpl_id"
                " JOIN product_category c ON c.id = t.categ_id WHERE c.parent_path LIKE %s)",
                f"{self.product_categ_id.parent_path}%",
            )
        return SQL(
            """
            SELECT min(i.id) AS identity_id
              FROM sale_order o
              JOIN res_partner r ON r.id = o.partner_id
              JOIN scrm_identity i
                ON i.pool_id = %(pool)s
               AND i.partner_id = CASE WHEN r.type IN %(addresses)s AND r.parent_id IS NOT NULL
                                       THEN r.commercial_partner_id ELSE r.id END
             WHERE o.company_id = %(company)s AND o.state = 'sale' AND o.date_order >= %(since)s
               AND %(whose)s
               AND EXISTS (SELECT FROM sale_order_line l
                            WHERE l.order_id = o.id AND l.product_uom_qty > 0 AND %(bought)s)
             GROUP BY i.customer_id HAVING count(DISTINCT o.id) >= %(times)s
            """,
            pool=company.scrm_pool_id.id,
            addresses=ADDRESS_TYPES,
            company=company.id,
            since=self._get_since(company),
            whose=self._get_whose("i", customer_ids),
            bought=bought,
            times=self.times,
        )

    # === ACTIONS === #

    def action_apply(self):
        """Evaluate the rules of the current company now instead of at night."""
        self.check_access("write")
        # sudo: checked above; the rules read all documents of the company.
        self.sudo()._evaluate(self.env.company)
        return True

    def action_view_customers(self):
        """Open the customers that ``customer_count`` counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        ours = self.env["scrm.tag.assign"]._get_valid_domain() & Domain("rule_id", "=", self.id)
        return {**action, "domain": [("tag_assign_ids", "any", list(ours))], "context": {}}
