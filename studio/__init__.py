"""The studio: PacketFlow in the browser."""
