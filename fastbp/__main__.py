"""``python -m fastbp`` is the ``fastbp`` command."""

import sys

from fastbp.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
