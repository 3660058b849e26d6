"""Stands in for `torch._C._distributed_c10d` of a build for Windows: it has gloo, and neither NCCL nor MPI nor UCC."""

ABSENT = ("ProcessGroupMPI", "ProcessGroupNCCL", "ProcessGroupUCC")


class Members(type):
    """Has any public member."""

    def __getattr__(cls, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return f"{cls.__name__}.{name}"


class Anything(metaclass=Members):
    """Can be made of anything."""

    def __init__(self, *arguments, **options):
        pass


class ReduceOp(Anything):
    """Its kinds are an enumeration."""

    class RedOpType:
        """Has none."""

        __members__ = {}


def __getattr__(name):
    if name in ABSENT or name.startswith("__"):
        raise AttributeError(name)
    globals()[name] = Members(name, (Anything,), {})
    return globals()[name]
