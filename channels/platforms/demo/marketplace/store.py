"""The marketplace's database: one SQLite file, and what is committed is on disk.

A Store belongs to one thread at a time. Callers run it in a thread of its own.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from .records import Item, Listed, Received, Result, Shelf, Shop, Update

HISTORY_KEPT = 200_000
ITEM_COLUMNS = "shop, item, title, title_zh, style, flag, quantity, version, seq"
_SCHEMA = Path(__file__).with_name("schema.sql")


class Store:
    """Shops, items and the history of received updates."""

    def __init__(self, path: Path, *, history_kept: int = HISTORY_KEPT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # FULL: a number is only acknowledged once it would survive a power cut.
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA busy_timeout = 5000")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA.read_text())
        self._history_kept = history_kept

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # Shops

    def shops(self) -> list[Shop]:
        """All shops in order of their codes."""
        rows = self._db.execute("SELECT code, name, name_zh, face, app_key, app_secret FROM shop ORDER BY code")
        return [Shop(*row) for row in rows]

    def save_shop(self, shop: Shop) -> None:
        """Open a shop or bring it up to date. Raises sqlite3.IntegrityError if its key is another shop's."""
        self._db.execute(
            "INSERT INTO shop (code, name, name_zh, face, app_key, app_secret)"
            " VALUES (:code, :name, :name_zh, :face, :app_key, :app_secret)"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_zh = excluded.name_zh,"
            " face = excluded.face, app_key = excluded.app_key, app_secret = excluded.app_secret",
            asdict(shop),
        )

    def shelves(self) -> list[Shelf]:
        """Every shop with how many items it has and how many of them are in stock."""
        counted = self._db.execute("SELECT shop, count(*), sum(quantity > 0) FROM item GROUP BY shop")
        counts = {shop: (items, in_stock) for shop, items, in_stock in counted}
        return [Shelf(shop, *counts.get(shop.code, (0, 0))) for shop in self.shops()]

    # Items

    def upsert_items(self, shop: str, items: Sequence[Listed]) -> None:
        """Create items or change what is said about them; stock and version stay."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO item (shop, item, title, title_zh, style, flag)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (shop, item) DO UPDATE SET"
                " title = excluded.title, title_zh = excluded.title_zh,"
                " style = excluded.style, flag = excluded.flag",
                [(shop, row.item, row.title, row.title_zh, row.style, row.flag) for row in items],
            )

    def items(self, shop: str, codes: Sequence[str]) -> dict[str, Item]:
        """Those of the items that exist, by code."""
        marks = ", ".join("?" * len(codes))
        rows = self._db.execute(
            f"SELECT {ITEM_COLUMNS} FROM item WHERE shop = ? AND item IN ({marks})",
            (shop, *codes),
        )
        return {row[1]: Item(*row) for row in rows}

    def items_after(self, shop: str, code: str, limit: int) -> list[Item]:
        """The shop's next items after a code, in order of their codes."""
        rows = self._db.execute(
            f"SELECT {ITEM_COLUMNS} FROM item WHERE shop = ? AND item > ? ORDER BY item LIMIT ?",
            (shop, code, limit),
        )
        return [Item(*row) for row in rows]

    def find_items(self, shop: str, words: str, *, offset: int, limit: int) -> tuple[list[Item], int]:
        """Items of one shop (all shops if empty) whose code or title holds `words`, and how many there are."""
        like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where = (
            " FROM item WHERE (:shop = '' OR shop = :shop) AND (item LIKE :like ESCAPE '\\'"
            " OR title LIKE :like ESCAPE '\\' OR title_zh LIKE :like ESCAPE '\\')"
        )
        bound = {"shop": shop, "like": like, "offset": offset, "limit": limit}
        page = " ORDER BY item, shop LIMIT :limit OFFSET :offset"
        rows = self._db.execute(f"SELECT {ITEM_COLUMNS}{where}{page}", bound).fetchall()
        (total,) = self._db.execute(f"SELECT count(*){where}", bound).fetchone()
        return [Item(*row) for row in rows], total

    def changed_since(self, seq: int, shop: str = "") -> list[Item]:
        """Items changed after `seq`, oldest change first, of one shop or of all."""
        rows = self._db.execute(
            f"SELECT {ITEM_COLUMNS} FROM item WHERE seq > :seq AND (:shop = '' OR shop = :shop) ORDER BY seq",
            {"seq": seq, "shop": shop},
        )
        return [Item(*row) for row in rows]

    def last_seq(self) -> int:
        """The number of the marketplace's latest change, 0 before the first."""
        (seq,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM item").fetchone()
        return int(seq)

    # Stock

    def receive(self, shop: str, updates: Sequence[Update]) -> list[Result]:
        """Take a batch in one transaction. One result per update, in order.

        Only a version higher than the held one changes the number.
        """
        with self._transaction():
            held = self.items(shop, [update.item for update in updates])
            seq = self.last_seq()
            results: list[Result] = []
            changed: dict[str, Item] = {}
            for update in updates:
                result = _judge(held.get(update.item), update)
                if result.result == "applied" and result.held is not None:
                    seq += 1
                    item = replace(result.held, seq=seq)
                    held[update.item] = changed[update.item] = item
                    result = Result("applied", item)
                results.append(result)
            self._write(list(changed.values()))
            self._remember(shop, updates, results)
        return results

    def history(self, shop: str, after: int, limit: int) -> list[Received]:
        """What a shop was sent after line `after`, in the order received. Only the latest lines are kept."""
        rows = self._db.execute(
            "SELECT id, shop, item, quantity, version, result, received_at FROM history"
            " WHERE id > ? AND shop = ? ORDER BY id LIMIT ?",
            (after, shop, limit),
        )
        return [Received(*row) for row in rows]

    def _write(self, items: Sequence[Item]) -> None:
        self._db.executemany(
            "UPDATE item SET quantity = ?, version = ?, seq = ? WHERE shop = ? AND item = ?",
            [(item.quantity, item.version, item.seq, item.shop, item.item) for item in items],
        )

    def _remember(self, shop: str, updates: Sequence[Update], results: Sequence[Result]) -> None:
        now = time.time()
        self._db.executemany(
            "INSERT INTO history (shop, item, quantity, version, result, received_at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (shop, update.item, update.quantity, update.version, result.result, now)
                for update, result in zip(updates, results, strict=True)
            ],
        )
        self._db.execute(
            "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?",
            (self._history_kept,),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _judge(held: Item | None, update: Update) -> Result:
    if held is None:
        return Result("gone", None)
    if update.trouble or held.flag:
        return Result(update.trouble or held.flag, held)
    if update.version <= held.version:
        return Result("stale", held)
    return Result("applied", replace(held, quantity=update.quantity, version=update.version))
