import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, threading
import torch
from explorer.memory import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def draw():
    for _ in range(30):  # glibc's memalign leaves a few small gaps before it comes to rest
        torch.ones(10_000_000)
def work():
    draw()
    before = faults()
    draw()
    print(faults() - before)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="is about glibc")
def test_memory_that_was_freed_is_used_again_without_asking_the_system():
    def faults(mode):
        command = [sys.executable, "-c", SCRIPT, mode]
        return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    assert faults("kept") < 0.1 * faults("as usual")
