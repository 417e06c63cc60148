"""What Linden sells: 150 styles in four colours and five sizes, and a few bundles."""

import random
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A category of styles: code, name, parent, sizes, price range (CNY), weight (g), number of styles."""

    code: str
    name: str
    parent: str
    sizes: str
    low: int
    high: int
    weight: int
    styles: int


PARENTS = [
    ("apparel", "服饰 Apparel", None),
    ("women", "女装 Women", "apparel"),
    ("men", "男装 Men", "apparel"),
    ("kids", "童装 Kids", "apparel"),
]
LETTERS = "XS S M L XL"
CHEST = "160 165 170 175 180"
HEIGHT = "110 120 130 140 150"
LINES = [
    Line("w-coats", "女大衣 Women's coats", "women", LETTERS, 899, 2599, 1400, 16),
    Line("w-knit", "女针织 Women's knitwear", "women", LETTERS, 299, 799, 450, 20),
    Line("w-dress", "连衣裙 Dresses", "women", LETTERS, 399, 1299, 420, 20),
    Line("w-shirt", "女衬衫 Women's shirts", "women", LETTERS, 259, 599, 260, 14),
    Line("w-pants", "女裤 Women's trousers", "women", LETTERS, 299, 699, 520, 12),
    Line("m-coats", "男大衣 Men's coats", "men", CHEST, 999, 2799, 1600, 12),
    Line("m-knit", "男针织 Men's knitwear", "men", CHEST, 329, 859, 550, 14),
    Line("m-shirt", "男衬衫 Men's shirts", "men", CHEST, 269, 659, 300, 16),
    Line("m-pants", "男裤 Men's trousers", "men", CHEST, 299, 759, 600, 12),
    Line("k-coats", "儿童外套 Kids' jackets", "kids", HEIGHT, 299, 799, 700, 8),
    Line("k-tops", "儿童上衣 Kids' tops", "kids", HEIGHT, 99, 299, 200, 6),
]
COLOURS = [
    ("BK", "黑 Black"),
    ("WH", "米白 Ivory"),
    ("NV", "藏青 Navy"),
    ("CM", "驼色 Camel"),
    ("GR", "灰 Grey"),
    ("GN", "墨绿 Forest"),
    ("RD", "酒红 Burgundy"),
    ("BL", "雾蓝 Mist blue"),
]
# How demand spreads over the five sizes of a run: most people are in the middle.
SIZE_CURVE = (0.12, 0.22, 0.30, 0.23, 0.13)
SEASONS = ["2026AW", "2026SS", "2025AW"]
BUNDLES = 6


class Item(NamedTuple):
    """A SKU of the demo with what drives its stock: the popularity of its style and the weight of its size."""

    sku: dict[str, Any]
    popularity: float
    size_weight: float


def items(chance: random.Random) -> list[Item]:
    """Every style-colour-size, in a fixed order for a fixed seed."""
    found: list[Item] = []
    for line in LINES:
        for number in range(line.styles):
            found.extend(_style(line, number, chance))
    return found


def categories() -> list[dict[str, Any]]:
    """The category tree, parents first."""
    rows = [*PARENTS, *((line.code, line.name, line.parent) for line in LINES), ("sets", "套装 Sets", "apparel")]
    return [{"code": code, "name": name, "parent": parent} for code, name, parent in rows]


def bundles(found: list[Item]) -> list[dict[str, Any]]:
    """Sets of a knit and trousers in the same size, sold as one."""
    by_code = {item.sku["code"]: item.sku for item in found}
    return [_bundle(number, by_code) for number in range(BUNDLES)]


def _style(line: Line, number: int, chance: random.Random) -> list[Item]:
    style = f"{line.code.upper().replace('-', '')}{number + 1:02d}"
    # A few styles sell most: popularity falls like a power of the rank.
    popularity = 1.6 / (number + 1) ** 0.6 * chance.uniform(0.7, 1.3)
    price = round(chance.uniform(line.low, line.high) / 10) * 10 - 1
    season = chance.choices(SEASONS, weights=[6, 3, 1])[0]
    lifecycle = {"2026AW": "regular", "2026SS": "regular", "2025AW": "clearance"}[season]
    if season == "2026AW" and number % 5 == 0:
        lifecycle = "new"
    elif season == "2025AW" and number % 3 == 0:
        lifecycle = "discontinued"
    return [
        Item(
            {
                "code": f"{style}-{colour}-{size}",
                "name": f"{line.name} {style} {name} {size}",
                "brand": "linden",
                "barcode": f"69{chance.randrange(10**11):011d}",
                "category": line.code,
                "season": season,
                "tags": [colour.lower()],
                "price": f"{price}.00",
                "cost": f"{round(price * 0.32)}.00",
                "weight_g": line.weight,
                "volume_ml": line.weight * 4,
                "lifecycle": lifecycle,
            },
            popularity * weight,
            SIZE_CURVE[position],
        )
        for (colour, name), weight in zip(chance.sample(COLOURS, 4), (1.3, 1.0, 0.8, 0.5), strict=True)
        for position, size in enumerate(line.sizes.split())
    ]


def _bundle(number: int, by_code: dict[str, dict[str, Any]]) -> dict[str, Any]:
    size = LETTERS.split()[number % 5]
    knit = next(code for code in by_code if code.startswith(f"WKNIT{number + 1:02d}-") and code.endswith(f"-{size}"))
    pants = next(code for code in by_code if code.startswith(f"WPANTS{number + 1:02d}-") and code.endswith(f"-{size}"))
    return {
        "code": f"SET{number + 1:02d}-{size}",
        "name": f"针织套装 Knit set {number + 1} {size}",
        "brand": "linden",
        "category": "sets",
        "season": "2026AW",
        "tags": ["set"],
        "price": "999.00",
        "cost": "320.00",
        "lifecycle": "regular",
        "components": [{"sku": knit, "quantity": 1}, {"sku": pants, "quantity": 1}],
    }
