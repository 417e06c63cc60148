"""Why a number is what it is, layer by layer."""
