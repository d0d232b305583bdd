#!/usr/bin/env python3
"""A stand-in for Cursor's command line `agent`, which is in no package registry. It takes the documented arguments only, prints
Cursor's stream of JSON, and works through the MCP server that `baton connect cursor` has registered in its folder.

The file `behaviour` of its folder says how it behaves.
"""

import json
import os
import re
import sys
import time

import mcp_tools

FIXED = ["-p", "--output-format", "stream-json", "--force", "--approve-mcps"]


def say(**message):
    print(json.dumps(message), flush=True)


def arguments(words):
    """The session to resume and the prompt."""
    if words[: len(FIXED)] != FIXED:
        sys.exit(f"error: unknown arguments: {words}")
    rest = words[len(FIXED) :]
    session = rest[1] if rest[:1] == ["--resume"] else None
    rest = rest[2:] if session else rest
    if len(rest) != 1 or rest[0].startswith("-"):
        sys.exit(f"error: expected one prompt: {rest}")
    return session, rest[0]


def note(**known):
    number = 1 + sum(name.startswith("started-") for name in os.listdir("."))
    with open(f"started-{number}.json.tmp", "w") as file:
        json.dump(known | {"processes": [os.getpid()]}, file)
    os.rename(f"started-{number}.json.tmp", f"started-{number}.json")


def work(task, summary):
    baton = mcp_tools.Baton(".cursor/mcp.json")
    tools = [tool["name"] for tool in baton.request("tools/list", {})["tools"]]
    inbox = [item["id"] for item in baton.call("inbox")["items"]]
    if not {"claim", "read", "return"} <= set(tools) or task not in inbox:
        sys.exit(f"error: {task} is not in {inbox}, or a tool is missing: {tools}")
    say(type="tool_call", subtype="started", call_id="1", tool_call={"mcpToolCall": {"args": {"name": "claim"}}})
    baton.work(task, summary)


session, prompt = arguments(sys.argv[1:])
with open("behaviour") as file:
    behaviour = file.read().strip()
task = re.search(r"[Tt]he request (\S+)", prompt).group(1)
note(session=session, prompt=prompt)
if behaviour == "silent":
    time.sleep(1000)
if behaviour == "fail":
    print("error: the model is not reachable", file=sys.stderr)
    sys.exit(1)
say(type="system", subtype="init", session_id=session or "chat-1", cwd=os.getcwd(), model="stand-in", permissionMode="default")
say(type="user", message={"role": "user", "content": [{"type": "text", "text": prompt}]}, session_id=session or "chat-1")
if behaviour == "interrupted" and not session:
    mcp_tools.Baton(".cursor/mcp.json").call("claim", id=task)
    time.sleep(1000)
if behaviour != "hang-without-return":
    work(task, f"Continued {session}." if session else "Done by Cursor's stand-in.")
say(type="assistant", message={"role": "assistant", "content": [{"type": "text", "text": "Done."}]}, session_id=session or "chat-1")
say(type="result", subtype="success", is_error=False, duration_ms=5, result="Done.", session_id=session or "chat-1")
if behaviour.startswith("hang"):
    time.sleep(1000)
