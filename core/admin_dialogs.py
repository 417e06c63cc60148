"""Dialogs of the admin: a short form over the page, a verb behind it, and the verb's refusal shown in the form."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from core.errors import DomainError


class DialogForm(BaseDialogForm):  # type: ignore[misc]
    """A dialog's form; `facts` are the (label, value) pairs shown above the fields.

    A subclass that works on one row says in `load` which one it is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts: list[tuple[object, object]] = []
        self.load()

    def load(self) -> None:
        """Prepare the form for `self.object_id`; Http404 when the user may not see that row."""

    def refused(self) -> None:
        """Called before a refused form is shown again, to bring it up to date."""

    def render_before_template(self) -> str:
        """The facts, and what is wrong with the form as a whole (the dialog has no other place for it)."""
        facts = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", self.facts)
        errors = format_html_join("", "<li>{}</li>", ((error,) for error in self.non_field_errors()))
        return format_html(
            "{}{}",
            format_html('<dl class="op-facts">{}</dl>', facts) if facts else "",
            format_html('<ul class="op-errors" role="alert">{}</ul>', errors) if errors else "",
        )


def dialog(form: type[DialogForm], title: Any, **options: Any) -> Callable[[Callable[..., str]], Any]:
    """Make an admin method `(self, request, form) -> words` an action that opens a dialog.

    The method does the work and answers what to say about it; a domain error is shown in the dialog.
    `help` is a sentence under the title; the other options are those of `unfold.decorators.action`.
    """
    shown = ActionDialog(title=title, description=options.pop("help", ""), form_class=form, form_submit_text=title)

    def decorate(work: Callable[..., str]) -> Any:
        @wraps(work)
        def method(model_admin: Any, request: HttpRequest, bound: DialogForm, **_address: Any) -> HttpResponse:
            return _finish(request, bound, partial(work, model_admin, request, bound), shown)

        return action(description=title, dialog=shown, **options)(method)

    return decorate


def _finish(request: HttpRequest, form: DialogForm, work: Callable[[], str], shown: ActionDialog) -> HttpResponse:
    try:
        words = work()
    except DomainError as error:
        form.refused()
        add_domain_error(form, error)
        context = {"dialog": shown, "form": form, "form_submit_text": shown["form_submit_text"]}
        return render(request, "unfold/helpers/dialog.html", context)
    messages.success(request, words)
    # The dialog is posted by script, so the page behind it must be told to load again.
    return HttpResponse(headers={"HX-Redirect": back_url(request)})


def back_url(request: HttpRequest) -> str:
    """The page the dialog was opened on."""
    return request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ".."


def add_domain_error(form: Any, error: DomainError) -> None:
    """Put each fault on its field where the form has one, and above the form otherwise."""
    for fault in error.errors:
        field = fault.path.rpartition(".")[2]
        form.add_error(field if field in form.fields else None, fault.message)
    if not error.errors:
        form.add_error(None, error.detail or _("This can't be done."))
