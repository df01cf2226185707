"""What the benchmarks share: seeded databases, Odoo in this process, and ratios.

A program in the folder above opens a :class:`~.stage.Stage` (which seeds a database by SQL, once),
runs the product's own methods beside bare SQL in the same session, and prints each ratio with its
target by :mod:`~.measure`. ``SCALE=small`` (the default) or ``SCALE=full`` chooses the size.
"""
