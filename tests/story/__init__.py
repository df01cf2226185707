"""One customer's story through all addons, played by people and systems from outside."""
