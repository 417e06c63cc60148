"""The five layers once more, one number at a time, straight from a network document.

Written from the definitions and sharing no code with the product, so that the two can disagree.
"""

from dataclasses import dataclass, field
from decimal import Decimal


def share(quantity, ratio):
    return quantity * int(Decimal(str(ratio)) * 100) // 10_000


@dataclass
class Oracle:
    document: dict
    atp: dict = field(default_factory=dict)  # (functional, sku)
    contribution: dict = field(default_factory=dict)  # (supply, functional, sku)
    source: dict = field(default_factory=dict)  # (pool, functional, sku)
    supply: dict = field(default_factory=dict)  # (supply, sku)
    pool: dict = field(default_factory=dict)  # (pool, sku)
    granted: dict = field(default_factory=dict)  # (pool, shop, sku)
    allotted: dict = field(default_factory=dict)  # (pool, shop, sku)
    quantity: dict = field(default_factory=dict)  # (pool, shop, sku)
    shop: dict = field(default_factory=dict)  # (shop, sku)

    def __post_init__(self):
        document = self.document
        self.skus = {sku["code"]: sku for sku in document["skus"]}
        self.parents = {c["code"]: c.get("parent") for c in document.get("categories", [])}
        self.functionals = [(w, f) for w in document["warehouses"] for f in w["functional"]]
        self.closed_pools = set(document.get("closed_pools", []))  # outside their dates
        self.closed_shops = {s["code"] for s in document["shops"] if not s.get("active", True)}
        for sku in self.skus:
            self.work_out(sku)
        for code, sku in self.skus.items():
            if sku.get("components"):
                for shop in document["shops"]:
                    self.shop[shop["code"], code] = min(
                        self.shop[shop["code"], part["sku"]] // part["quantity"] for part in sku["components"]
                    )

    def work_out(self, sku):
        rows = {(s["functional"], s["sku"]): s for s in self.document.get("stock", [])}
        for warehouse, functional in self.functionals:
            self.atp[functional["code"], sku] = self.available(
                warehouse, functional, rows.get((functional["code"], sku))
            )
        for supply in self.document["supplies"]:
            for link in supply["sources"]:
                key = supply["code"], link["functional"], sku
                alive = supply.get("active", True) and link.get("active", True)
                self.contribution[key] = self.contributed(link, sku) if alive else 0
            self.supply[supply["code"], sku] = sum(
                self.contribution[supply["code"], link["functional"], sku] for link in supply["sources"]
            )
        for pool in self.document["pools"]:
            self.fill(pool, sku)
            self.divide(pool, sku)
        for shop in self.document["shops"]:
            self.shop[shop["code"], sku] = self.shown(shop["code"], sku)

    def safety_of(self, functional, sku):
        """Units of the SKU that the row keeps, its own or the functional warehouse's."""
        rows = [s for s in self.document.get("stock", []) if (s["functional"], s["sku"]) == (functional, sku)]
        own = rows[0].get("safety_stock") if rows else None
        default = next(f for _, f in self.functionals if f["code"] == functional).get("safety_stock", 0)
        return default if own is None else own

    def available(self, warehouse, functional, row):
        if row is None or not self.is_sellable(warehouse, functional):
            return 0
        safety = row.get("safety_stock")
        if safety is None:
            safety = functional.get("safety_stock", 0)
        return max(0, row["on_hand"] - row.get("allocated", 0) - safety)

    def is_sellable(self, warehouse, functional):
        default = functional["status"] in ("good", "staging")
        return all((warehouse.get("active", True), functional.get("active", True), functional.get("sellable", default)))

    def contributed(self, link, sku):
        reserve = self.override(link, sku).get("reserve", link.get("reserve", 0))
        return share(max(0, self.atp[link["functional"], sku] - reserve), self.ratio(link, sku))

    def ratio(self, link, sku):
        return self.override(link, sku).get("ratio", link.get("ratio", 100))

    def override(self, link, sku):
        overrides = link.get("overrides", [])
        for override in overrides:
            if override.get("sku") == sku:
                return override
        category = self.skus[sku].get("category")
        while category is not None:
            for override in overrides:
                if override.get("category") == category:
                    return override
            category = self.parents[category]
        return {}

    def is_open(self, pool):
        return pool.get("active", True) and pool["code"] not in self.closed_pools

    def fill(self, pool, sku):
        total = 0
        for _, functional in self.functionals:
            code = functional["code"]
            brought = sum(self.contribution.get((s, code, sku), 0) for s in set(pool["supplies"]))
            self.source[pool["code"], code, sku] = min(self.atp[code, sku], brought) if self.is_open(pool) else 0
            total += self.source[pool["code"], code, sku]
        self.pool[pool["code"], sku] = total

    def decided(self, pool, sku):
        """The pool with what the strategy that decides it for the SKU makes of it."""
        actions = [
            a["action"] for a in self.document.get("allocation", []) if (a["pool"], a["sku"]) == (pool["code"], sku)
        ]
        if not actions:
            return pool
        (action,) = actions
        named = {share["shop"]: share for share in action.get("shares", []) if share.get("shop")}
        others = [share for share in action.get("shares", []) if not share.get("shop")]
        shares = []
        for share in pool["shares"]:
            own = named.get(share["shop"]) or (others[0] if others else {})
            shares.append(share | {k: v for k, v in own.items() if k != "shop" and (k == "cap" or v is not None)})
        changed = {**pool, "shares": shares}
        if action.get("mode"):
            changed["mode"] = action["mode"]
        if "scarcity_at" in action:
            changed["scarcity_at"] = action["scarcity_at"]
        return changed

    def divide(self, pool, sku):
        pool = self.decided(pool, sku)
        shares = [s for s in pool["shares"] if s.get("active", True) and s["shop"] not in self.closed_shops]
        shares.sort(key=lambda s: (s.get("priority", 1), s["shop"]))
        rest = self.pool[pool["code"], sku]
        for one in shares:
            key = pool["code"], one["shop"], sku
            self.granted[key] = min(rest, self.outstanding(*key))
            rest -= self.granted[key]
        scarcity = pool.get("scarcity_at")
        if scarcity is not None and self.pool[pool["code"], sku] <= scarcity:
            parts = [rest if i == 0 else 0 for i in range(len(shares))]
        else:
            parts = getattr(self, pool.get("mode", "shared"))(shares, rest, sku)
        for one, part in zip(shares, parts, strict=True):
            key = pool["code"], one["shop"], sku
            quantity = self.granted[key] + max(0, part - one.get("holdback", 0))
            cap = one.get("cap")
            self.allotted[key] = part
            self.quantity[key] = quantity if cap is None else min(quantity, cap)

    def outstanding(self, pool, shop, sku):
        return sum(
            max(0, d["quantity"] - d.get("consumed", 0))
            for d in self.document.get("dedicated", [])
            if (d["pool"], d["shop"], d["sku"]) == (pool, shop, sku)
        )

    def shared(self, shares, rest, sku):
        return [share(rest, s.get("ratio", 100)) for s in shares]

    def priority(self, shares, rest, sku):
        left, parts = rest, []
        for one in shares:
            parts.append(min(left, share(rest, one.get("ratio", 100))))
            left -= parts[-1]
        return parts

    def depth(self, shares, rest, sku):
        def deepest(i):
            return -self.supply.get((shares[i].get("home_supply"), sku), 0), i

        order = sorted(range(len(shares)), key=deepest)
        in_order = self.priority([shares[i] for i in order], rest, sku)
        parts = [0] * len(shares)
        for i, part in zip(order, in_order, strict=True):
            parts[i] = part
        return parts

    def proportional(self, shares, rest, sku):
        ratios = [int(Decimal(str(s.get("ratio", 100))) * 100) for s in shares]
        whole = sum(ratios)
        if not whole:
            return [0] * len(shares)
        return self.largest_remainder(rest * min(10_000, whole) // 10_000, ratios)

    def demand(self, shares, rest, sku):
        ratios = [int(Decimal(str(s.get("ratio", 100))) * 100) for s in shares]
        sold = [self.sold(s["shop"], sku) if ratio else 0 for s, ratio in zip(shares, ratios, strict=True)]
        if not any(sold):
            return self.proportional(shares, rest, sku)
        return self.largest_remainder(rest * min(10_000, sum(ratios)) // 10_000, sold)

    def sold(self, shop, sku):
        rows = self.document.get("sales", [])
        return sum(row["units"] for row in rows if (row["shop"], row["sku"]) == (shop, sku))

    def largest_remainder(self, target, weights):
        whole = sum(weights)
        parts = [target * weight // whole for weight in weights]
        lost = [(-(target * weight % whole), i) for i, weight in enumerate(weights)]
        for _, i in sorted(lost)[: target - sum(parts)]:
            parts[i] += 1
        return parts

    def shown(self, shop, sku):
        if shop in self.closed_shops:
            return 0
        beneath = sum(self.room(shop, f["code"], sku) for _, f in self.functionals)
        return min(sum(self.quantity[p["code"], shop, sku] for p in self.pools_of(shop)), beneath)

    def pools_of(self, shop):
        """Pools in which the shop has an active share."""
        return [
            p for p in self.document["pools"] if any(s["shop"] == shop and s.get("active", True) for s in p["shares"])
        ]

    def room(self, shop, functional, sku):
        """What the shop's pools give it in a row, all together."""
        given = sum(self.source[p["code"], functional, sku] for p in self.pools_of(shop))
        return min(self.atp[functional, sku], given)

    def is_fed(self, pool, functional, sku):
        """Whether any of the row, however little, may come into the pool."""
        return self.is_open(pool) and any(
            link["functional"] == functional and link.get("active", True) and self.ratio(link, sku) > 0
            for supply in self.document["supplies"]
            if supply["code"] in pool["supplies"] and supply.get("active", True)
            for link in supply["sources"]
        )

    def shared_by(self, functional, sku):
        """How many pools the row feeds."""
        return sum(self.is_fed(pool, functional, sku) for pool in self.document["pools"])

    def reach(self, shop, sku, pool=""):
        """Rows whose units may be sold beneath the shop's pools, or beneath another pool, whatever the shares say."""
        pools = [p for p in self.document["pools"] if p["code"] == pool] if pool else self.pools_of(shop)
        return {
            functional["code"]
            for warehouse, functional in self.functionals
            if self.is_sellable(warehouse, functional) and any(self.is_fed(p, functional["code"], sku) for p in pools)
        }

    def published(self, shop, listing):
        q0 = min(self.shop[shop["code"], part["sku"]] // part["quantity"] for part in listing["components"])
        policy = {
            **self.document.get("sync", {}),
            **shop.get("sync", {}),
            **listing.get("sync", {}),
        }
        given = {k: v for k, v in policy.items() if v is not None}
        if "fixed" in given:
            return given["fixed"]
        q = max(0, share(q0, given.get("ratio", 100)) + given.get("offset", 0))
        q = max(0, q - given.get("buffer", 0))
        q = 0 if q < given.get("min_quantity", 0) else q
        q = min(q, given.get("max_quantity", q))
        return q - q % given.get("multiple", 1)
