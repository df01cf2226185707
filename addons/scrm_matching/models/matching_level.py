from math import log2

from odoo import api, fields, models

# What is seen never (or always) in a sample is rare (or common), not impossible.
SMALLEST = 1e-7


class ScrmMatchingLevel(models.Model):
    """What one way to agree, or to differ, says about two cards, in numbers for people.

    Rows, not the model's JSON: they are sorted, translated and read on the form.
    """

    _name = "scrm.matching.level"
    _description = "What a Matching Model Has Learned"
    _order = "matching_model_id, id"

    matching_model_id = fields.Many2one(
        comodel_name="scrm.matching.model", required=True, index=True, ondelete="cascade"
    )
    field = fields.Selection(
        selection=[
            ("name", "Name"),
            ("phones", "Phone"),
            ("emails", "E-mail"),
            ("city", "City"),
        ],
        required=True,
    )
    level = fields.Selection(
        selection=[
            ("same", "The same"),
            ("close", "Written nearly the same"),
            ("one_character", "Same surname, one character differs"),
            ("contained", "One contains the other"),
            ("same_tail", "The same last eight digits"),
            ("one_digit", "One digit differs"),
            ("same_local", "The same before the @"),
            ("different", "Different"),
        ],
        string="When It Is",
        required=True,
    )
    share_of_one = fields.Float(
        string="Of One (%)",
        digits=(9, 4),
        help="So many pairs of cards in a hundred that are one customer's are like this.",
    )
    share_of_two = fields.Float(
        string="Of Two (%)",
        digits=(9, 4),
        help="So many pairs of cards in a hundred of different customers are like this, by chance.",
    )
    weight = fields.Float(
        digits=(6, 2),
        help="Points for one customer, or below zero against it: each point doubles the odds.",
    )
    meaning = fields.Char(string="In Words", compute="_compute_meaning")

    @api.depends("weight")
    def _compute_meaning(self):
        for record in self:
            weight = record.weight
            if weight >= 7:
                record.meaning = self.env._("Speaks very strongly for one customer")
            elif weight >= 3:
                record.meaning = self.env._("Speaks strongly for one customer")
            elif weight >= 0.5:
                record.meaning = self.env._("Speaks a little for one customer")
            elif weight > -0.5:
                record.meaning = self.env._("Says little")
            elif weight > -3:
                record.meaning = self.env._("Speaks a little for different customers")
            else:
                record.meaning = self.env._("Speaks strongly for different customers")

    @api.model
    def _prepare_vals(self, matching_model, learned):
        """Return the values of a row.

        :param learned: a ``tools.plan.Level``
        """
        m, u = max(learned.m, SMALLEST), max(learned.u, SMALLEST)
        return {
            "matching_model_id": matching_model.id,
            "field": learned.field,
            "level": learned.level,
            "share_of_one": 100 * learned.m,
            "share_of_two": 100 * learned.u,
            "weight": log2(m / u),
        }
