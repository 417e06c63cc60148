"""What is sold: SKUs, brands, categories, bundles; and the regions of the map."""
