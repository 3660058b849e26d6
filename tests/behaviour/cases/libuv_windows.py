"""The rendezvous of each release with a `TCPStore` that refuses libuv, as that of torch for Windows does.

What stands in for Windows is said by the script: `sys.platform` is set, and the store is one that only records how it
is asked for, with the arguments and defaults of the binding (`use_libuv=True` from 2.4 on).
"""

import json

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "libuv-windows"
RENDEZVOUS = "torch/distributed/rendezvous.py"
STATIC = "torch/distributed/elastic/rendezvous/static_tcp_rendezvous.py"
C10D = "torch/distributed/elastic/rendezvous/c10d_rendezvous_backend.py"
DYNAMIC = "torch/distributed/elastic/rendezvous/dynamic_rendezvous.py"
FILES = [RENDEZVOUS, STATIC, C10D, DYNAMIC]

# argv: the site directory, and as JSON a list of platform, what is made, and variables. Prints how each store was asked
# for, or the error; a single error is that of the program, too.
PROGRAM = """
import datetime, json, os, sys, types
from lift import lift
site, questions = sys.argv[1:]
import logging, pathlib, tempfile, socket, inspect, pickle, weakref, threading, urllib.parse, binascii, numbers

class TCPStore:
    def __init__(self, host_name, port, world_size=None, is_master=False, timeout=None, wait_for_workers=True,
                 multi_tenant=False, master_listen_fd=None, use_libuv=True):
        if use_libuv and sys.platform == "win32":
            raise RuntimeError("use_libuv was requested but PyTorch was build without libuv support")
        made.append(f"{'libuv' if use_libuv else 'plain'} {'server' if is_master else 'client'}")

def module(path, names, **more):
    return lift(f"{site}/torch/distributed/{path}", names, TCPStore=TCPStore, **more)

def old_or_new():
    names = ["_query_to_dict", "_create_c10d_store", "_torchelastic_use_agent_store", "_rendezvous_error",
             "_tcp_rendezvous_handler", "_env_rendezvous_handler"]
    text = pathlib.Path(f"{site}/torch/distributed/rendezvous.py").read_text()
    names += [name for name in ("_get_use_libuv_from_query_dict", "_agent_store_serves") if f"def {name}" in text]
    return module("rendezvous.py", names, PrefixStore=lambda prefix, store: store,
                  default_pg_timeout=datetime.timedelta(seconds=1), Store=object)

def make(request):
    kind, _, rest = request.partition(":")
    if kind == "url":
        space = old_or_new()
        handler = "_env_rendezvous_handler" if rest.startswith("env:") else "_tcp_rendezvous_handler"
        next(space[handler](rest))
    elif kind == "create":
        options = {"true": {"use_libuv": True}, "false": {"use_libuv": False}}[rest]
        old_or_new()["_create_c10d_store"]("localhost", 29500, 0, 1, datetime.timedelta(seconds=1), **options)
    elif kind == "static":
        space = module("elastic/rendezvous/static_tcp_rendezvous.py", ["StaticTCPRendezvous"],
                       RendezvousHandler=object, PrefixStore=lambda prefix, store: store, Store=object,
                       RendezvousInfo=lambda *values: values, logger=logging.getLogger("torch"), log=logging.getLogger("torch"),
                       RendezvousStoreInfo=lambda *values: values)
        own = space["StaticTCPRendezvous"].__new__(space["StaticTCPRendezvous"])
        own.__dict__.update(rank=0, world_size=1, _store=None, master_addr="localhost", master_port=29500, run_id="1",
                            timeout=datetime.timedelta(seconds=1))
        own.next_rendezvous()
    elif kind == "c10d":
        class Parameters:
            endpoint, run_id, config = "localhost:29400", "1", dict(pair.split("=") for pair in rest.split(",") if pair)
            def get_as_bool(self, key, default=None):
                value = self.config.get(key, default)
                return value if value is None else value in (True, "true")
            def get_as_int(self, key, default=None):
                return int(self.config.get(key, default))
            def get(self, key, default=None):
                return self.config.get(key, default)
        class RendezvousConnectionError(Exception): pass
        space = module("elastic/rendezvous/c10d_rendezvous_backend.py", ["_create_tcp_store"],
                       parse_rendezvous_endpoint=lambda endpoint, default_port: ("localhost", 29400), DEFAULT_PORT=29400,
                       _matches_machine_hostname=lambda host: True, logger=logging.getLogger("torch"),
                       construct_and_record_rdzv_event=lambda **values: None, NodeState=types.SimpleNamespace(INIT=0),
                       RendezvousConnectionError=RendezvousConnectionError, RendezvousParameters=Parameters)
        space["_create_tcp_store"](Parameters())
    elif kind == "dynamic":
        class Handler: pass
        space = module("elastic/rendezvous/dynamic_rendezvous.py", ["DynamicRendezvousHandler"],
                       dist=types.SimpleNamespace(TCPStore=TCPStore), RendezvousHandler=Handler,
                       _NodeDescGenerator=Handler,
                       NodeState=types.SimpleNamespace(RUNNING=0))
        create = space["DynamicRendezvousHandler"]._create_tcp_store_server
        where = types.SimpleNamespace(master_addr="localhost", master_port=29500)
        arguments = [where] if create.__code__.co_argcount == 2 else ["localhost", 29500]
        create(None, *arguments)

own, answers = dict(os.environ), []
for platform, request, variables in json.loads(questions):
    made = []
    os.environ.clear()
    os.environ.update(own, **dict(one.split("=", 1) for one in variables))
    sys.platform = platform
    try:
        make(request)
        answers.append(made[0])
    except Exception as error:
        answers.append(str(error.__cause__ or error))
    finally:
        sys.platform = "linux"
print(json.dumps(answers))
sys.exit(next((answer for answer in answers if "without libuv" in answer), 0) if len(answers) == 1 else 0)
"""
ENV = "MASTER_ADDR=localhost MASTER_PORT=29500 RANK=0 WORLD_SIZE=1".split()


