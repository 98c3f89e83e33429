"""Measures one rival on the linkage files and prints one JSON object.

    python link.py splink|recordlinkage|dedupe DIRECTORY [FILE...]
"""

import importlib
import json
import resource
import sys
import time

from figures import figures, files

# A rival that wants more memory than this fails, instead of taking the machine with it.
MOST_MEMORY = 10 << 30


def main(rival, directory, only):
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    method = importlib.import_module("with_" + rival)
    out, notes = {}, [method.NOTE]
    for file in files(directory):
        if only and file.name not in only:
            continue
        start = time.monotonic()
        try:
            a, b, p = method.link(file)
        except Exception as e:  # a rival that fails on one file is measured on the others
            notes.append(f"{rival}, {file.name}: not measured: {type(e).__name__}: {e}".splitlines()[0])
            continue
        out[file.name] = {**figures(file, a, b, p), "seconds": time.monotonic() - start}
        print(f"{rival} {file.name} f1 {out[file.name]['f1']:.4f}", file=sys.stderr)
    json.dump({"linkage": out, "notes": notes}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
