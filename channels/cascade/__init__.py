"""From stock to shop quantities: the engine, what it reads and what it writes."""
