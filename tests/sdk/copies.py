"""copies.py PID KEYFILE: how often the key is in the memory and the environment of a process."""

import sys


def memory(pid):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            start, end = (int(edge, 16) for edge in span.split("-"))
            if mode.startswith("r") and end < 1 << 63:
                try:
                    mem.seek(start)
                    yield mem.read(end - start)
                except OSError:  # pages of the kernel's own
                    pass


def main():
    pid = sys.argv[1]
    with open(sys.argv[2], "rb") as file:
        key = file.read().strip()
    with open(f"/proc/{pid}/environ", "rb") as file:
        environment = file.read().count(key)
    print(sum(piece.count(key) for piece in memory(pid)), "in memory,", environment, "in the environment")


main()
