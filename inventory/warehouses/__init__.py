"""Where goods lie: warehouses and their functional warehouses."""
