"""Our own lint rules on all addons; runs inside the virtual environment (it needs polib)."""

import sys

import lint_architecture
import lint_habits
import lint_translations
from paths import ADDONS, ROOT, our_addons


def main():
    names = our_addons()
    found = []
    for name in names:
        addon = ADDONS / name
        found += lint_habits.check(addon)
        found += lint_architecture.check(addon, names)
        found += lint_translations.check(addon)
    for line in found:
        print(line.replace(f"{ROOT}/", ""))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
