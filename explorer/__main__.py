"""`python -m explorer`: see `explorer.cli`."""

import sys

from explorer.cli import main
from explorer.memory import keep_memory

if __name__ == "__main__":
    keep_memory()
    sys.exit(main())
