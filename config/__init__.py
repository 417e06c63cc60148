"""Settings, URLs, the API, the task queue and the local runner: what puts the apps together."""
