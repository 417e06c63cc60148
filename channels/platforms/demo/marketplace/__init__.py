"""A small marketplace: a signed API for sellers and a storefront that shows stock live.

A server of its own with a database of its own. It imports neither Django nor the connector.
"""
