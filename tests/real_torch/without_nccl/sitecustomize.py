"""Makes a CUDA build of torch for Linux one without NCCL, as the Windows builds are: put this folder on PYTHONPATH.

The names below are what `torch._C._distributed_c10d` of the Linux wheels of 1.13.1, 2.0.1, 2.5.1 and 2.15.0 has because
of NCCL and `torch_python.dll` of the Windows wheels of the same releases has not. They are gone before any line of
`torch.distributed` runs that could import one. Nothing else is changed, and no file is.
"""

import importlib.abc
import sys

OF_NCCL = (
    "NCCLXStub",
    "ProcessGroupNCCL",
    "ProcessGroupNCCL2",
    "ProcessGroupNCCLLazy",
    "_DEFAULT_PG_NCCL_TIMEOUT",
    "_IntraNodeComm",
    "_dump_nccl_trace",
    "_dump_nccl_trace_json",
    "_get_intra_node_comm_usage_counter",
    "_hash_tensors",
    "_is_nvshmem_available",
    "_nvshmemx_cumodule_init",
    "_register_external_nccl_comm",
    "_reset_fr_recording_nccl",
    "_unregister_external_nccl_comm",
)


class Watch(importlib.abc.MetaPathFinder):
    """Waits for the import of `torch.distributed`, whose first act is to ask `torch._C` for the bindings."""

    def find_spec(self, name, path=None, target=None):
        if name == "torch.distributed":
            sys.meta_path.remove(self)
            bindings = sys.modules["torch._C"]
            whole = bindings._c10d_init

            def without_nccl():
                done = whole()
                made = sys.modules["torch._C._distributed_c10d"]
                for each in OF_NCCL:
                    if hasattr(made, each):
                        delattr(made, each)
                return done

            bindings._c10d_init = without_nccl


sys.meta_path.insert(0, Watch())
