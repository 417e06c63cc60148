"""Pure decisions about the catalogue."""

SEARCH_NAME_LENGTH = 600


def search_name(name: str) -> str:
    """How a name is typed on a Latin keyboard: its pinyin without tones, and the initials.

    Cut to what the column holds; empty for a name without Chinese characters, which is found as it is.
    """
    if name.isascii():
        return ""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes a while to load, and few commands need it

    whole = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return f"{whole} {initials}".lower()[:SEARCH_NAME_LENGTH]
