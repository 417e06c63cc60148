"""What a browser would post for a page's form: read from the page itself."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, form_id):
        super().__init__()
        self.values, self._id = {}, form_id
        self._inside = self._select = self._area = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self._inside = found.get("id") == self._id
        if not self._inside:
            return
        name = found.get("name")
        if tag == "input" and name:
            self._input(name, found)
        elif tag == "select":
            self._select, self._multiple = name, "multiple" in found
        elif tag == "option" and "selected" in found and self._select:
            self._option(found.get("value", ""))
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.values[self._area] += data.strip()

    def _input(self, name, found):
        kind = found.get("type", "text")
        if kind in {"submit", "button", "file"}:
            return
        if kind in {"checkbox", "radio"}:
            if "checked" in found:
                self.values[name] = found.get("value", "on")
        else:
            self.values[name] = found.get("value", "")

    def _option(self, value):
        if self._multiple:
            self.values.setdefault(self._select, []).append(value)
        else:
            self.values[self._select] = value


def read_form(page, form_id):
    """The values of the form with that id, by field name; what isn't ticked is left out."""
    reader = _Form(form_id)
    reader.feed(page)
    assert reader.values, f"there is no form {form_id} on the page"
    return reader.values
