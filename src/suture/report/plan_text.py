"""A plan as text: for people, as a script, for programs, as a graph. Each form is a module of its own.

Pure: the plan is all that is read, so the same plan gives the same text.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError

if TYPE_CHECKING:
    from suture.planning.job import Plan

__all__ = ["FORMS", "render"]

FORMS: Final = {"tree": "plan_tree", "sh": "plan_script", "json": "plan_json", "mermaid": "plan_graph"}


def render(plan: Plan, form: str) -> str:
    """A plan in one of `FORMS`, without a line end after it.

    Raises:
        ConfigError: there is no such form.
    """
    if form not in FORMS:
        raise ConfigError(f"a plan has no form {form!r}", f"one of: {', '.join(FORMS)}")
    text: str = import_module(f"suture.report.{FORMS[form]}").render(plan)
    return text
