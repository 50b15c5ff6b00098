"""`make sql-engine`."""

import sys

from quarterdeck.sql_page.engine import main

sys.exit(main())
