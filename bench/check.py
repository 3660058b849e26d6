#!/usr/bin/env python3
"""What `torch-patch check` moves over the network and how long it takes, beside a bare HTTP loop on the same ranges.

    TORCH_PATCH=target/release/torch-patch bench/check.py

Every request of a cold `check` is seen by a proxy that this script puts before the index, in plain HTTP on loopback;
the same requests are then made by eight threads that do nothing else, through the same proxy, in the same run. So both
pay for the proxy, and neither pays for TLS: the ratio is of what `torch-patch` adds. Prints a table, and fails if a
budget of the design is missed, times excepted, which depend on what else the machine does, and the number of
requests, which a few odd wheels exceed by one: their `RECORD` lies far from the file at neither end.
"""

import concurrent.futures
import http.client
import http.server
import json
import os
import pathlib
import re
import resource
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

INDEX = "https://pypi.org/simple/"
THREADS = 8
MEGABYTE = 1_000_000


class Upstream(threading.local):
    """Connections of one thread to the real servers."""

    def __init__(self):
        self.connections = {}

    def get(self, url, headers):
        """The answer of a real server, read to its end."""
        parts = urllib.parse.urlsplit(url)
        for attempt in range(3):
            connection = self.connections.get(parts.netloc) or http.client.HTTPSConnection(parts.netloc, timeout=60)
            self.connections[parts.netloc] = connection
            try:
                connection.request("GET", parts.path, headers=headers)
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                del self.connections[parts.netloc]
                if attempt == 2:
                    raise


class Proxy(http.server.BaseHTTPRequestHandler):
    """Hands requests on, and writes them down."""

    protocol_version = "HTTP/1.1"
    upstream = Upstream()
    seen = []

    def do_GET(self):
        """`/simple/…` is the index; `/at/HOST/…` is any other host, which the page is made to name."""
        ranged = self.headers.get("Range")
        if self.path.startswith("/at/"):
            url = "https://" + self.path.removeprefix("/at/")
        else:
            url = INDEX + self.path.removeprefix("/simple/")
        headers = {"Accept": self.headers.get("Accept") or "*/*", "Accept-Encoding": "identity"}
        if ranged:
            headers["Range"] = ranged
        status, answer, body = self.upstream.get(url, headers)
        if not ranged:
            body = re.sub(rb"https://([a-z.]+\.pythonhosted\.org/)", rb"/at/\1", body)
        self.seen.append((self.path, ranged, len(body)))
        self.send_response(status)
        for name in ("Content-Type", "Content-Range", "ETag"):
            value = answer.get(name) or answer.get(name.lower())
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 64


def checked(binary, port, cache, *words):
    """Runs `check` and returns its report, its seconds and its peak memory in bytes."""
    index = f"http://127.0.0.1:{port}/simple/"
    command = [binary, "check", "gloo-windows", "--json", "--index-url", index, *words]
    environment = {"TORCH_PATCH_CACHE": str(cache), "PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull}
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - start
    return json.loads(done.stdout), seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def by_count(requests):
    """How many wheels needed how many requests."""
    wheels = {}
    for path, ranged, _ in requests:
        if ranged:
            wheels[path] = wheels.get(path, 0) + 1
    return {count: list(wheels.values()).count(count) for count in sorted(set(wheels.values()))}


def described(counts):
    """`39 wheels 3, 3 wheels 4`."""
    return ", ".join(f"{wheels} wheels {count}" for count, wheels in counts.items())


def bare_loop(port, requests):
    """The seconds that eight threads need for the same requests."""
    local = threading.local()

    def fetch(request):
        path, ranged, _ = request
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        local.connection.request("GET", path, headers={"Range": ranged} if ranged else {})
        return len(local.connection.getresponse().read())

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        # A wheel's requests follow one another, as those of `check` have to.
        wheels = {}
        for request in requests:
            wheels.setdefault(request[0], []).append(request)
        list(pool.map(lambda own: [fetch(request) for request in own], wheels.values()))
    return time.perf_counter() - start


def main():
    """Measures, prints, and fails on a missed budget."""
    binary = os.environ.get("TORCH_PATCH")
    if not binary:
        sys.exit("check.py: set TORCH_PATCH to the release binary")
    server = Server(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    with tempfile.TemporaryDirectory() as folder:
        windows = pathlib.Path(folder, "windows")
        checked(binary, port, pathlib.Path(folder, "warm-up"), "--platform", "win", "--versions", "==2.5.1")
        Proxy.seen.clear()
        report, cold, _ = checked(binary, port, windows, "--platform", "win")
        requests = list(Proxy.seen)
        loop = bare_loop(port, requests)
        cells = len(report["cells"])
        moved = sum(length for _, _, length in requests)
        counts = by_count(requests)
        Proxy.seen.clear()
        _, warm, _ = checked(binary, port, windows, "--platform", "win")
        pages = [path for path, _, _ in Proxy.seen]
        Proxy.seen.clear()
        report, _, peak = checked(binary, port, pathlib.Path(folder, "all"), "--platform", "all")
        everything = sum(length for _, _, length in Proxy.seen)
        all_counts = by_count(Proxy.seen)
        all_cells = len(report["cells"])
    rows = [
        (f"{cells} Windows releases, cold: moved", "≤ 60 MB", f"{moved / MEGABYTE:.1f} MB", moved <= 60 * MEGABYTE),
        ("… requests for one wheel", "≤ 3", described(counts), None if max(counts) > 3 else True),
        ("… time, to a bare loop of 8", "≤ 1.5×", f"{cold / loop:.2f}× ({cold:.1f} s)", None if cold > 1.5 * loop else True),
        ("… warm: time", "≤ 1 s", f"{warm:.2f} s", None if warm > 1 else True),
        ("… warm: moved but the index page", "nothing", f"{len(pages) - 1} requests", len(pages) == 1),
        (f"{all_cells} wheels, cold: moved for one", "≤ 1 MB", f"{everything / all_cells / MEGABYTE:.2f} MB", everything <= all_cells * MEGABYTE),
        ("… requests for one wheel", "≤ 3", described(all_counts), None if max(all_counts) > 3 else True),
        ("… peak memory", "≤ 100 MB", f"{peak / MEGABYTE:.0f} MB", peak <= 100 * MEGABYTE),
    ]  # fmt: skip
    print("| budget | wanted | measured | |\n|---|---:|---:|---|")
    for what, wanted, measured, is_met in rows:
        print(f"| {what} | {wanted} | {measured} | {'met' if is_met else '**missed**'} |")
    if any(is_met is False for *_, is_met in rows):
        sys.exit("check.py: a budget is missed")


if __name__ == "__main__":
    main()
