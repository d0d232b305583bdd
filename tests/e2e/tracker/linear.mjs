// Reads and changes issues with Linear's own client.
// node linear.mjs TOOLS ADDRESS TOKEN TEAM ACTION [JSON]
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [tools, address, apiKey, key, action, json] = process.argv.slice(2);
const require = createRequire(`${tools}/package.json`);
const { LinearClient } = await import(pathToFileURL(require.resolve("@linear/sdk")));
const client = new LinearClient({ apiKey, apiUrl: `${address}/graphql` });

// The client's own queries for lists have fields that `emulate` lacks, so the list is a raw query.
const query = `query($after: String) { teams { nodes { id key states { nodes { id type } }
  issues(first: 100, after: $after) { nodes { id number identifier title description priority url state { type } }
  pageInfo { hasNextPage endCursor } } } } }`;
const all = [];
let team;
for (let after = null; ; ) {
  const { data } = await client.client.rawRequest(query, { after });
  team = data.teams.nodes.find((one) => one.key === key);
  all.push(...team.issues.nodes);
  if (!team.issues.pageInfo.hasNextPage) break;
  after = team.issues.pageInfo.endCursor;
}

if (action === "change") {
  const { number, state, ...input } = JSON.parse(json);
  const issue = all.find((one) => one.number === number);
  if (state) input.stateId = team.states.nodes.find((one) => one.type === state).id;
  const { success } = await client.updateIssue(issue.id, input);
  if (!success) throw new Error("not changed");
} else {
  const shown = ({ number, identifier, title, description, priority, url, state }) =>
    ({ number, name: identifier, title, body: description, priority, url, state: state.type });
  console.log(JSON.stringify(all.map(shown).sort((left, right) => left.number - right.number)));
}
