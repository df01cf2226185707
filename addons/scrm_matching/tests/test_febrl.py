from odoo.tests import BaseCase, tagged

from ..providers.linker_process import LinkerProcess
from . import febrl

# (set, lowest precision, recall and F1 of pairs at a probability of 0.95 and more). Measured:
# see the addon's README. Nothing was tuned on the truth but the choice of blocks.
FLOORS = ((1, 0.999, 0.995, 0.997), (2, 0.999, 0.985, 0.993), (3, 0.999, 0.990, 0.995))


@tagged("post_install", "-at_install")
class TestFebrl(BaseCase):
    def test_quality_on_public_data(self):
        linker = LinkerProcess(febrl.PLAN)
        for number, precision_floor, recall_floor, f1_floor in FLOORS:
            with self.subTest(set=number):
                rows, true = febrl.load(number)
                model = linker.train(rows)
                found = {
                    (pair.left_id, pair.right_id)
                    for pair in linker.score(model, rows, rows, floor=0.95)
                }
                precision, recall, f1 = febrl.quality(found, true)
                self.assertGreaterEqual(precision, precision_floor)
                self.assertGreaterEqual(recall, recall_floor)
                self.assertGreaterEqual(f1, f1_floor)
