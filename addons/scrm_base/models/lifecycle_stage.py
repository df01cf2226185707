from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

AXES = [
    ("relation", "Relation"),
    ("membership", "Membership"),
    ("engagement", "Engagement"),
]


class ScrmLifecycleStage(models.Model):
    """A stage of a customer's life with a company; which there are, each company decides.

    A customer stands at one stage on each axis, or at none: what they bought, whether they joined
    and how much they take part say nothing about one another. The one stage that is shown is the
    highest of them all.
    """

    _name = "scrm.lifecycle.stage"
    _description = "Stage of a Customer's Life"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="What rules call the stage.")
    axis = fields.Selection(
        selection=AXES,
        required=True,
        default="relation",
        help="Relation: what they buy. Membership: whether they joined. Engagement: how much they"
        " take part.",
    )
    sequence = fields.Integer(default=10, required=True)
    description = fields.Char(translate=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Two stages cannot have the same code.")

    @api.model
    def _get_initial(self):
        """Return the stage of a customer of whom nothing else is known: the first."""
        return self.search([("axis", "=", "relation")], limit=1)

    @api.model
    def _get_by_code(self, code):
        """Return the stage that a rule names.

        :raise UserError: a company deleted it
        """
        stage = self.search([("code", "=", code)], limit=1)
        if not stage:
            raise UserError(
                self.env._(
                    "There is no customer stage with the code %(code)s. Add it under Configuration,"
                    " Customer Stages.",
                    code=code,
                )
            )
        return stage

    def _get_previous(self):
        """Return the stage before on the same axis; before the first of an axis there is none."""
        self.ensure_one()
        earlier = Domain("sequence", "<", self.sequence) | (
            Domain("sequence", "=", self.sequence) & Domain("id", "<", self.id)
        )
        return self.search(
            Domain("axis", "=", self.axis) & earlier, order="sequence desc, id desc", limit=1
        )

    def _get_rank(self):
        """Return what orders stages: a later one is higher."""
        self.ensure_one()
        return (self.sequence, self.id)
