"""What strategies can ask about: facts of shops, pools and SKUs, and the figures of sales and stock behind them."""
