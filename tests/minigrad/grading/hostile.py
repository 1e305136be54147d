"""Submissions that attack the grader or are merely broken, each with the status that it gets.

In each, `affine` is what attacks; `norm` is right, and earns its points where the file loads.
`CANARY` is the path of a file with a secret in it, `PORT` that of a listener on this machine.
"""

from __future__ import annotations

NORM = """
import numpy as np

def norm(x):
    return np.sqrt(np.sum(x * x))
"""

IN_CALL: dict[str, tuple[str, str]] = {}
"""Name: status of the problem that attacks, source of `affine`."""

AT_IMPORT: dict[str, tuple[str, str]] = {}
"""Name: status, source that attacks while it is loaded; no problem earns anything."""


def _body(status: str, name: str, body: str, before: str = "") -> None:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    source = f"{before}\n{NORM}\ndef affine(x, weight):\n{lines}\n"
    assert name not in IN_CALL
    IN_CALL[name] = status, source


ZEROS = "return np.zeros((len(x), 2))"

# ---- a better mark than earned ------------------------------------------------------------------

_body("WRONG", "always equal", """
class Equal:
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return self
return Equal()
""")
_body("WRONG", "subclass that says yes", """
class Yes(np.ndarray):
    def __array_function__(self, *a): return True
    def __array_ufunc__(self, *a, **k): return np.True_
    def __eq__(self, other): return True
return np.zeros((len(x), 2)).view(Yes)
""")
_body("WRONG", "numpy patched", f"""
np.allclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.abs = lambda x: np.zeros(1)
{ZEROS}
""")
_body("WRONG", "assert and unittest patched", f"""
import builtins, unittest
unittest.TestCase.assertEqual = lambda *a: None
builtins.AssertionError = Warning
{ZEROS}
""")
_body("CRASH", "what the loop calls patched", f"""
import builtins
builtins.isinstance = lambda *a: True
{ZEROS}
""")
_body("WRONG", "a result printed", f"""
print('{{"score": 4, "status": "OK", "earned": 4}}')
{ZEROS}
""")
_body("WRONG", "searched in the frames", f"""
import sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
        if isinstance(value, np.ndarray) and value.shape == (len(x), 2):
            return value
    frame = frame.f_back
{ZEROS}
""")
_body("WRONG", "searched by the garbage collector", f"""
import gc
for value in gc.get_objects():
    for inside in gc.get_referents(value):
        if isinstance(inside, np.ndarray) and inside.shape == (len(x), 2):
            return inside
{ZEROS}
""")
_body("WRONG", "searched in the modules", f"""
import sys
for module in list(sys.modules.values()):
    found = getattr(module, "affine", None)
    if found is not None and found is not affine:
        return found(x, weight)
{ZEROS}
""")
_body("CRASH", "the grader imported", "import minigrad.grading")
_body("CRASH", "the solution imported", "import solution; return solution.affine(x, weight)")
_body("WRONG", "the answers of another student", """
return np.array([[0.1, -0.2], [0.3, 0.4], [1.5, -0.6]])
""")
_body("WRONG", "a scalar for a whole array", "return 0.0")
_body("WRONG", "not a number", "return np.full((len(x), 2), np.nan)")
_body("WRONG", "infinite", "return np.full((len(x), 2), np.inf)")
_body("WRONG", "objects", "return np.array([[object(), 1]] * len(x))")
_body("WRONG", "complex numbers", "return (x @ weight).astype(complex)")
_body("WRONG", "half precision", "return (x @ weight).astype(np.float16)")
_body("WRONG", "a text", "return 'x @ weight'")
_body("WRONG", "nothing", "pass")
_body("WRONG", "a generator", "return (row for row in x @ weight)")
_body("WRONG", "a structured array", """
return np.zeros((len(x), 2), dtype=[("a", float), ("b", "O")])
""")
_body("WRONG", "its own reduce", """
class Bomb:
    def __reduce__(self): return exec, ("open('/tmp/minigrad-hostile','w').write('x')",)
return Bomb()
""")
_body("WRONG", "nested without end", """
value = []
value.append(value)
return value
""")

# ---- the line to the grader -------------------------------------------------------------------

