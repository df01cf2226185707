# Short names for what tools/dev does (python3 tools/dev --help).
PYTHON ?= python3
DEV := $(PYTHON) tools/dev

TEXT ?= 你好

.PHONY: say help run stop shell test lint bench story matrix compat i18n db clean distclean

help:
	@echo 'make run       serve the suite with demo data on http://127.0.0.1:8069 (Ctrl-C ends it)'
	@echo 'make say TEXT=…  write on WeChat as a customer, while make run runs'
	@echo 'make test      all tests, those in a real browser included'
	@echo 'make lint      style, old habits, dependencies, translations'
	@echo 'make stop      stop what runs in this clone         make shell     Odoo shell on its database'
	@echo 'make bench     the benchmarks (SCALE=full: a million customers; hours)'
	@echo 'make story     the story in a browser'
	@echo 'make matrix    each addon alone, in and out; the story without demo data, in English'
	@echo '               (ADDONS="x y": these only, no story)      result: docs/matrix.md'
	@echo 'make compat    tests of Odoo itself, stock and with the suite'
	@echo '               (MODULES="x y": the tests of these only)  result: docs/compat.md'
	@echo 'make i18n      export terms, keep translations      make db NAME=x [TEMPLATE=core|suite|demo]'
	@echo 'make clean     remove databases and .venv           make distclean and the shared downloads'

bench:
	@$(DEV) bench --scale $(or $(SCALE),small)

run stop shell test lint story i18n clean:
	@$(DEV) $@

matrix:
	@$(DEV) matrix $(ADDONS)

compat:
	@$(DEV) compat $(MODULES)

say:
	@$(DEV) say '$(TEXT)'

db:
	@$(DEV) db $(NAME) --template $(or $(TEMPLATE),core)

distclean:
	@$(DEV) clean --all
