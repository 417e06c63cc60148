"""Linden, an invented apparel brand in China, with which the product can be tried out."""
