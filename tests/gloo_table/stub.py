"""A stand-in for the rest of torch, as far as `distributed_c10d.py` of any release imports it.

What stands in for the bindings is in `bindings.py`. Everything here is a name that has to be there, or an answer of the
machine: whether there is a GPU, what the environment's store is.
"""

import datetime
import enum
import importlib
import importlib.machinery
import sys
import types
import typing

import bindings
from declarations import all_members

# Names that a release imports from the bindings although its `_distributed_c10d.pyi` does not declare them, which was
# complete from 2.3 on only.
UNDECLARED = {
    "AllgatherOptions",
    "AllreduceCoalescedOptions",
    "ReduceOp",
    "_DistributedBackendOptions",
    "_DistributedDebugLevel",
    "_get_debug_mode",
    "_set_global_rank",
    "_ProcessGroupWrapper",
}
# Methods that the file calls although no declaration has them, or none of an earlier release.
UNDECLARED_MEMBERS = {
    "ProcessGroupNCCL": {"perform_nocolor_split"},
    "ProcessGroupNCCL2": {"perform_nocolor_split", "split"},
    "ProcessGroupNCCLLazy": {"perform_nocolor_split", "split"},
}
# Not in every build: each is there only if the build has it.
NCCL = {"ProcessGroupNCCL", "ProcessGroupNCCL2", "ProcessGroupNCCLLazy", "ProcessGroupCudaP2P"}
MPI = {"ProcessGroupMPI", "ProcessGroupUCC"}
NEVER = {"ProcessGroupXCCL"}
# Before 1.8 the bindings are in `torch.distributed` itself, and nothing declares them.
BEFORE_DECLARATIONS = [
    "AllToAllOptions", "AllreduceCoalescedOptions", "AllreduceOptions", "BroadcastOptions", "GatherOptions",
    "PrefixStore", "ProcessGroupGloo", "ProcessGroupMPI", "ProcessGroupNCCL", "ReduceOp", "ReduceOptions",
    "ReduceScatterOptions", "ScatterOptions",
]  # fmt: skip


class Device:
    """`torch.device`."""

    def __init__(self, kind, index=None):
        kind, _, number = str(kind).partition(":")
        self.type = kind
        self.index = int(number) if number else index

    def __eq__(self, other):
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    __repr__ = __str__


class DebugLevel(enum.Enum):
    """`DebugLevel`, and `_DistributedDebugLevel` of 1.10."""

    OFF = 0
    INFO = 1
    DETAIL = 2


class ReduceOp(bindings.Options):
    """The operations of a reduction."""

    __members__ = {}  # noqa: RUF012: as in an enum of pybind11
    RedOpType = enum.Enum("RedOpType", "SUM PRODUCT MIN MAX")
    SUM, PRODUCT, MIN, MAX = range(4)
    BAND = BOR = BXOR = AVG = PREMUL_SUM = None


class Hook:
    """A hook that watches a group; nothing comes of it."""

    @classmethod
    def attach(cls, group, ranks=None):
        """As the binding."""
        return cls()


MODELS = {
    "DebugLevel": DebugLevel,
    "_DistributedDebugLevel": DebugLevel,
    "get_debug_level": lambda: DebugLevel.OFF,
    "_get_debug_mode": lambda: DebugLevel.OFF,
    "ReduceOp": ReduceOp,
    "FlightRecorderHook": Hook,
    "HealthCheckHook": Hook,
    "NanCheckHook": Hook,
    **{
        name: getattr(bindings, name)
        for name in (
            "Backend", "PrefixStore", "ProcessGroup", "ProcessGroupGloo", "ProcessGroupMPI", "ProcessGroupNCCL",
            "ProcessGroupNCCL2", "ProcessGroupNCCLLazy", "ProcessGroupUCC", "Store", "Work",
        )
    },
}  # fmt: skip


class Build:
    """A release and what a build of it has: NCCL, a GPU to run on, MPI and UCC."""

    def __init__(self, version, nccl, gpu, mpi, declared):
        self.version = tuple(int(part) for part in version.split(".")[:2])
        self.nccl, self.gpu, self.mpi = nccl, gpu, mpi
        self.declared = declared

    def has(self, name):
        """Whether the bindings of this build have a name."""
        if name in NCCL and not self.nccl or name in MPI and not self.mpi or name in NEVER:
            return False
        return name in self.declared or name in UNDECLARED


def module(name, **content):
    """Makes a module that can be imported, as an attribute of its package too."""
    made = types.ModuleType(name)
    made.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    made.__path__ = []
    vars(made).update(content)
    sys.modules[name] = made
    package, _, own = name.rpartition(".")
    if package:
        setattr(sys.modules[package], own, made)
    return made


def placeholder(name):
    """A class of which only the name matters."""
    return type(name, (bindings.Options,), {})


def install(build):
    """Puts the stand-ins for a build into `sys.modules`."""
    torch = module("torch", device=Device)
    for name in ("Tensor", "ByteStorage", "ByteTensor", "LongTensor", "Future", "dtype"):
        setattr(torch, name, placeholder(name))
    for name in (
        "uint8", "int64", "long", "float32", "complex64", "complex128", "cfloat", "float8_e4m3fn", "float8_e4m3fnuz",
        "float8_e5m2", "float8_e5m2fnuz",
    ):  # fmt: skip
        setattr(torch, name, name)
    machine(build)
    module("torch._C", _DistStoreError=type("DistStoreError", (RuntimeError,), {}))
    torch._C._get_accelerator = lambda check=None: Device("cuda" if build.gpu else "cpu")
    helpers()
    distributed(build)


