"""Holds a file open, as a program on Windows may: FILE SHARE SECONDS.

SHARE is `dwShareMode` of CreateFileW: 0 lets nobody else open it, 1 lets others read, 4 would let them replace it.
It ends earlier if its standard input does. Runs on Windows' Python.
"""

import ctypes
import os
import sys
import threading
import time
from ctypes import wintypes

GENERIC_READ, OPEN_EXISTING = 0x80000000, 3
INVALID = wintypes.HANDLE(-1).value

create_file = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
create_file.restype = wintypes.HANDLE
create_file.argtypes = [
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
]  # fmt: skip

handle = create_file(sys.argv[1], GENERIC_READ, int(sys.argv[2]), None, OPEN_EXISTING, 0, None)
if handle == INVALID:
    sys.exit(f"CreateFileW failed with {ctypes.get_last_error()}")
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print("held", flush=True)
time.sleep(float(sys.argv[3]))
