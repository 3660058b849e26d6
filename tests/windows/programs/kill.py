"""Kills `torch-patch.exe` by TerminateProcess after each of many delays, and has the next run heal what is left.

    kill.py BINARY SITE PATCH WANTED COUNT    COUNT delays, spread over the time that the command takes undisturbed

WANTED is the digest of the patched file. Runs on Windows' Python, on a pristine SITE, and leaves it so; prints one JSON
object: how many runs were killed, which distinct states they left, and what did not heal.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import time

binary, site, patch, wanted, count = sys.argv[1:]
TARGET = "torch/distributed/distributed_c10d.py"
DETACHED_PROCESS = 0x00000008  # a console for each would outlive a killed process under Wine


def command(word):
    """Starts a command."""
    words = [binary, word, patch, "--site-packages", site, "--json"]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, creationflags=DETACHED_PROCESS)


def done(word):
    """Runs a command to its end; returns its exit code and what it printed."""
    process = command(word)
    said, complaint = process.communicate(timeout=60)
    return process.returncode, (said + complaint).decode()


def state():
    """What is in the directory: the names, and what is in each file but those that name a process or a time."""
    found = {}
    for path in sorted(pathlib.Path(site).rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_file() and path.name not in ("lock", "holder"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = None
    return found


def undisturbed():
    """How long each command takes, in seconds; the second of two runs, since the first one may have to load the program."""
    for _ in range(2):
        took = {}
        for word in ("apply", "revert"):
            start = time.monotonic()
            done(word)
            took[word] = time.monotonic() - start
    return took


took = undisturbed()
pristine = state()
states, troubles, killed = {}, [], 0
for word, opposite in (("apply", "revert"), ("revert", "apply")):
    for number in range(int(count)):
        delay = took[word] * number / int(count)
        process = command(word)
        time.sleep(delay)
        ended = process.poll() is not None
        process.kill()
        process.communicate()
        killed += not ended
        left = state()
        states.setdefault(json.dumps([word, left]), delay)
        title = f"{word} killed after {delay * 1000:.1f} ms"
        if left[TARGET] not in (pristine[TARGET], wanted):
            troubles.append(f"{title}: the file is torn: {left[TARGET]}")
        code, said = done(word)
        healed = state()
        expected = wanted if word == "apply" else pristine[TARGET]
        if code != 0 or healed[TARGET] != expected:
            troubles.append(f"{title}: the same again: exit {code}, {healed[TARGET]}: {said}")
        if [name for name in healed if name.endswith(".tmp")]:
            troubles.append(f"{title}: a temporary file stays")
        if word == "revert" and healed != pristine:
            troubles.append(f"{title}: not as before: {sorted(healed.items() ^ pristine.items())}")
        code, said = done(opposite)
        if code != 0:
            troubles.append(f"{title}: {opposite}: exit {code}: {said}")
        if word == "apply" and state() != pristine:
            troubles.append(f"{title}: not as before: {sorted(state().items() ^ pristine.items())}")
    done(opposite)
if state() != pristine:
    done("revert")
print(json.dumps({"killed": killed, "states": len(states), "troubles": troubles}))