def machine(build):
    """What torch says of the machine; a build with NCCL is one for CUDA, with a GPU or without."""
    gpus = 1 if build.gpu else 0
    module(
        "torch.cuda", is_available=lambda: build.gpu, device_count=lambda: gpus, current_device=lambda: 0,
        set_device=lambda device: None,
    )  # fmt: skip
    module("torch.xpu", is_available=lambda: False)
    module("torch.version", hip=None, cuda="12.8" if build.gpu or build.nccl else None)

    def current_accelerator(check_available=False):
        return Device("cuda") if build.gpu or build.nccl and not check_available else None

    module("torch.accelerator", current_accelerator=current_accelerator, device_count=lambda: gpus)


def helpers():
    """The helpers in Python that the file imports from elsewhere in torch, and from outside."""

    def same(function):
        return function

    module("torch._six", string_classes=(str,))
    module("torch._utils_internal", set_pytorch_distributed_envs_from_justknobs=lambda: None)
    module("torch.serialization", add_safe_globals=lambda classes: None)
    module("torch.monitor", _WaitCounter=placeholder("_WaitCounter"))
    module("torch.overrides", handle_torch_function=None, has_torch_function=lambda arguments: False)
    module("torch.autograd")
    module("torch.autograd.profiler", record_function=Region)
    module("torch.utils")
    module("torch.utils._typing_utils", not_none=same)
    module(
        "typing_extensions", deprecated=lambda *arguments, **named: same, NotRequired=typing.NotRequired,
        TypedDict=typing.TypedDict, TypeIs=typing.TypeGuard,
    )  # fmt: skip


class Region:
    """A region that a profiler would name."""

    def __init__(self, name):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def distributed(build):
    """`torch.distributed` without `distributed_c10d`, and the bindings."""
    package = module("torch.distributed")
    package.is_available = lambda: True
    half_an_hour = datetime.timedelta(minutes=30)
    ten_minutes = datetime.timedelta(minutes=10) if build.nccl else None
    module("torch.distributed.constants", default_pg_timeout=half_an_hour, default_pg_nccl_timeout=ten_minutes)
    module("torch.distributed.config", use_torchcomms=False)
    for name in ("c10d_logger", "c10d_error_logger"):
        same = {each: (lambda function: function) for each in ("_exception_logger", "_time_logger")}
        module(f"torch.distributed.{name}", _get_or_create_logger=lambda: None, **same)

    def rendezvous(*arguments, **named):
        yield bindings.Store(), 0, 2

    module("torch.distributed.rendezvous", rendezvous=rendezvous, register_rendezvous_handler=lambda *arguments: None)
    if build.declared:
        fill(module("torch._C._distributed_c10d"), build)
    else:
        for name in BEFORE_DECLARATIONS:
            if not (name in NCCL and not build.nccl or name in MPI and not build.mpi):
                setattr(package, name, MODELS.get(name) or placeholder(name))


def fill(target, build):
    """Puts what the bindings of a build have into their module."""
    # `Backend::supportsSplitting` has been overridden by gloo since 2.9: the symbol
    # `_ZNK4c10d16ProcessGroupGloo17supportsSplittingEv` is in libtorch_cpu of 2.9.0 and not in that of 2.8.0.
    bindings.ProcessGroupGloo.supports_splitting = build.version >= (2, 9)
    for name in {*build.declared, *UNDECLARED}:
        if build.has(name):
            setattr(target, name, MODELS.get(name) or (placeholder(name) if is_class(name, build) else nothing))
    if build.version < (2, 0):
        target.ProcessGroup = bindings.Backend
        return
    if build.version >= (2, 3):
        for name in ("Backend", "ProcessGroup", "ProcessGroupGloo", *UNDECLARED_MEMBERS):
            restrict(MODELS[name], all_members(name, build.declared) | UNDECLARED_MEMBERS.get(name, set()))


def is_class(name, build):
    """Whether a name is that of a class."""
    return build.declared.get(name) is not None or name not in build.declared and name.endswith("Options")


def nothing(*arguments, **named):
    """A function of the bindings of which nothing depends."""


def restrict(model, known):
    """Takes from a class what the release does not declare."""
    for name in list(vars(model)):
        if not name.startswith("__") and name not in known and name != "kind":
            delattr(model, name)


def entry_points(names):
    """Has `importlib.metadata` find what wheels declare from 2.14 on.

    Their entry points are one `NAME = …:_register_builtin_NAME_backend` for each such function of the file, as the
    `entry_points.txt` of 2.14.0 and 2.15.0 say, the same for Linux, Windows and macOS.
    """
    builtin = [name for name in names if name.startswith("_register_builtin_") and name.endswith("_backend")]
    if not builtin:
        return
    metadata = importlib.import_module("importlib.metadata")
    found = []
    for function in builtin:
        name = function[len("_register_builtin_") : -len("_backend")].replace("_", "-")
        value = f"torch.distributed.distributed_c10d:{function}"
        found.append(metadata.EntryPoint(name, value, "torch.distributed.backends"))
    metadata.entry_points = lambda group: [point for point in found if point.group == group]
