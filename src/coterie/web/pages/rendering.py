"""How a page is made of a template: everything is text unless the template says otherwise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from coterie.web.pages.assets import edition

if TYPE_CHECKING:
    from jinja2 import Environment


def shown(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Return a page.

    Parameters
    ----------
    request : Request
        For whom; ``app.state.csrf_token``, where the application has one, gives the token of their forms.
    template : str
        Its name.
    status : int, default 200
        HTTP status.
    **context
        What the template shows.
    """
    state = request.app.state
    token, sessions = getattr(state, "csrf_token", None), getattr(state, "sessions", None)
    frame = {
        "request": request,
        "csrf": token(request) if token else "",
        "signed_in": sessions is not None and not sessions.open,
        "edition": edition(),
        "lang": "en",
        "frame": None,
        "charts": None,
    }
    text = _templates().get_template(template).render({**frame, **context})
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def ready() -> None:
    """Compile every template that is not yet, for whoever asks next."""
    for name in _templates().list_templates(extensions=["html"]):
        _templates().get_template(name)


@cache
def _templates() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    # The report's parts are the pages' parts, too: one publication in two bindings.
    loader = ChoiceLoader([PackageLoader("coterie.web"), PackageLoader("coterie.report")])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
