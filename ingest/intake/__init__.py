"""What every reader needs: what lies in the landing folder, kept unchanged, recorded and decided about.

Belongs here: bytes, files, records, versions, areas, quarters, characters, raw tables. What a document says belongs in
dashboards/, reports/ and national/, which all stand above this room.
"""
