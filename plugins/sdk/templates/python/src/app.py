"""Greets a person by name."""

import json

from arguments import Greet
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.types import Artifact, Error_Permanent, Outcome, OutcomeKind, Task


class Handler(exports.Handler):
    """The plugin: one function, called once in the life of an instance."""

    def run(self, task: Task) -> Outcome:
        args: Greet = json.loads(task.args)
        name = args.get("name", "world")
        if not isinstance(name, str):
            raise Err(Error_Permanent(f"the argument `name` must be text, not {name!r}"))
        greeting = f"Hello, {name}."
        page = Artifact("HELLO.md", "text/markdown", f"# {greeting}\n".encode())
        return Outcome(OutcomeKind.DONE, greeting, [], [page], [])
