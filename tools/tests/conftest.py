import sys
from pathlib import Path

DEV = Path(__file__).resolve().parents[1] / "dev"
sys.path.insert(0, str(DEV))
