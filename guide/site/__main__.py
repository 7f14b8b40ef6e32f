"""Builds or serves the site: see `build`."""

import sys

from guide.site.build import main

sys.exit(main())
