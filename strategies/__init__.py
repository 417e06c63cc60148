"""The strategy centre: facts, conditions, versions. It knows no kind of strategy; the apps above register theirs."""
