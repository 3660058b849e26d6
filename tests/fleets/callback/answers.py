"""Writes what a module has answered, one JSON line for each host, to the file that `TORCH_PATCH_ANSWERS` names.

Ansible's own callbacks leave out `diff` and `failed`, which are what is to be looked at.
"""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: answers
type: aggregate
short_description: Answers of modules as JSON lines
description: [For the tests of torch-patch.]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "answers"

    def v2_runner_on_ok(self, result):
        self.write(result, failed=False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.write(result, failed=True)

    def v2_runner_on_unreachable(self, result):
        self.write(result, failed=True)

    def write(self, result, failed):
        line = {"host": result._host.get_name(), "answer": {**result._result, "failed": failed}}
        with open(os.environ["TORCH_PATCH_ANSWERS"], "a") as file:
            file.write(json.dumps(line, default=str) + "\n")
