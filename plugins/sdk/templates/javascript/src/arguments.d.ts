// The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

/** Arguments of `greet`. Greets whoever is named. */
export interface Greet {
  "name"?: string;
}
