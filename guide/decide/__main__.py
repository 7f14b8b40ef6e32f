"""The decision guide in a terminal: see `terminal`."""

import sys

from guide.decide.terminal import main

sys.exit(main())
