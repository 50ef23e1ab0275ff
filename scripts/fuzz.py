"""Feed damaged files to every way in, for as long as asked: ``python scripts/fuzz.py --minutes 10``.

Each input is a real file of its kind with random damage. A child process reads thousands of them; what is
allowed is a result or a SeqferError. Anything else (another exception, a crash, a hang, memory beyond the
limit) is a finding: its file is kept, and its bytes make a test (tests/fuzz).
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fuzzing.targets import TARGETS, corpus, damaged

_SECONDS_EACH = 20  # an input that takes longer hangs
_BYTES = 3 << 30  # of address space beyond what libraries take


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="in total, shared by the targets")
    parser.add_argument("--targets", nargs="*", default=sorted(TARGETS), choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="folder for findings")
    parser.add_argument("--child", nargs=3, metavar=("TARGET", "SEED", "SECONDS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return _child(args.child[0], int(args.child[1]), float(args.child[2]), args.keep)
    args.keep.mkdir(parents=True, exist_ok=True)
    totals: Counter[str] = Counter()
    for target in args.targets:
        ends = time.monotonic() + args.minutes * 60 / len(args.targets)
        seed = args.seed
        while (left := ends - time.monotonic()) > 0.5:
            command = [sys.executable, __file__, "--keep", str(args.keep), "--child", target]
            done = subprocess.run([*command, str(seed), str(left)], capture_output=True, text=True)
            last = (done.stdout.splitlines() or ["{}"])[-1]
            counts = json.loads(last) if last.startswith("{") else {}
            totals.update({f"{target}: {name}": n for name, n in counts.items()})
            if done.returncode:  # crashed or hung: the input that did it is still there
                totals[f"{target}: ended its process ({done.returncode})"] += 1
                (args.keep / f"{target}-{seed}.stderr").write_text(done.stderr)
                current = args.keep / f"{target}.current"
                if current.exists():
                    current.rename(args.keep / f"{target}-{seed}.ended")
            seed += 1000
    for name, count in sorted(totals.items()):
        print(f"{count:8d}  {name}")
    return int(any("finding" in name or "ended" in name for name in totals))


def _child(name: str, seed: int, seconds: float, keep: Path) -> int:
    dice = random.Random(seed)
    counts: Counter[str] = Counter()
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        originals = corpus(name, folder)
        target(originals[0].path, folder)  # so that libraries are loaded before memory is counted
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _BYTES, used + _BYTES))
        ends, current = time.monotonic() + seconds, keep / f"{name}.current"
        while time.monotonic() < ends:
            original = dice.choice(originals)
            data = damaged(original.data, dice)
            path = folder / f"input{original.path.suffix}"
            path.write_bytes(data)
            current.write_bytes(data)
            faulthandler.dump_traceback_later(_SECONDS_EACH, exit=True)
            try:
                counts[target(path, folder)] += 1
            except Exception as error:
                counts["finding"] += 1
                where = traceback.extract_tb(error.__traceback__)[-1]
                label = f"{name}-{type(error).__name__}-{Path(where.filename).stem}-{where.lineno}"
                (keep / f"{label}{original.path.suffix}").write_bytes(data)
                (keep / f"{label}.txt").write_text(traceback.format_exc())
            faulthandler.cancel_dump_traceback_later()
            if sum(counts.values()) % 50 == 0:
                print(json.dumps(counts), flush=True)
        current.unlink(missing_ok=True)
    print(json.dumps(counts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
