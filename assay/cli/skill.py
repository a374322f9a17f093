"""assay skill list|show: the programmatic skills and samples of what they make."""

from __future__ import annotations

import click

from assay.cli.app import App, common, table


@click.group("skill")
def command() -> None:
    """Programmatic skills: fresh items with exact gold answers."""


@command.command("list")
@common
def list_(app: App) -> None:
    """List the skills."""
    from generators.skills import SKILLS

    rows = [
        [s.name, s.version, s.check, len(s.templates), len(s.held_out), summary(s.name)]
        for s in SKILLS.values()
    ]
    payload = [
        {
            "name": s.name,
            "version": s.version,
            "check": s.check,
            "templates": s.templates,
            "held_out": sorted(s.held_out),
        }
        for s in SKILLS.values()
    ]
    app.answer(
        {"skills": payload}, table(["skill", "version", "check", "templates", "held out", "what"], rows)
    )


def summary(name: str) -> str:
    """Return the first line of the skill's module."""
    import importlib

    return (importlib.import_module(f"generators.skills.{name}").__doc__ or "").split("\n")[0]


@command.command()
@click.argument("name")
@click.option("-n", "count", type=click.IntRange(min=1), default=3, show_default=True)
@common
def show(app: App, name: str, count: int) -> None:
    """Show a skill and samples of its training rows."""
    from assay.cli.show_example import lines_of_example
    from assay.config import SkillsRecipe
    from generators.programmatic import generate, known

    skill = known([name])[0]
    recipe = SkillsRecipe(method="skills", skills=(name,))
    made = list(generate(recipe, count, 0))
    held = " ".join(t for t in skill.templates if t in skill.held_out)
    lines = [f"{skill.name} version {skill.version}: {summary(name)}"]
    lines += [f"templates {' '.join(skill.seen)}", f"held out  {held}", f"check     {skill.check}"]
    for m in made:
        lines += ["", *lines_of_example(m)]
    app.answer(
        {"name": name, "version": skill.version, "samples": [m.example.row() for m in made]}, "\n".join(lines)
    )
