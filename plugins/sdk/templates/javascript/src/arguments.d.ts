// The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

/** Arguments of `greet`. Greets a person by name. */
export interface Greet {
  "name"?: string;
}
