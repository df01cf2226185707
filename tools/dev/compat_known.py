"""Tests of Odoo that pass on stock and not with the suite, each with the reason why that is right.

What is not named here fails `make compat`.
"""

# "module.tests.file Class.test" -> one sentence
KNOWN: dict[str, str] = {}