def run(checks, binary):
    """Runs the case."""
    for version in ("2.4.1", "2.5.1", "2.6.0", "2.7.1", "2.15.0"):
        release(checks, binary, version)
    with checks.check("torch 2.3.1: the symptom does not occur, and the patch is not needed"), scene(binary) as here:
        here.release("torch", "2.3.1", FILES, "win")
        for request in ("static:", "url:tcp://localhost:29500?rank=0&world_size=1"):
            # `use_libuv` of the binding is off by default there.
            script = PROGRAM.replace("use_libuv=True):", "use_libuv=False):")
            code, output = here.python(script, here.site, json.dumps([("win32", request, [])]), path=False)
            holds(code == 0 and "plain server" in output, output)
        equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    forms = {
        "use_libuv=False": [(STATIC, "multi_tenant=True,\n            )", "multi_tenant=True,\n                use_libuv=False,\n            )")]
    }
    with checks.check("torch 2.5.1: `use_libuv=False` put in by hand in one of the files is told as a part"):
        with scene(binary) as here:
            here.release("torch", "2.5.1", FILES, "win")
            for change in forms["use_libuv=False"]:
                here.edit(*change)
            answer = here.torch_patch("apply", here.patch(NAME)).expect(3)
            equal(answer.json["error"]["code"], "partly-by-hand", "code")


