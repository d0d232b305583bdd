// Reads and changes issues with GitHub's own client, as a person or a script would.
// node github.mjs TOOLS ADDRESS TOKEN OWNER/NAME ACTION [JSON]
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [tools, baseUrl, auth, place, action, json] = process.argv.slice(2);
const require = createRequire(`${tools}/package.json`);
const { Octokit } = await import(pathToFileURL(require.resolve("@octokit/rest")));
const octokit = new Octokit({ baseUrl, auth });
const [owner, repo] = place.split("/");
const args = json ? JSON.parse(json) : {};

if (action === "make") {
  await octokit.rest.repos.createForAuthenticatedUser({ name: repo });
} else if (action === "create") {
  for (const issue of args) await octokit.rest.issues.create({ owner, repo, ...issue });
} else if (action === "change") {
  await octokit.rest.issues.update({ owner, repo, ...args });
} else if (action === "list") {
  const all = await octokit.paginate(octokit.rest.issues.listForRepo, { owner, repo, state: "all", per_page: 100 });
  const shown = ({ number, title, body, state, state_reason, html_url }) =>
    ({ number, title, body, state, reason: state_reason, url: html_url });
  console.log(JSON.stringify(all.map(shown).sort((left, right) => left.number - right.number)));
}
