"""The seam under every app: errors, queue, idempotency, keys, jobs, sheets. It knows no business noun."""
