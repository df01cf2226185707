"""A column that core does not have."""

from odoo import fields


class BigInteger(fields.Integer):
    """An integer of 8 bytes: hundredths of a point pass 2^31 at 21 million points."""

    _column_type = ("int8", "int8")
