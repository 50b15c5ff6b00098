"""What people open: the warehouse and its versions, the site, the exports, the SQL page, and the server for them.

Belongs here: how something is published and read. When it is published belongs in orchestration/.
"""
