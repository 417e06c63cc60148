"""Stock rows, the append-only ledger, holds and the marks of what changed."""
