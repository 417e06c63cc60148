"""Simulations: what they try, how far they are, and what came of it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from channels.simulation.actions import add_edit, create_simulation, remove_edit, run_simulation
from channels.simulation.admin.choosing import choose_thing, form_for
from channels.simulation.admin.forms import NameForm
from channels.simulation.models import Simulation
from channels.simulation.rules.edits import read_edits
from channels.simulation.selectors.basis import find_moves
from channels.simulation.selectors.results import describe_result
from channels.simulation.selectors.words import describe_edits, kind_of_edit
from core.admin_base import Admin, actor_of, read_id
from core.errors import DomainError
from core.models import Job

EDITS = (
    "publish_version", "retire_strategy", "reorder_strategies", "set_share", "set_pool", "set_link", "set_policy",
)  # fmt: skip
STATES = {"new": "default", "queued": "info", "running": "warning", "done": "success", "failed": "danger"}


@admin.register(Simulation)
class SimulationAdmin(Admin):
    """What would happen if: edits that are tried together on the live data."""

    list_display = ("name", "edit_count", "state_label", "numbers", "to_zero", "computed_at", "author", "created_at")
    search_fields = ("name", "author")
    list_select_related = ("job",)
    empty_hint = gettext_lazy(
        "Nothing has been simulated yet. Add a simulation, or open a draft of a strategy and press “Simulate”."
    )

    def get_urls(self) -> list[URLPattern]:
        """With the pages that ask for an edit."""
        page = self.admin_site.admin_view(self.edit_view)
        return [path("<int:pk>/edits/<slug:do>/", page, name="channels_simulation_edit"), *super().get_urls()]

    @admin.display(description=gettext_lazy("edits"))
    def edit_count(self, simulation: Simulation) -> str:
        """How many things it tries."""
        count = len(simulation.edits)
        return ngettext("%(count)d edit", "%(count)d edits", count) % {"count": count}

    @display(description=gettext_lazy("state"), ordering="job__state", label=STATES)
    def state_label(self, simulation: Simulation) -> tuple[str, str]:
        """How far it is."""
        if simulation.job is None:
            return ("done", _("Done")) if simulation.computed_at else ("new", _("Not run yet"))
        return simulation.job.state, simulation.job.get_state_display()

    @admin.display(description=gettext_lazy("numbers that change"))
    def numbers(self, simulation: Simulation) -> int | None:
        """How many shop numbers the result changes."""
        return simulation.summary["numbers"]["changed"] if simulation.summary else None

    @admin.display(description=gettext_lazy("listings to 0"))
    def to_zero(self, simulation: Simulation) -> int | None:
        """How many listings the result takes to 0."""
        return simulation.summary["targets"]["to_zero"] if simulation.summary else None

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a name; the edits come next."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NameForm(request.POST or None)
        if form.is_valid():
            simulation = create_simulation(form.cleaned_data["name"], actor=actor_of(request))
            self.log_rows(request, [simulation], _("Added."))
            return HttpResponseRedirect(page_url(simulation.pk))
        return self._form_page(request, form, _("Add a simulation"), reverse("admin:channels_simulation_changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The simulation's page; what is posted there changes or runs it."""
        simulation: Simulation | None = self.get_object(request, object_id)
        if simulation is None:
            raise Http404
        if not self.has_view_permission(request, simulation):
            raise PermissionDenied
        if request.method == "POST":
            self._require_change(request, simulation)
            self._carry_out(request, simulation)
            return HttpResponseRedirect(page_url(simulation.pk))
        return TemplateResponse(request, "simulation/page.html", self._page(request, simulation))

    def edit_view(self, request: HttpRequest, pk: int, do: str) -> HttpResponse:
        """Ask for one edit: first what it is about, then what is different."""
        simulation: Simulation | None = self.get_object(request, str(pk))
        if simulation is None or do not in EDITS:
            raise Http404
        self._require_change(request, simulation)
        form = form_for(request, simulation, do)
        if form is None:
            found = choose_thing(request, simulation, do)
            return TemplateResponse(request, "simulation/choose.html", {**self._frame(request, simulation), **found})
        if form.is_bound and form.is_valid():
            try:
                add_edit(simulation.pk, form.to_edit(), actor=actor_of(request))
            except DomainError as refused:
                messages.error(request, refused.detail)
            return HttpResponseRedirect(page_url(simulation.pk))
        return self._form_page(request, form, kind_of_edit(do), page_url(simulation.pk))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its rows go with it; naming each of a million would take longer than deleting them."""
        named = [str(each) for each in objs]
        return named, {_("simulations"): len(named)}, set(), []

    def _carry_out(self, request: HttpRequest, simulation: Simulation) -> None:
        try:
            if "run" in request.POST:
                run_simulation(simulation.pk, user=_user(request))
            elif "remove" in request.POST:
                remove_edit(simulation.pk, _place(request.POST["remove"]), actor=actor_of(request))
        except DomainError as refused:
            messages.error(request, refused.detail)

    def _page(self, request: HttpRequest, simulation: Simulation) -> dict[str, Any]:
        job = simulation.job
        running = job is not None and job.state in (Job.State.QUEUED, Job.State.RUNNING)
        allowed = self.has_change_permission(request, simulation)
        return {
            **self._frame(request, simulation),
            "edits": describe_edits(read_edits(simulation.edits)),
            "kinds": [(do, kind_of_edit(do)) for do in EDITS],
            "job": job,
            "running": running,
            "failed": job is not None and job.state == Job.State.FAILED,
            "allowed": allowed,
            "may_delete": self.has_delete_permission(request, simulation),
            "moves": find_moves(simulation),
            "result": describe_result(simulation) if simulation.computed_at else None,
        }

    def _frame(self, request: HttpRequest, simulation: Simulation) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": simulation.name,
            "opts": self.opts,
            "simulation": simulation,
        }

    def _form_page(self, request: HttpRequest, form: Any, title: str, back: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "help": getattr(form, "about", ""),
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "back": back,
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    def _require_change(self, request: HttpRequest, simulation: Simulation) -> None:
        if not self.has_change_permission(request, simulation):
            raise PermissionDenied


def page_url(simulation_id: int) -> str:
    """The page of a simulation."""
    return reverse("admin:channels_simulation_change", args=[simulation_id])


def _place(text: str) -> int:
    """The place of an edit; one where none is for what isn't a number."""
    place = read_id(text)
    return -1 if place is None else place


def _user(request: HttpRequest) -> AbstractUser:
    if not isinstance(request.user, AbstractUser):
        raise PermissionDenied
    return request.user
