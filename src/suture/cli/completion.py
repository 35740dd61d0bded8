"""``suture completion SHELL``: the script that makes a shell complete suture's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from suture.errors import Unsupported

__all__ = ["command"]

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": 'eval "$(suture completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(suture completion zsh)" in ~/.zshrc',
    "fish": "suture completion fish > ~/.config/fish/completions/suture.fish",
}


@click.command("completion", short_help="print a completion script")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script that makes SHELL complete suture's commands and options."""
    found = get_completion_class(shell)
    if found is None:
        raise Unsupported(f"no completion for {shell}", "use one of " + ", ".join(SHELLS))
    root = ctx.find_root().command
    click.echo(f"# Use it with: {_WHERE[shell]}")
    # Not source(): bash's would start a bash to ask its version.
    script = found(root, {}, "suture", "_SUTURE_COMPLETE")
    click.echo(script.source_template % script.source_vars())
