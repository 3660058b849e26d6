"""Hosts on this machine: network namespaces with an address, a /srv, a home of root and an sshd of their own.

They are reached by ssh as real hosts are, and nothing of them is left at the end. Needs root, `ip`, `unshare` and sshd.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from harness import run

BRIDGE = "tpfleet0"
NETWORK = "10.231.77"
SSHD = """
Port 22
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
StrictModes no
Subsystem sftp internal-sftp
"""


class CannotBeMade(Exception):
    """What is missing for hosts."""


class Hosts:
    """A few hosts, each with a folder that it sees as /srv."""

    def __init__(self, folder, names):
        self.folder = pathlib.Path(folder)
        self.names = list(names)
        self.servers = []

    def __enter__(self):
        if os.geteuid() != 0:
            raise CannotBeMade("not root")
        for tool in ("ip", "unshare", "sshd", "ssh", "ssh-keygen"):
            if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
                raise CannotBeMade(f"no `{tool}`")
        try:
            self.make()
        except AssertionError as error:
            self.remove()
            raise CannotBeMade(str(error).splitlines()[-1]) from error
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def make(self):
        """Makes network, keys and hosts."""
        self.remove()
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "address", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for name in ("key", "host_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name)
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        for number, name in enumerate(self.names):
            self.make_host(number, name)
        for name in self.names:
            self.wait_for(self.address(name))

    def make_host(self, number, name):
        """Makes one host and starts its sshd."""
        own = self.folder / name
        for directory in ("srv", "root"):
            (own / directory).mkdir(parents=True)
        inside, outside = f"tpf{number}i", f"tpf{number}o"
        run("ip", "netns", "add", f"tpf-{name}")
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", f"tpf-{name}")
        run("ip", "link", "set", outside, "master", BRIDGE, "up")
        run("ip", "-n", f"tpf-{name}", "address", "add", f"{self.address(name)}/24", "dev", inside)
        run("ip", "-n", f"tpf-{name}", "link", "set", inside, "up")
        config = self.folder / f"{name}.sshd"
        config.write_text(SSHD.format(address=self.address(name), folder=self.folder))
        # The last host has no Python.
        script = f"mount --bind {own}/srv /srv && mount --bind {own}/root /root"
        if number == len(self.names) - 1:
            script += " && for path in /usr/bin/python3*; do mount --bind /bin/false $(realpath $path); done"
        script += f" && exec $(PATH=$PATH:/usr/sbin command -v sshd) -D -e -f {config}"
        with open(self.folder / f"{name}.log", "wb") as log:
            server = subprocess.Popen(
                [*"ip netns exec".split(), f"tpf-{name}", *"unshare --mount --propagation private sh -c".split(), script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        self.servers.append(server)

    def remove(self):
        """Removes all of it, also what a run before has left."""
        for server in self.servers:
            server.terminate()
            server.wait(10)
        self.servers.clear()
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", f"tpf-{name}"], capture_output=True)
        for link in (BRIDGE, *(f"tpf{number}o" for number in range(len(self.names)))):
            subprocess.run(["ip", "link", "delete", link], capture_output=True)

    def srv(self, name):
        """What a host has at /srv."""
        return self.folder / name / "srv"

    def address(self, name):
        """The address of a host."""
        return f"{NETWORK}.{11 + self.names.index(name)}"

    def wait_for(self, address):
        """Waits until sshd answers."""
        for _ in range(100):
            with socket.socket() as connection:
                connection.settimeout(1)
                if connection.connect_ex((address, 22)) == 0:
                    return
            if any(server.poll() is not None for server in self.servers):
                break
            time.sleep(0.1)
        logs = " ".join(path.read_text()[-300:] for path in self.folder.glob("*.log"))
        raise AssertionError(f"no sshd at {address}: {logs}")

    def inventory(self):
        """The hosts as Ansible takes them, in a group named fleet."""
        options = "-F none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
        lines = [f"{name} ansible_host={self.address(name)}" for name in self.names]
        return "\n".join(
            [
                "[fleet]",
                *lines,
                "[fleet:vars]",
                "ansible_user=root",
                f"ansible_ssh_private_key_file={self.folder}/key",
                f"ansible_ssh_common_args='{options}'",
                "",
            ]
        )
