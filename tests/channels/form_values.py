"""What a browser would post of a form as it stands on a page."""

from html.parser import HTMLParser


class FormParser(HTMLParser):
    """Collects the successful controls of the form with an id, disabled ones and template rows left out."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: dict[str, list[str]] = {}
        self.select: str | None = None
        self.text: str | None = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside or "disabled" in found:
            return
        name = found.get("name")
        if tag == "input" and name:
            self.take_input(name, found)
        elif tag == "select" and name:
            self.select, self.first = name, None
            self.multiple = "multiple" in found
        elif tag == "option" and self.select:
            self.first = found.get("value", "") if self.first is None else self.first
            if "selected" in found:
                self.values.setdefault(self.select, []).append(found.get("value", ""))
        elif tag == "textarea" and name:
            self.text = name
            self.values[name] = [""]

    def take_input(self, name, found):
        kind = found.get("type", "text")
        if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in found):
            return
        self.values.setdefault(name, []).append(found.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data):
        if self.text:
            self.values[self.text][0] += data

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            if self.select not in self.values and not self.multiple and self.first is not None:
                self.values[self.select] = [self.first]
            self.select = None
        elif tag == "textarea":
            self.text = None
        elif tag == "form":
            self.inside = False


def form_values(html: str, form_id: str) -> dict[str, object]:
    """Name to value, or to the list of values where there are several."""
    parser = FormParser(form_id)
    parser.feed(html)
    found = {name: values for name, values in parser.values.items() if "__prefix__" not in name}
    found.pop("csrfmiddlewaretoken", None)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
