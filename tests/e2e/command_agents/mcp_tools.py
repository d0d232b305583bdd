"""The tools of Baton for a scripted agent, over the MCP server of a configuration file."""

import json
import subprocess


class Baton:
    """Starts the server `baton` of the file and calls its tools."""

    def __init__(self, configuration):
        with open(configuration) as file:
            server = json.load(file)["mcpServers"]["baton"]
        self.server = subprocess.Popen([server["command"], *server["args"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.count = 0
        known = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "scripted", "version": "1"}}
        self.request("initialize", known)
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def write(self, message):
        self.server.stdin.write(json.dumps(message).encode() + b"\n")
        self.server.stdin.flush()

    def request(self, method, params):
        self.count += 1
        self.write({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params})
        while True:
            message = json.loads(self.server.stdout.readline())
            if message.get("id") == self.count:
                return message["result"]

    def call(self, tool, **arguments):
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        text = result["content"][0]["text"]
        if result.get("isError"):
            raise RuntimeError(text)
        return json.loads(text)

    def work(self, task, summary="Done by the program."):
        self.call("claim", id=task)
        text = self.call("read", id=task)
        self.call("progress", id=task, message="halfway")
        self.call("return", id=task, status="completed", summary=summary)
        return text
