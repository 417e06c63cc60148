CREATE TABLE IF NOT EXISTS shop (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    face TEXT NOT NULL,
    app_key TEXT NOT NULL UNIQUE,
    app_secret TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS item (
    shop TEXT NOT NULL REFERENCES shop (code),
    item TEXT NOT NULL,
    title TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    style TEXT NOT NULL,
    flag TEXT NOT NULL CHECK (flag IN ('', 'locked', 'busy')),
    quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    version INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS item_seq ON item (seq);

CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shop TEXT NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    version INTEGER NOT NULL,
    result TEXT NOT NULL,
    received_at REAL NOT NULL
) STRICT;
