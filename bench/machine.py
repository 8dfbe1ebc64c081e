"""What a measurement was made on."""
import glob
import os
import platform
import re
import subprocess
import time


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip().split("\n")[0]
    except (OSError, subprocess.TimeoutExpired):
        return ""


def read(path):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return ""


def caches():
    found = []
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        level, kind, size = (read(os.path.join(folder, name)) for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return ", ".join(found)


def cpu():
    text = read("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", text)
    flags = re.search(r"flags\s*: (.*)", text)
    wanted = re.compile(r"sse4_2|avx.*|fma|f16c|amx.*")
    return {"model": model.group(1) if model else platform.machine(),
            "flags": sorted(f for f in (flags.group(1).split() if flags else []) if wanted.fullmatch(f))}


def packages():
    names = ["libdnnl2", "libfann2", "libopenblas0-openmp", "python3-numpy", "python3-pandas", "python3-sklearn",
             "python3-torch"]
    found = {}
    for name in names:
        version = first_line("dpkg-query", "-W", "-f=${Version}", name)
        if version:
            found[name] = version
    return found


def describe():
    memory = re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))
    return {**cpu(), "cores": len(os.sched_getaffinity(0)), "caches": caches(),
            "memory_gb": round(int(memory.group(1)) / 1e6, 1) if memory else None,
            "system": f"{platform.system()} {platform.release()}", "compiler": first_line("cc", "--version"),
            "packages": packages()}


def moment():
    """When, and how busy the machine was."""
    return {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "load": round(os.getloadavg()[0], 2),
            "commit": first_line("git", "rev-parse", "--short", "HEAD")}


def slug():
    """A name for the files of results: one machine, one file."""
    words = re.sub(r"\((R|TM)\)|CPU|Processor|@.*", " ", cpu()["model"], flags=re.I)
    return re.sub(r"[^a-z0-9]+", "-", f"{words} {len(os.sched_getaffinity(0))} cores".lower()).strip("-")
