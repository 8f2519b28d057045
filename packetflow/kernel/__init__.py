"""The lowest layer: identifiers, clocks, the records everything is kept as, and the wire codec.

Nothing here opens a socket, a file or a database.
"""
