// Greets a person by name.

/** The plugin: one function, called once in the life of an instance. */
export const handler = {
  run(task) {
    /** @type {import("./arguments.d.ts").Greet} */
    const { name = "world" } = JSON.parse(task.args);
    if (typeof name !== "string") {
      throw { tag: "permanent", val: `the argument \`name\` must be text, not ${JSON.stringify(name)}` };
    }
    const greeting = `Hello, ${name}.`;
    const bytes = new TextEncoder().encode(`# ${greeting}\n`);
    const page = { name: "HELLO.md", mediaType: "text/markdown", bytes };
    return { kind: "done", summary: greeting, nextSteps: [], artifacts: [page], findings: [] };
  },
};
