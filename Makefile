# Checks that the ordinary tests do not make, of the compiled modules and of the site. PYTHON is an
# interpreter with the package's extras "test", "dev" and "docs"; each builds into a folder under build/.

PYTHON ?= python3
PYTEST = -P -m pytest -q -p no:cacheprovider

# What runs compiled code, from the files that name the marker (tests/conftest.py). Row 45 only adds
# up longer than the others.
ORDINARY = not slow and not nightly and not huge
marked = $(shell grep -rl "mark\.$(1)" tests --include="test_*.py")
KERNEL_TESTS = -m "kernels and $(ORDINARY)" -k "not row_45" $(call marked,kernels)
THREAD_TESTS = -m "threads and $(ORDINARY)" $(call marked,threads)

# Python is no sanitized program, so the library that the modules need is loaded first. Python itself
# leaks by design; and a caller may ask for more memory than there is.
ADDRESS = PYTHONPATH=build/address/lib LD_PRELOAD=$$(gcc -print-file-name=libasan.so) \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
# The next call or a fork joins a worker that is ending; a process may end before either.
THREAD = PYTHONPATH=build/thread/lib LD_PRELOAD=$$(gcc -print-file-name=libtsan.so) \
    TSAN_OPTIONS=report_thread_leaks=0
# capture=sys: a sanitizer's report goes to the real standard error, or it would end with the process
REPORTED = --capture=sys

# Compilers of other kinds; those that are not installed are left out, and named. Clang 14 is Debian
# 12's own, which has 19 besides.
CLANGS ?= clang-14 clang-19
MINGW ?= x86_64-w64-mingw32-gcc
INCLUDE = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')

.PHONY: help address sanitize random tsan portable aarch64 look site

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):[a-z ]* ## /\1\t/p' Makefile | expand -t 12

address:
	FASTBP_SANITIZE=address,undefined CC=gcc $(PYTHON) setup.py -q build \
	    --build-base build/address --build-lib build/address/lib

sanitize: address ## the kernels' tests under AddressSanitizer and UBSan, for every kernel set
	sets=$$($(ADDRESS) $(PYTHON) -P tests/helpers/kernel_sets.py) && for isa in $$sets; do \
	    echo "== $$isa"; \
	    FASTBP_ISA=$$isa $(ADDRESS) $(PYTHON) $(PYTEST) $(REPORTED) $(KERNEL_TESTS) || exit 1; \
	done

random: address ## an hour of random calls under both (or FASTBP_RANDOM_SECONDS, from FASTBP_RANDOM_SEED)
	$(ADDRESS) $(PYTHON) $(PYTEST) $(REPORTED) -m nightly tests/interruptions/test_random_calls.py

tsan: ## the tests with threads, under ThreadSanitizer
	FASTBP_SANITIZE=thread CC=gcc $(PYTHON) setup.py -q build \
	    --build-base build/thread --build-lib build/thread/lib
	$(THREAD) $(PYTHON) $(PYTEST) $(REPORTED) $(THREAD_TESTS)

portable: ## Clang builds the modules, pedantically, and they pass; GCC for Windows reads them
	@ran=; for clang in $(CLANGS); do \
	    command -v $$clang > /dev/null || { echo "== $$clang: not installed"; continue; }; \
	    echo "== $$clang"; \
	    CC=$$clang LDSHARED="$$clang -shared" CFLAGS="-Wall -Wextra -pedantic -Werror" \
	        $(PYTHON) setup.py -q build --build-base build/$$clang --build-lib build/$$clang/lib && \
	    PYTHONPATH=build/$$clang/lib $(PYTHON) $(PYTEST) $(KERNEL_TESTS) || exit 1; \
	    ran="$$ran $$clang"; \
	done; \
	[ "$$ran" ] || { echo "no Clang is installed; CLANGS=... names another"; exit 1; }; \
	if command -v $(MINGW) > /dev/null; then \
	    echo "== $(MINGW)"; \
	    mkdir -p build/windows && cp -r "$(INCLUDE)/." build/windows && \
	    cp tests/windows/pyconfig.h build/windows || exit 1; \
	    for source in build/cython/src/*/*.c build/cython/src/kernels/*/*.c; do \
	        $(MINGW) -fsyntax-only -Wall -Wextra -Werror -isystem build/windows $$source || exit 1; \
	    done; \
	    ran="$$ran $(MINGW)"; \
	else echo "== $(MINGW): not installed"; fi; \
	echo "passed:$$ran"

aarch64: ## cross-compile for 64-bit Arm, test it emulated (Debian, root); FOLDER=x keeps the files
	.ci/aarch64 $(FOLDER)

look: ## the pages in a browser, kept as pictures and PDF in FOLDER (playwright, Chromium)
	mkdir -p $(or $(FOLDER),build/look)
	FASTBP_SCREENSHOTS=$(or $(FOLDER),build/look) $(PYTHON) $(PYTEST) \
	    -m "" tests/drawing/test_pictures_in_browser.py tests/lessons/test_explorer_*in_browser.py

site: ## docs/ and the API reference as pages in build/site (extra "docs"); a warning is an error
	$(PYTHON) -P -m sphinx -q -E -W --keep-going docs build/site
