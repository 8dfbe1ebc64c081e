"""Contestants are processes that stay alive; they are asked in turn, round after round, so that all see the same
machine. The conversation is in workload.h."""
import json
import os
import select
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
# The default build of OpenBLAS has threads of its own, which on two cores fight with those of OpenMP.
OPENMP_BLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp"
LUGE = "luge"
PATIENCE = 60  # seconds that an answer may take


def environment(threads):
    e = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    if os.path.isdir(OPENMP_BLAS):
        e["LD_LIBRARY_PATH"] = ":".join(filter(None, [OPENMP_BLAS, e.get("LD_LIBRARY_PATH")]))
    return e


def ask_once(command, threads=1):
    """The JSON that a program prints, or None where it is not there or fails."""
    try:
        done = subprocess.run(command, env=environment(threads), capture_output=True, text=True, timeout=600)
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


class Contestant:
    def __init__(self, name, command, threads):
        self.name, self.seconds, self.latency, self.losses = name, [], [], []
        self.peak_bytes, self.failed, self.about = None, None, ""
        try:
            self.process = subprocess.Popen(command, env=environment(threads), text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except OSError as e:
            self.process, self.failed = None, str(e)
            return
        self.about = self.read().get("about", "")

    def read(self):
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.failed = f"did not answer for {PATIENCE} s"
            self.process.kill()
            return {}
        try:
            return json.loads(self.process.stdout.readline())
        except ValueError:
            self.failed = self.failed or "stopped working"
            return {}

    def ask(self, text):
        if self.failed:
            return {}
        try:
            print(text, file=self.process.stdin, flush=True)
        except OSError:
            self.failed = "stopped working"
            return {}
        return self.read()

    def end(self):
        if self.process:
            self.peak_bytes = self.ask("end").get("peak_bytes")
            self.process.kill()  # should it not have listened
            self.process.communicate()

    def result(self):
        r = {"about": self.about, "losses": self.losses, "peak_bytes": self.peak_bytes}
        if self.seconds:
            r.update(seconds=statistics.median(self.seconds), low=min(self.seconds), high=max(self.seconds))
        for key in ("p50", "p99"):
            if self.latency:
                r[key] = statistics.median(one[key] for one in self.latency)
        return r


def disagreement(mine, theirs, tolerance):
    """What differs between two lists of losses, as far as both go; None where they agree. The tolerance is relative."""
    for step, (a, b) in enumerate(zip(mine, theirs)):
        if not abs(a - b) <= tolerance * max(abs(a), 1e-3):
            return f"loss {b:.6g} instead of {a:.6g} after {step} steps"
    return None if mine and theirs else "no losses"


def contest(entries, threads, rounds, seconds, latency=0):
    """entries: (name, command, how many first losses are compared with those of luge, the first, and the tolerance).
    Returns results by name, with `ratio`: median over rounds of theirs to luge's; and `failed`, texts by name."""
    players = [Contestant(name, command, threads) for name, command, _, _ in entries]
    for player, (_, _, losses, tolerance) in zip(players, entries):
        if losses:
            player.losses = player.ask(f"losses {losses}").get("losses", [])
            difference = disagreement(players[0].losses, player.losses, tolerance)
            if difference and not player.failed:
                player.failed = difference
    for r in range(rounds):
        for i in range(len(players)):
            player = players[(i + r) % len(players)]
            answer = player.ask(f"latency {latency}" if latency else f"time {seconds}")
            if latency and answer:
                player.latency.append(answer)
            elif "seconds" in answer:
                player.seconds.append(answer["seconds"])
    results, failed = {}, {}
    for player in players:
        player.end()
        if player.failed:
            failed[player.name] = player.failed
            continue
        results[player.name] = player.result()
        mine = players[0].seconds
        if mine and not players[0].failed:
            results[player.name]["ratio"] = statistics.median(b / a for a, b in zip(mine, player.seconds))
    return results, failed
