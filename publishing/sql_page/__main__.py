"""`make sql-engine`."""

import sys

from publishing.sql_page.engine import main

sys.exit(main())
