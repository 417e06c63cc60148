"""The admin pages of this app, gathered for Django."""

import inventory.catalogue.admin
import inventory.ledger.admin
import inventory.supply.admin
import inventory.warehouses.admin  # noqa: F401
