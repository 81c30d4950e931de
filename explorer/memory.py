"""What the program asks of the C library: to keep the memory of freed tensors."""

import ctypes

# Of glibc's mallopt (malloc.h).
TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8


def keep_memory() -> None:
    """Let the C library keep the memory of freed tensors, where it is glibc.

    By default it returns every large block, and the system clears it anew for the next picture:
    almost half of the time at 1024 pixels. One arena for all threads, because the others cannot
    hold blocks of over 64 MB. To be called by a program, before it starts threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ARENA_MAX, 1)
        mallopt(MMAP_MAX, 0)
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
