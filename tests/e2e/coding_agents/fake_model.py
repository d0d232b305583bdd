"""A model for tests: speaks the APIs of Anthropic (/v1/messages) and OpenAI (/v1/responses) on loopback, and works an inbox.

It calls the tools `inbox`, `claim` and `return` of the MCP server `baton` one after another, with the id of the first open
request, and then ends. Usage: fake_model.py PORT [CONTROL]. The word in the file CONTROL changes it: with `limit` it answers with
429 and the end of the limit, with `hang` it does not answer after `claim`. With CONTROL it ends with its parent.
"""

import http.server
import json
import os
import sys
import threading
import time

SEARCH = "toolu_search"
PORT = int(sys.argv[1])
CONTROL = sys.argv[2] if len(sys.argv) > 2 else None


def control():
    """The word in the control file; empty if there is none."""
    try:
        with open(CONTROL) as file:
            return file.read().strip()
    except (OSError, TypeError):
        return ""


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def limit(path):
    """The body and the headers of a response that says when the usage limit ends."""
    now = int(time.time())
    if path == "/v1/messages":
        error = {"type": "error", "error": {"type": "rate_limit_error", "message": "This request would exceed your limit."}}
        return error, [("retry-after", "3600"), ("anthropic-ratelimit-unified-status", "rejected"),
                       ("anthropic-ratelimit-unified-reset", str(now + 7200))]
    error = {"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
             "resets_at": now + 7200, "resets_in_seconds": 7200}
    return {"error": error}, []


def text_of(content):
    """The text in the result of a tool, in any of the forms that clients send."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("output") or content.get("content") or "")
    return ""


def json_in(text):
    """The first JSON object in a text."""
    for at, sign in enumerate(text):
        if sign == "{":
            try:
                return json.JSONDecoder().raw_decode(text[at:])[0]
            except ValueError:
                continue
    return {}


def results_in(text):
    """The JSON objects in the result of a tool; some clients wrap it into another object or a list."""
    found = json_in(text)
    inner = [part.get("text", "") for part in found.get("content", []) if isinstance(part, dict)]
    return [found] + [json_in(part) for part in inner]


def next_call(results):
    """The next tool and its arguments after these results; None at the end."""
    found = [found for text in results for found in results_in(text)]
    items = [item for result in found for item in result.get("items", [])]
    request = next((item["id"] for item in items if item["kind"] != "RETURN"), None)
    if not results:
        return "inbox", {}
    if request is None:
        return None
    if len(results) == 1:
        return "claim", {"id": request}
    if len(results) == 2:
        return "return", {"id": request, "status": "completed", "summary": "Done by the client."}
    return None


def anthropic(body):
    blocks = [block for message in body.get("messages", []) if isinstance(message.get("content"), list) for block in message["content"]]
    answers = [block for block in blocks if block.get("type") == "tool_result"]
    results = [text_of(block.get("content")) for block in answers if block.get("tool_use_id") != SEARCH]
    tools = [tool.get("name") for tool in body.get("tools", [])]
    call = next_call(results) if "mcp__baton__inbox" in tools else None
    searched = len(answers) > len(results)
    usage = {"input_tokens": 10, "output_tokens": 5}
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "x"), "content": [],
             "stop_reason": None, "stop_sequence": None, "usage": usage}
    if call is None and "ToolSearch" in tools and not searched:
        # An interactive session with many tools loads those of MCP servers on request.
        block = {"type": "tool_use", "id": SEARCH, "name": "ToolSearch", "input": {}}
        query = {"query": "select:" + ",".join(f"mcp__baton__{name}" for name in ("inbox", "claim", "return"))}
        delta, stop = {"type": "input_json_delta", "partial_json": json.dumps(query)}, "tool_use"
    elif call:
        name, arguments = call
        block = {"type": "tool_use", "id": f"toolu_{len(results)}", "name": f"mcp__baton__{name}", "input": {}}
        delta, stop = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}, "tool_use"
    else:
        block, stop = {"type": "text", "text": ""}, "end_turn"
        delta = {"type": "text_delta", "text": "The inbox is done."}
    return [
        ("message_start", {"type": "message_start", "message": start}),
        ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}),
        ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}),
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        ("message_delta", {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}),
        ("message_stop", {"type": "message_stop"}),
    ]


def openai(body):
    items = [item for item in body.get("input", []) if isinstance(item, dict)]
    results = [text_of(item.get("output")) for item in items if item.get("type") == "function_call_output"]
    call = next_call(results)
    if call:
        name, arguments = call
        item = {"type": "function_call", "id": f"fc_{len(results)}", "call_id": f"call_{len(results)}",
                "arguments": json.dumps(arguments)}
        grouped = "mcp__baton" in [tool.get("name") for tool in body.get("tools", [])]
        item |= {"name": name, "namespace": "mcp__baton"} if grouped else {"name": f"mcp__baton__{name}"}
    else:
        item = {"type": "message", "id": "m_1", "role": "assistant",
                "content": [{"type": "output_text", "text": "The inbox is done."}]}
    usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15}
    response = {"id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress", "model": "fake", "output": []}
    return [
        ("response.created", {"type": "response.created", "response": response}),
        ("response.output_item.done", {"type": "response.output_item.done", "output_index": 0, "item": item}),
        ("response.completed", {"type": "response.completed", "response": response | {"status": "completed", "output": [item], "usage": usage}}),
    ]


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self):
        self.reply(200, b"")

    def do_GET(self):
        self.reply(200, b'{"data":[],"models":[]}')

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        answers = {"/v1/messages": anthropic, "/v1/responses": openai}
        answer = answers.get(self.path.split("?")[0])
        if answer is None:
            return self.reply(200, b"{}")
        if control() == "limit":
            error, headers = limit(self.path.split("?")[0])
            return self.reply(429, json.dumps(error).encode(), headers)
        results = sum(json.dumps(body).count(f'"type": "{kind}"') for kind in ("tool_result", "function_call_output"))
        while control() == "hang" and results >= 2:
            time.sleep(0.2)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for name, data in answer(body):
            self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        self.close_connection = True


if CONTROL:
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Model).serve_forever()
