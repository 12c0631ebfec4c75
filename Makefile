# Checks that need more than pytest; `make` lists them.
.PHONY: help aarch64

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

aarch64:  ## cross-compile for 64-bit Arm, test it emulated (Debian, root); FOLDER=x keeps the files
	.ci/aarch64 $(FOLDER)
