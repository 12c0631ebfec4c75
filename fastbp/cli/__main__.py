"""``python -m fastbp.cli`` is the ``fastbp`` command too."""

import sys

from fastbp.cli import main

if __name__ == "__main__":
    sys.exit(main())
