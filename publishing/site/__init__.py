"""The static site: pages for people, made from a warehouse file and from nothing else.

`build_site` publishes it. Model (the marts as dataclasses), words, process control and charts know nothing of each
other's work; pages puts them together, build writes.
"""

from publishing.site.build import Built, Part, build_site, sql_part
from publishing.site.frame import Link

__all__ = ["Built", "Link", "Part", "build_site", "sql_part"]
