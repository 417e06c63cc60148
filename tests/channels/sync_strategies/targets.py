"""What the targets of some listings say."""


def numbers(world, *listings):
    return [world.target(listing).quantity for listing in listings]


def decided_by(world, listing):
    target = world.target(listing)
    return target.strategy_version and target.strategy_version.strategy.code
