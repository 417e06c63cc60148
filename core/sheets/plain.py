"""CSV texts so plain that the database can read them itself."""

from dataclasses import dataclass

from core.sheets.files import delimiter_of


@dataclass(frozen=True, slots=True)
class PlainCsv:
    """A header and a body without quotes, blank lines or anything else that programs read differently."""

    header: list[str]
    delimiter: str
    body: str


def plain_csv(text: str) -> PlainCsv | None:
    """The text as a plain CSV, or None if only a real CSV reader does it justice.

    The first row of the body is row 2 of the file.
    """
    if '"' in text or "\\" in text or "\n\n" in text or "\n\r" in text:
        return None
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return None
    first, _newline, body = text.partition("\n")
    if not first.strip() or not body:
        return None
    delimiter = delimiter_of(first)
    return PlainCsv(first.rstrip("\r").split(delimiter), delimiter, body)
