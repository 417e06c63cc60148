"""The headings that facts stand under in the editor."""

from django.utils.translation import gettext_lazy as _

WHERE = _("Where")
WHAT = _("What")
HOW_MUCH = _("How much")
WHEN = _("When")
