"""How a page is made of a template: everything is text unless the template says otherwise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

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
    token = getattr(request.app.state, "csrf_token", None)
    text = _templates().get_template(template).render(request=request, csrf=token(request) if token else "", **context)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("coterie.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
