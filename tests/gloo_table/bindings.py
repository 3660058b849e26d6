"""A stand-in for `torch._C._distributed_c10d`: what the C++ of torch offers to `distributed_c10d.py`, without doing it.

No torch is installed and none is copied. What a release offers is what its own `_distributed_c10d.pyi` declares, so far
as it has one that is complete; how a class behaves is modelled here, as far as the requests of `table.md` can tell:
what is constructed with what is written into `LOG`, and what the real binding refuses is refused.
"""

import enum

LOG = []


def log(event):
    """Writes down what the file under test had the bindings do."""
    LOG.append(event)


class Store:
    """A store in which every other rank has always arrived."""

    def __init__(self, name="store"):
        self.name = name
        self.counts = {}

    def set_timeout(self, timeout):
        """As the binding; the store never waits."""

    def add(self, key, amount):
        """Adds for both ranks of the group."""
        self.counts[key] = self.counts.get(key, 0) + 2 * amount
        return self.counts[key]

    def set(self, key, value):
        """As the binding."""

    def wait(self, keys, timeout=None):
        """As the binding; all keys are there."""


class PrefixStore(Store):
    """A store whose keys begin with a prefix."""

    def __init__(self, prefix, store):
        super().__init__(f"{store.name if store else None}/{prefix.rstrip('/')}")


class Work:
    """A collective that is done."""

    def wait(self, timeout=None):
        """As the binding."""
        return True


class BackendType(enum.Enum):
    """`ProcessGroup.BackendType`."""

    UNDEFINED = 0
    GLOO = 1
    NCCL = 2
    XCCL = 3
    UCC = 4
    MPI = 5
    CUSTOM = 6


class Options:
    """Options of any kind: what is set on them is kept."""

    def __init__(self, *arguments, **named):
        vars(self).update(named)

    def __repr__(self):
        return "options(" + ", ".join(f"{name}={shown(value)}" for name, value in sorted(vars(self).items())) + ")"


class Backend:
    """What carries out collectives on one kind of device; before torch 2.0 this is the process group itself."""

    kind = "?"
    # `Backend::supportsSplitting` in torch/csrc/distributed/c10d/Backend.hpp
    supports_splitting = False
    Options = Options

    def __init__(self, store, rank, size, *arguments, **named):
        self._store, self._rank, self._size = store, rank, size
        self.options = Options()
        self.bound_device_id = None
        rest = [shown(value) for value in arguments] + [f"{name}={shown(value)}" for name, value in named.items()]
        log(f"{type(self).__name__}({', '.join([shown(store), str(rank), str(size), *rest])})")

    def rank(self):
        """As the binding."""
        return self._rank

    def size(self):
        """As the binding."""
        return self._size

    def _set_sequence_number_for_group(self):
        log(f"{type(self).__name__}._set_sequence_number_for_group()")

    def eager_connect_single_device(self, device):
        """As the binding; a no-op for all but NCCL."""
        log(f"{type(self).__name__}.eager_connect_single_device({device})")

    def barrier(self, opts=None):
        """As the binding."""
        log(f"{type(self).__name__}.barrier({shown(opts)})")
        return Work()


