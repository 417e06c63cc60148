"""Reads and writes the text of a network document: JSON or YAML."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from core.errors import InvalidInput

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_Base):  # type: ignore[misc]  # the C loader when it is there, chosen at run time
    """Safe YAML whose scalars mean what they mean in JSON: 16:00 and 2026-01-01 and NO are text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """As the base, but a key that stands twice is refused."""
        pairs = [(self.construct_object(key, deep=deep), self.construct_object(v, deep=deep)) for key, v in node.value]
        return _once(pairs)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789")
)


def _once(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[Any] = set()
        twice = next(key for key, _value in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(_("the key %(key)s stands twice in one object") % {"key": twice})
    return found


def _no_constant(name: str) -> None:
    raise ValueError(_("%(name)s is not a number a document can hold") % {"name": name})


def read_file(path: Path) -> Any:
    """The data in a JSON or YAML file; InvalidInput when it can't be read, naming the place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(_("%(file)s can't be read: %(reason)s") % {"file": path, "reason": error}) from error
    try:
        return _parse(text, path.suffix.lower())
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InvalidInput(
            _("%(file)s is neither proper JSON nor YAML: %(reason)s") % {"file": path, "reason": reason}
        ) from error


def _parse(text: str, suffix: str) -> Any:
    is_json = suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip().startswith("{"))
    if is_json:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 — _Loader is a safe loader


def write_text(data: Any, form: str) -> str:
    """The document as text; the same data always gives the same bytes. `form` is json or yaml."""
    if form == "json":
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return str(yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120))