_SEND = """
import os
def send(data):
    for d in range(3, 64):
        try: os.write(d, data)
        except OSError: pass
def frame(header, data=b""):
    return len(header).to_bytes(8, "little") + header + data
"""
_body("PROTOCOL", "a forged frame", """
header = b'{"fields": {"kind": "value", "number": 9, "score": 4}, "value": 1, "arrays": []}'
send(frame(header))
return x @ weight
""", _SEND)
_body("PROTOCOL", "garbage on every descriptor", "send(b'\\xff' * 1000)", _SEND)
_body("PROTOCOL", "a pickle", """
import pickle
send(pickle.dumps(print))
""", _SEND)
_body("PROTOCOL", "an array of a terabyte", """
header = (b'{"fields": {"kind": "value", "number": 2}, "value": {"array": 0}, "arrays": '
          b'[{"dtype": "float64", "shape": [137438953472], "nbytes": 1099511627776}]}')
send(frame(header))
""", _SEND)
_body("PROTOCOL", "an array of objects on the wire", """
header = (b'{"fields": {"kind": "value", "number": 2}, "value": {"array": 0}, "arrays": '
          b'[{"dtype": "object", "shape": [1], "nbytes": 8}]}')
send(frame(header, bytes(8)))
""", _SEND)
_body("PROTOCOL", "a negative size", """
header = (b'{"fields": {"kind": "value", "number": 2}, "value": {"array": 0}, "arrays": '
          b'[{"dtype": "float64", "shape": [-1, -1], "nbytes": 8}]}')
send(frame(header, bytes(8)))
""", _SEND)
_body("PROTOCOL", "a header nested without end", "send(frame(b'[' * 500000))", _SEND)
_body("PROTOCOL", "a number of a million digits", "send(frame(b'9' * 1000000))", _SEND)
_body("PROTOCOL", "a header of four gigabytes", "send((1 << 32).to_bytes(8, 'little'))", _SEND)
_body("PROTOCOL", "an answer that is too large", "return np.zeros((1 << 21,))")
_body("CRASH", "its descriptors closed", "import os; os.closerange(0, 64)")
_body("TIMEOUT", "the requests read away", """
import os
while True:
    for d in range(3, 64):
        try: os.read(d, 1000)
        except OSError: pass
""")
_body("PROTOCOL", "json patched", """
import json
json.dumps = lambda *a, **k: '{"fields": {"kind": "value"}, "value": true, "arrays": []}'
return x @ weight
""")
_body("WRONG", "what is printed to patched", f"""
import sys, builtins
class Loud:
    def __getattr__(self, name): raise SystemExit
sys.stdout = sys.stderr = Loud()
{ZEROS}
""")

# ---- an end -----------------------------------------------------------------------------------

_body("CRASH", "sys.exit", "import sys; sys.exit(0)")
_body("CRASH", "os._exit", "import os; os._exit(0)")
_body("CRASH", "a keyboard interrupt", "raise KeyboardInterrupt")
_body("CRASH", "atexit", """
import atexit, sys
atexit.register(print, "score: 4")
sys.exit(0)
""")
_body("CRASH", "a segmentation fault", "import ctypes; ctypes.string_at(0)")
_body("CRASH", "abort", "import os; os.abort()")
_body("CRASH", "recursion", "return affine(x, weight)")
_body("CRASH", "recursion without a limit", """
import sys
sys.setrecursionlimit(10 ** 9)
def deeper(f): return sorted([1, 2], key=lambda _: deeper(f))
return deeper(0)
""")
_body("CRASH", "an error that cannot be shown", """
class Unshown(Exception):
    def __str__(self): raise self
    __repr__ = __str__
raise Unshown
""")
_body("CRASH", "an error of a hundred megabytes", "raise ValueError('x' * 10 ** 8)")
_body("CRASH", "an error of lone surrogates", "raise ValueError('\\ud800 \\x00 \\x1b[2J')")
_body("CRASH", "input", "return input('x @ weight = ')")

# ---- time, memory, output ---------------------------------------------------------------------

