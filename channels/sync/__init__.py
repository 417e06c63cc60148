"""From shop quantities to the numbers platforms show: sync policy, targets, publisher."""
