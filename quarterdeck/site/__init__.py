"""The static site: pages for people, made from a warehouse file and from nothing else.

`build_site` publishes it. Model (the marts as dataclasses), words, process control and charts know nothing of each
other's work; pages puts them together, build writes.
"""

from quarterdeck.site.build import Built, Part, build_site, sql_part
from quarterdeck.site.frame import Link

__all__ = ["Built", "Link", "Part", "build_site", "sql_part"]