def requests(version):
    """What is asked of a release, and how the store of each is asked for with the patch on Windows and elsewhere."""
    minor = int(version.split(".")[1])
    tcp = "url:tcp://localhost:29500?rank=0&world_size=1"
    plain, uv = "plain server", "libuv server"
    # request, variables, Windows, elsewhere; `None`: the error, since the caller asks for libuv himself.
    yield "static:", [], plain, uv
    yield "static:", ["USE_LIBUV=0"], plain, "plain server"
    yield "static:", ["USE_LIBUV=1"], None, uv
    yield tcp, [], plain, uv
    yield tcp, ["USE_LIBUV=0"], plain, plain
    yield tcp, ["USE_LIBUV=1"], None, uv
    yield f"{tcp}&use_libuv=1", ["USE_LIBUV=0"], None, uv
    yield f"{tcp}&use_libuv=0", ["USE_LIBUV=1"], plain, plain
    yield "url:env://", ENV, plain, uv
    agent = ["TORCHELASTIC_USE_AGENT_STORE=True", "TORCHELASTIC_RESTART_COUNT=0"]
    yield "url:env://", [*ENV, *agent], "plain client", "libuv client"
    yield "url:env://?use_libuv=0", [*ENV, *agent, "USE_LIBUV=1"], "plain client", "plain client"
    yield "create:false", ["USE_LIBUV=1"], plain, plain
    yield "create:true", ["USE_LIBUV=0"], None, uv
    yield "create:false", [*ENV, *agent, "USE_LIBUV=1"], "plain client", "plain client"
    if minor == 4:  # c10d rendezvous has an option of its own there, off by default
        yield "c10d:", [], plain, plain
        yield "c10d:use_libuv=true", [], None, uv
    else:
        yield "c10d:", [], plain, uv
        yield "c10d:", ["USE_LIBUV=0"], plain, plain
        yield "dynamic:", [], plain, uv
        yield "dynamic:", ["USE_LIBUV=0"], plain, plain
        yield "dynamic:", ["USE_LIBUV=1"], None, uv


def release(checks, binary, version):
    """All requests of a release."""
    with scene(binary) as here:
        here.release("torch", version, FILES, "win")

        def ask(questions):
            return here.python(PROGRAM, here.site, json.dumps(questions), path=False)

        def answers(platform):
            code, output = ask([(platform, request, variables) for request, variables, _, _ in requests(version)])
            holds(code == 0, output)
            return json.loads(output.splitlines()[0])

        def static():
            return ask([("win32", "static:", [])])

        title = f"torch {version} (stand-in for the store and for Windows)"
        before_and_after(checks, here, NAME, title, static, static)
        pristine = answers("linux")
        here.torch_patch("apply", here.patch(NAME)).expect(0)
        with checks.check(f"torch {version}: every store, for Windows and elsewhere, by variable, address and caller"):
            for platform, place in (("win32", 2), ("linux", 3)):
                for asked, found in zip(requests(version), answers(platform), strict=True):
                    expected = asked[place] or "use_libuv was requested but PyTorch was build without libuv support"
                    equal(found, expected, f"{asked[:2]} on {platform}")
        with checks.check(f"torch {version}: elsewhere the stores are as unpatched, but for wishes that were not heeded"):
            for asked, before, after in zip(requests(version), pristine, answers("linux"), strict=True):
                if not (asked[0].startswith(("static", "c10d", "dynamic")) and asked[1] == ["USE_LIBUV=0"]):
                    agents = "TORCHELASTIC_USE_AGENT_STORE=True" in asked[1]
                    expected = "libuv client" if agents else after
                    equal(before, expected, f"{asked[:2]} unpatched on linux")
    shared = "multi_tenant=True,\n"
    own_line = [
        (STATIC, f"                {shared}", f"                {shared}                use_libuv=False,\n"),
        (C10D, f"                {shared}", f"                {shared}                use_libuv=False,\n"),
        (DYNAMIC, f"            {shared}        )", f"            {shared}            use_libuv=False,\n        )"),
    ]
    first = (RENDEZVOUS, "world_size, False, timeout)", "world_size, False, timeout, use_libuv=False)")
    default = (RENDEZVOUS, 'os.environ.get("USE_LIBUV", "1")', 'os.environ.get("USE_LIBUV", "0")')
    forms = {"in each call": [first, default, *own_line]}
    hand_edits(checks, binary, NAME, "torch", "2.5.1", FILES, forms, adopted=True)
    with checks.check("torch 2.5.1, one of four files by hand: told as a part, and taken over with the rest"):
        with scene(binary) as here:
            here.release("torch", "2.5.1", FILES, "win")
            released = [(here.site / file).read_bytes() for file in FILES]
            here.edit(*own_line[0])
            answer = here.torch_patch("apply", here.patch(NAME))
            equal((answer.exit, answer.json["error"]["code"]), (3, "partly-by-hand"), "refused")
            answer = here.torch_patch("apply", here.patch(NAME), "--adopt").expect(0)
            equal(answer.outcome(NAME), "adopted", "outcome")
            here.torch_patch("revert", NAME).expect(0)
            equal([(here.site / file).read_bytes() for file in FILES], released, "the files of the release")
