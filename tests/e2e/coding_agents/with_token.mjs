// Passes requests on to a server and adds a bearer token, for clients that cannot send one. Everything else stays as it is;
// a Host that names this proxy is changed to the server's, any other Host is left for the server to judge.
import http from "node:http";

const [port, token] = process.argv.slice(2);
const proxy = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const own = proxy.address().port;
  if ([`127.0.0.1:${own}`, `localhost:${own}`].includes(headers.host)) headers.host = `127.0.0.1:${port}`;
  const options = { host: "127.0.0.1", port, path: request.url, method: request.method, headers };
  const onward = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
});
proxy.listen(0, "127.0.0.1", () => console.log(proxy.address().port));
