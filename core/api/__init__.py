"""What every endpoint shares: keys, problem details, idempotency, pages, throttling and the document."""