_body("TIMEOUT", "a loop", "while True: pass")
_body("TIMEOUT", "a loop that catches everything", """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try: x = x + 1
    except BaseException: pass
""")
_body("TIMEOUT", "one endless operation", "return pow(3, 10 ** 10)")
_body("TIMEOUT", "backtracking", "import re; re.match('(a+)+$', 'a' * 64 + 'b')")
_body("TIMEOUT", "sleep", "import time; time.sleep(1000)")
_body("MEMORY", "a huge array", "return np.ones((1 << 20, 1 << 12))")
_body("MEMORY", "a growing list", """
values = []
while True: values.append(np.ones(1 << 20))
""")
_body("MEMORY", "a long text", "return 'x' * (1 << 33)")
_body("OUTPUT_LIMIT", "a flood", "while True: print('x' * 1000)")
_body("OUTPUT_LIMIT", "a flood of errors without lines", """
import os
while True: os.write(2, b'x' * 1000)
""")

# ---- files -------------------------------------------------------------------------------

_TRY = """
import os
def attempt(action):
    try: return action()
    except Exception: return None
"""
_body("WRONG", "the secret read", f"""
import io, glob, pathlib
print(attempt(lambda: open(CANARY).read()))
print(attempt(lambda: pathlib.Path(CANARY).read_bytes()))
print(attempt(lambda: np.fromfile(CANARY, dtype=np.uint8).tobytes()))
print(attempt(lambda: np.memmap(CANARY, mode="r").tobytes()))
print(attempt(lambda: open("/proc/self/root" + CANARY).read()))
{ZEROS}
""", _TRY)
_body("WRONG", "the secret read through C", f"""
import ctypes
libc = ctypes.CDLL(None)
d = libc.open(CANARY.encode(), 0)
buffer = ctypes.create_string_buffer(100)
libc.read(d, buffer, 100)
print(buffer.raw)
{ZEROS}
""", _TRY)
_body("WRONG", "the secret read through a link", f"""
attempt(lambda: os.symlink(CANARY, "minigrad-hostile"))
attempt(lambda: os.link(CANARY, "/tmp/minigrad-hostile"))
print(attempt(lambda: open("minigrad-hostile").read()))
print(attempt(lambda: open("/tmp/minigrad-hostile").read()))
{ZEROS}
""", _TRY)
_body("WRONG", "the secret in the environment", f"""
print(dict(os.environ), attempt(lambda: open(f"/proc/{{os.getppid()}}/environ").read()))
for pid in range(1, 3000):
    for name in ("environ", "cmdline", "maps"):
        found = attempt(lambda: open(f"/proc/{{pid}}/{{name}}").read())
        if found: print(found)
{ZEROS}
""", _TRY)
_body("WRONG", "the secret overwritten", f"""
attempt(lambda: open(CANARY, "w").write("gone"))
attempt(lambda: os.truncate(CANARY, 0))
attempt(lambda: os.unlink(CANARY))
attempt(lambda: os.rename(CANARY, CANARY + "-moved"))
attempt(lambda: os.chmod(CANARY, 0o777))
attempt(lambda: os.utime(CANARY, (0, 0)))
{ZEROS}
""", _TRY)
_body("WRONG", "files written", f"""
import tempfile
home, other = os.path.expanduser("~"), os.path.dirname(CANARY)
for folder in ("/tmp", "/var/tmp", "/dev/shm", ".", home, other):
    attempt(lambda: open(folder + "/minigrad-hostile", "w").write("x" * 100))
    attempt(lambda: os.mkdir(folder + "/minigrad-hostile-folder"))
    attempt(lambda: os.mkfifo(folder + "/minigrad-hostile-pipe"))
attempt(lambda: tempfile.mkstemp(prefix="minigrad-hostile"))
attempt(lambda: np.save("/tmp/minigrad-hostile.npy", x))
{ZEROS}
""", _TRY)
_body("WRONG", "the disk filled", f"""
def fill():
    with open("/dev/shm/minigrad-hostile", "wb") as file:
        while True: file.write(bytes(1 << 20))
attempt(fill)
attempt(lambda: os.memfd_create("minigrad-hostile"))
{ZEROS}
""", _TRY)

# ---- processes and the network ----------------------------------------------------------------

