# The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

from typing import NotRequired, TypedDict

# Arguments of `greet`. Greets a person by name.
Greet = TypedDict("Greet", {
    "name": NotRequired[str],
})
