"""Which version of a strategy has decided what, and from when to when."""