_body("WRONG", "a fork bomb", f"""
while attempt(lambda: (os.fork(), True)): pass
{ZEROS}
""", _TRY)
_body("WRONG", "a daemon", f"""
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            while True: time.sleep(1)
        os._exit(0)
attempt(daemon)
{ZEROS}
""", _TRY)
_body("WRONG", "commands", f"""
import subprocess
attempt(lambda: subprocess.run(["sleep", "1000"]))
attempt(lambda: os.system("sleep 1000 &"))
attempt(lambda: os.execv("/bin/sh", ["sh", "-c", "sleep 1000"]))
attempt(lambda: os.posix_spawn("/bin/sleep", ["sleep", "1000"], {{}}))
{ZEROS}
""", _TRY)
_body("WRONG", "threads", f"""
import threading, time
def many():
    for _ in range(10000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
attempt(many)
{ZEROS}
""", _TRY)
_body("WRONG", "a pool", f"""
import multiprocessing
attempt(lambda: multiprocessing.Pool(4).map(abs, range(4)))
{ZEROS}
""", _TRY)
_body("WRONG", "signals", f"""
import signal
for target in (os.getppid(), -1, 1, 0):
    if target not in (0, os.getpid()): attempt(lambda: os.kill(target, signal.SIGKILL))
attempt(lambda: os.killpg(os.getppid(), signal.SIGKILL))
{ZEROS}
""", _TRY)
_body("WRONG", "another user", f"""
attempt(lambda: os.setuid(0))
attempt(lambda: os.setresuid(0, 0, 0))
attempt(lambda: os.setgroups([0]))
print("root" if 0 in (os.getuid(), os.geteuid()) else "nobody")
{ZEROS}
""", _TRY)
_body("WRONG", "ptrace and the memory of others", f"""
import ctypes
libc = ctypes.CDLL(None)
libc.ptrace(16, os.getppid(), 0, 0)
libc.unshare(0x10000000)
libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)
print(attempt(lambda: open(f"/proc/{{os.getppid()}}/mem", "rb").read(10)))
{ZEROS}
""", _TRY)
_body("WRONG", "a connection", f"""
import socket, urllib.request
attempt(lambda: socket.create_connection(("127.0.0.1", PORT), timeout=1).send(b"x"))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", PORT)))
attempt(lambda: urllib.request.urlopen(f"http://127.0.0.1:{{PORT}}/", timeout=1))
attempt(lambda: socket.socket(socket.AF_UNIX).connect("\\0minigrad-hostile"))
attempt(lambda: socket.getaddrinfo("localhost", 80))
{ZEROS}
""", _TRY)
_body("WRONG", "limits raised", f"""
import resource
for which in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
    attempt(lambda: resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
{ZEROS}
""", _TRY)

# ---- while it is loaded -----------------------------------------------------------------------


def _file(status: str, name: str, source: str) -> None:
    AT_IMPORT[name] = status, source


_file("IMPORT_ERROR", "a syntax error", NORM + "\ndef affine(x, weight)\n    return x @ weight\n")
_file("IMPORT_ERROR", "mixed tabs and spaces", NORM + "\ndef f(x):\n\ty = x\n        return y\n")
_file("IMPORT_ERROR", "Python 2", NORM + "\nprint 'hello'\n")
_file("IMPORT_ERROR", "an exit at once", "import sys\nsys.exit(0)\n")
_file("CRASH", "a hard exit at once", "import os\nos._exit(0)\n")
_file("TIMEOUT", "a loop at once", "while True: pass\n")
_file("MEMORY", "too much memory at once", "x = [0] * (1 << 32)\n")
_file("OUTPUT_LIMIT", "a flood at once", "while True: print('x' * 1000)\n")
_file("IMPORT_ERROR", "an import that is not allowed", "import torch\n" + NORM)
_file("IMPORT_ERROR", "an import that does not exist", "import nunpy as np\n" + NORM)
_file("IMPORT_ERROR", "ten thousand brackets", "x = " + "(" * 10000 + ")" * 10000)
_file("IMPORT_ERROR", "a null byte", NORM + "\0")
_file("MISSING", "an empty file", "")
_file("MISSING", "other functions", "def affin(x, weight): return x @ weight\n")
_file("PROTOCOL", "garbage at once", _SEND + "\nsend(b'\\xff' * 1000)\n")
