"""A rank that is killed, as by a host without memory; run by torchrun in a test."""

import os
import signal
import sys

if __name__ == "__main__":
    sys.stderr.write("\x1b[31mthe last words\x07 of a rank\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
