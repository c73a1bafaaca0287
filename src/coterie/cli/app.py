"""The commands, in the order a user meets them."""

from __future__ import annotations

import typer

from coterie.cli import (
    assign,
    check,
    compare,
    compile,
    datasets,
    demo,
    explain,
    export,
    init,
    lift,
    registries,
    rename,
    report,
    run,
    serve,
    show,
    update,
)
from coterie.cli.refusals import refusing

app = typer.Typer(
    help="Transaction lines in, customer segments that people can explain, trust and act on out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    demo.demo,
    check.check,
    init.init,
    run.run,
    update.update,
    show.show,
    report.report,
    assign.assign,
    explain.explain,
    rename.rename,
    compare.compare,
    export.export,
    compile.compile,
    lift.lift,
    serve.serve,
    registries.features,
    registries.rules,
    registries.metrics,
    registries.recipes,
):
    app.command()(refusing(_command))

_sets = typer.Typer(help="Public data sets.", no_args_is_help=True, rich_markup_mode=None)
_sets.command()(refusing(datasets.fetch))
app.add_typer(_sets, name="datasets")


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True)) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("coterie"))
        raise typer.Exit
