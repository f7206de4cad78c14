"""Which isolation this machine allows, found by doing it once in a scratch folder."""

import contextlib
import errno
import os
import shutil
import tempfile
from typing import Any

from undeterred.supervisor import isolate, kernel

_REFUSED = {
    errno.ENOSPC: "no user namespaces are allowed here (user.max_user_namespaces)",
    errno.EPERM: "user namespaces are refused here",
}
_MEND = {
    "B": "run as root for namespaces without a user namespace",
    "D": "allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, AppArmor's userns rule) or run as root",
}


def probe() -> dict[str, Any]:
    """`{"mode": "A"|"B"|"D", "reason": why this one, "mend": how to get a better one or ""}`."""
    failures = []
    for mode in ("A", "B"):
        if mode == "A" and os.geteuid() != 0:
            failures.append("A: not root")
            continue
        problem = _try(mode)
        if problem is None:
            return {"mode": mode, "reason": "; ".join(failures) or "root may make namespaces", "mend": "" if mode == "A" else _MEND["B"]}
        failures.append(f"{mode}: {problem}")
    return {"mode": "D", "reason": "; ".join(failures), "mend": _MEND["D"]}


def _try(mode: str) -> str | None:
    """Enter the mode in a child process; None when it works, else what failed."""
    scratch = tempfile.mkdtemp(prefix="undeterred-probe-")
    for name in ("run", "tmp", "vartmp"):
        os.mkdir(os.path.join(scratch, name))
    read, write = os.pipe2(os.O_CLOEXEC)
    uid, gid = os.geteuid(), os.getegid()
    try:
        pid = kernel.clone(isolate.FLAGS[mode])
        if pid == 0:
            problem = "+"
            try:
                if mode == "B":
                    isolate.map_user(uid, gid)
                isolate.enter({"isolation": mode}, scratch)
            except BaseException as error:
                problem = str(error) or repr(error)
            with contextlib.suppress(OSError):
                os.write(write, problem.encode()[:4096])
            os._exit(0)
        os.close(write)
        text = os.read(read, 4096).decode("utf-8", "replace")
        os.waitpid(pid, 0)
        return None if text == "+" else text or "the first process ended at once"
    except OSError as error:
        return _REFUSED.get(error.errno or 0) or str(error)
    finally:
        os.close(read)
        shutil.rmtree(scratch, ignore_errors=True)
