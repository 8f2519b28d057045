"""The canvas's WebSocket, and the door from its desk to the runner."""