class ProcessGroup:
    """A process group since torch 2.0: a backend for each kind of device."""

    BackendType = BackendType
    Options = Options

    def __init__(self, store, rank, size, options=None):
        self._store, self._rank, self._size = store, rank, size
        self._name = getattr(options, "backend", "")
        self._default = getattr(BackendType, self._name.upper(), BackendType.CUSTOM)
        self._by_device, self._by_type = {}, {}
        self._bound = None
        log(f"ProcessGroup({shown(store)}, {rank}, {size}, {shown(options)})")

    rank = Backend.rank
    size = Backend.size

    def _set_default_backend(self, backend_type):
        log(f"_set_default_backend({shown(backend_type)})")
        self._default = backend_type

    def _register_backend(self, device, backend_type, backend):
        """`ProcessGroup::setBackend`: the second backend of a type has to be bound to the device of the first."""
        log(f"_register_backend({device}, {shown(backend_type)}, {type(backend).__name__})")
        known = self._by_type.get(backend_type)
        if known is None:
            self._by_type[backend_type] = known = backend
            backend.bound_device_id = self._bound
        elif known.bound_device_id != backend.bound_device_id:
            raise RuntimeError("Expected existingBackend->getBoundDeviceId() == (*backend)->getBoundDeviceId()")
        self._by_device[device.type] = known

    def _get_backend(self, device):
        if device.type not in self._by_device:
            raise RuntimeError(f"No backend type associated with device type {device.type}")
        return self._by_device[device.type]

    get_backend = _get_backend

    @property
    def _device_types(self):
        from torch import device

        return [device(kind) for kind in self._by_device]

    @property
    def bound_device_id(self):
        """As the binding."""
        return self._bound

    @bound_device_id.setter
    def bound_device_id(self, device):
        if device is not None and device.index is None:
            raise RuntimeError("setBoundDeviceId must have an index")
        log(f"bound_device_id = {device}")
        self._bound = device

    def _get_backend_name(self):
        return self._name

    def _set_group_name(self, name):
        self.group_name = name

    def _set_group_desc(self, name):
        self.group_desc = name

    def _set_sequence_number_for_group(self):
        log("ProcessGroup._set_sequence_number_for_group()")

    def barrier(self, opts=None):
        """`ProcessGroup::barrier`: a tensor on the device that is named, else on that of the default backend."""
        import torch

        device = getattr(opts, "device", None)
        if device is None:
            device = torch.device("cuda" if self._default is BackendType.NCCL else "cpu")
        if device.type == "cuda" and not torch.cuda.is_available():
            raise RuntimeError("no CUDA device for the tensor of a barrier")  # however the build words it
        log(f"{type(self._get_backend(device)).__name__}.barrier({shown(opts)})")
        return Work()


class ProcessGroupGloo(Backend):
    """Gloo, which takes ranks as they are counted, from 0 (`Context::Context` in gloo/context.cc)."""

    kind = "gloo"

    def __init__(self, store, rank, size, **named):
        if rank is None or rank < 0:
            raise RuntimeError(f"[enforce fail at context.cc] rank >= 0. {rank} vs 0")
        super().__init__(store, rank, size, **named)


class OnGpu(Backend):
    """What the backends of NCCL have in common: they are not there without a GPU, and split."""

    supports_splitting = True

    def __init__(self, store, rank, size, *arguments, **named):
        import torch

        if not torch.cuda.is_available():
            raise RuntimeError(f"{type(self).__name__} is only supported with GPUs, no GPUs found!")
        super().__init__(store, rank, size, *arguments, **named)


class ProcessGroupNCCL(OnGpu):
    """NCCL."""

    kind = "nccl"
    Options = Options

    def perform_nocolor_split(self, device):
        """As the binding, which only NCCL has."""
        log(f"{type(self).__name__}.perform_nocolor_split({device})")


class ProcessGroupNCCL2(OnGpu):
    """What `nccl` means by default since torch 2.15."""

    kind = "nccl2"
    perform_nocolor_split = ProcessGroupNCCL.perform_nocolor_split

    def split(self, store, ranks, options):
        """As the binding."""
        log(f"{type(self).__name__}.split({shown(store)}, {ranks}, {options})")
        return type(self)(store, ranks.index(self.rank()), len(ranks), options)


class ProcessGroupNCCLLazy(OnGpu):
    """`nccl-lazy`."""

    kind = "nccl-lazy"
    perform_nocolor_split = ProcessGroupNCCL.perform_nocolor_split
    split = ProcessGroupNCCL2.split


class ProcessGroupUCC(Backend):
    """UCC."""

    kind = "ucc"


class ProcessGroupMPI(Backend):
    """MPI, which knows itself who is who."""

    kind = "mpi"

    def __init__(self, ranks):
        super().__init__(None, 0, 2, ranks)

    @classmethod
    def create(cls, ranks):
        """As the binding: nothing on a process that is not among the ranks."""
        return cls(ranks) if not ranks or 0 in ranks else None

    def group_ranks(self):
        """As the binding of torch 1.0."""
        return {0: 0, 1: 1}


class Plugin(Backend):
    """A backend that somebody registers by `Backend.register_backend`."""

    kind = "mine"


def shown(value):
    """A value as it stands in the log."""
    if isinstance(value, Store):
        return value.name
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Backend):
        return type(value).__name__
    if type(value).__name__ == "timedelta":
        return f"{value.total_seconds():g}s"
    return str(value)
