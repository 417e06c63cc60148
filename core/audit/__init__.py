"""The audit: checks, registered by the apps, of what must always be true of the database."""
