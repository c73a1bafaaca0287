"""Options of lists that leave: whom, where they are reached, who is spared, who is held out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_LISTS = "Lists"
Segment = Annotated[
    list[str] | None,
    typer.Option("--segment", help="Name or id; repeat. Default everybody.", show_default=False, rich_help_panel=_LISTS),
]
Only = Annotated[
    Path | None,
    typer.Option(
        "--only",
        help="File of ids: those customers alone, in its order.",
        show_default=False,
        rich_help_panel=_LISTS,
    ),
]
ContactsFile = Annotated[
    Path | None,
    typer.Option("--contacts", help="File with e-mail, phone, name and consent.", show_default=False, rich_help_panel=_LISTS),
]
On = Annotated[
    str | None,
    typer.Option("--on", help="Its column with the run's customer ids.", show_default=False, rich_help_panel=_LISTS),
]
FieldMap = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Field of a contact = column of the file, e.g. email=Mailadresse; repeat.",
        metavar="FIELD=COLUMN",
        show_default=False,
        rich_help_panel=_LISTS,
    ),
]
CountryCode = Annotated[
    str | None,
    typer.Option(
        "--country-code", help="Country of contacts that name none, e.g. GB.", show_default=False, rich_help_panel=_LISTS
    ),
]
AllConsents = Annotated[
    bool, typer.Option("--all-consents", help="Take contacts who have not consented, too.", rich_help_panel=_LISTS)
]
Suppress = Annotated[
    list[Path] | None,
    typer.Option(
        "--suppress",
        help="File of ids, e-mails or phones, plain or SHA-256, that must not be written to; repeat.",
        show_default=False,
        rich_help_panel=_LISTS,
    ),
]
Holdout = Annotated[
    str | None,
    typer.Option(
        "--holdout", help="Share kept back as a control group, e.g. 10%.", show_default=False, rich_help_panel=_LISTS
    ),
]
HoldoutKey = Annotated[
    str | None,
    typer.Option(
        "--holdout-key",
        help="Text that decides who is held out; default from the run's data.",
        envvar="COTERIE_HOLDOUT_KEY",
        show_envvar=False,
        show_default=False,
        rich_help_panel=_LISTS,
    ),
]
