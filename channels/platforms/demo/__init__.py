"""The demo marketplace: its connector, and in `marketplace` the server itself, which shares no code with it."""
