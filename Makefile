# Two commands are enough: make demo, make test. The work is in dev/.
PYTHON ?= python3

.PHONY: setup demo test test-long lint bench clean
setup: ; @$(PYTHON) -m dev setup
demo: ; @$(PYTHON) -m dev demo
test: ; @$(PYTHON) -m dev test
test-long: ; @MSP_LONG=1 $(PYTHON) -m dev test
lint: ; @$(PYTHON) -m dev lint
bench: ; @$(PYTHON) -m dev bench
clean: ; @$(PYTHON) -m dev clean
