"""A scripted coding agent: handles the request for which it is started, over Baton's MCP server. Usage: agent.py WHAT.

It writes what it got into `started-N.json` of its folder. WHAT says how it behaves.
"""

import datetime
import json
import os
import signal
import subprocess
import sys
import time

from mcp_tools import Baton


def say(**message):
    print(json.dumps(message), flush=True)


def note(prompt, **more):
    number = 1 + sum(name.startswith("started-") for name in os.listdir("."))
    known = {"prompt": prompt, "argv": sys.argv[1:], "env": dict(os.environ)} | more
    with open(f"started-{number}.json.tmp", "w") as file:
        json.dump(known, file)
    os.rename(f"started-{number}.json.tmp", f"started-{number}.json")


what, task, session = sys.argv[1], os.environ["BATON_TASK"], os.environ.get("BATON_SESSION")
prompt = sys.stdin.read()
if not prompt:
    sys.exit("no prompt")

if what == "work":
    note(prompt, read=Baton(os.environ["BATON_MCP_CONFIG"]).work(task))
elif what == "nothing":
    note(prompt)
    print("I did nothing.")
elif what == "fail":
    note(prompt)
    sys.exit("the model is not there")
elif what == "ask":
    note(prompt)
    Baton(os.environ["BATON_MCP_CONFIG"]).call("ask", id=task, question="Which colour?")
elif what == "ask-and-stay":
    note(prompt)
    Baton(os.environ["BATON_MCP_CONFIG"]).call("ask", id=task, question="Which colour?")
    while not os.path.exists("go"):
        time.sleep(0.1)
elif what == "near-limit":
    note(prompt)
    say(type="rate_limit_event", rate_limit_info={"status": "allowed"})
    say(type="assistant", message={"content": [{"type": "text", "text": "The handler has no rate limit: too many requests."}]})
    sys.exit(1)
elif what == "hang":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    inside = subprocess.Popen(["sleep", "987"])
    outside = subprocess.Popen(["sleep", "988"], start_new_session=True)
    note(prompt, processes=[os.getpid(), inside.pid, outside.pid])
    time.sleep(1000)
elif what == "limited":
    say(type="system", subtype="init", session_id=session or "session-1")
    note(prompt)
    if session:
        Baton(os.environ["BATON_MCP_CONFIG"]).work(task, f"Continued {session}.")
        usage = {"input_tokens": 70, "output_tokens": 30}
        say(type="result", is_error=False, result="ok", session_id=session, total_cost_usd=0.25, usage=usage)
    else:
        reset = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
        say(type="result", is_error=True, result=f"You have hit your usage limit. Try again at {reset:%Y-%m-%dT%H:%M:%SZ}.")
        sys.exit(1)
elif what in ("session", "no-session"):
    if what == "session":
        say(type="system", subtype="init", session_id=session or "session-1")
    if session:
        note(prompt)
        Baton(os.environ["BATON_MCP_CONFIG"]).work(task, f"Continued {session}.")
    else:
        Baton(os.environ["BATON_MCP_CONFIG"]).call("claim", id=task)
        child = subprocess.Popen(["sleep", "989"])
        note(prompt, processes=[os.getpid(), child.pid])
        time.sleep(1000)
