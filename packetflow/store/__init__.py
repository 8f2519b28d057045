"""What is kept, and how it is read back.

Every process appends records to its own journal; one elected owner brings all journals of a
workspace into DuckDB, exactly once, and answers SQL to everyone. See ``docs/store.md``.
"""
