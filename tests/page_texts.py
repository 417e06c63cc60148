"""What people read on a page: its texts and the attributes that show up as texts."""

from html.parser import HTMLParser

SILENT = {"script", "style", "code"}
ICON = "material-symbols"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SHOWN_ATTRIBUTES = ("placeholder", "title", "aria-label", "alt", "data-placeholder")


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._open = [], []  # open tags, each with whether its text is not for people

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.found += [values[name] for name in SHOWN_ATTRIBUTES if values.get(name)]
        if tag == "input" and values.get("type") in {"submit", "button"}:
            self.found.append(values.get("value") or "")
        if tag not in VOID:
            self._open.append((tag, tag in SILENT or ICON in (values.get("class") or "")))

    def handle_endtag(self, tag):
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def handle_data(self, data):
        if data.strip() and not any(silent for _tag, silent in self._open):
            self.found.append(" ".join(data.split()))


def read_texts(page):
    """The texts of an HTML page in their order; not the names of icons."""
    reader = _Texts()
    reader.feed(page)
    return reader.found
